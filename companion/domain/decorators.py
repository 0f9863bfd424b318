"""The `@@` lines at the top of a lorebook entry (Character Card V3, and RisuAI's that need no new machinery)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from companion.domain.character import LorePosition

_LINE: Final = re.compile(r"(@@@?)([A-Za-z][A-Za-z0-9_]*)(?:[ \t]+(.*))?$")
_MAX_LINES: Final = 200
_MAX_NUMBER: Final = 1_000_000
_POSITIONS: Final[dict[str, LorePosition]] = {
    "after_desc": "after_char",
    "before_desc": "before_char",
    "personality": "after_char",
    "scenario": "after_char",
}

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Decorators:
    """What an entry's decorators ask for; None and empty mean that none says anything.

    `additional_keys` are groups of which each needs one match. `depth` counts messages from the newest,
    `reverse_depth` from the oldest. `recursive` tells whether the content may trigger others.
    """

    activate_only_after: int | None = None
    activate_only_every: int | None = None
    keep_activate_after_match: bool = False
    dont_activate_after_match: bool = False
    depth: int | None = None
    reverse_depth: int | None = None
    role: Role | None = None
    scan_depth: int | None = None
    is_greeting: int | None = None
    position: LorePosition | None = None
    ignore_on_max_context: bool = False
    additional_keys: tuple[tuple[str, ...], ...] = ()
    exclude_keys: tuple[str, ...] = ()
    exclude_keys_all: tuple[str, ...] = ()
    is_user_icon: str | None = None
    activate: bool = False
    dont_activate: bool = False
    disable_ui_prompt: tuple[str, ...] = ()
    probability: float | None = None
    priority: float | None = None
    whole_words: bool | None = None
    recursive: bool | None = None
    no_recursive_search: bool = False

    @property
    def changes(self) -> bool:
        """Whether an entry with these may take part in one turn of a chat and not in another."""
        return bool(
            self.activate_only_after
            or self.activate_only_every
            or self.dont_activate_after_match
            or self.additional_keys
            or self.exclude_keys
            or self.exclude_keys_all
            or self.is_greeting is not None
            or self.is_user_icon is not None
            or self.probability is not None
            or self.ignore_on_max_context
        )


@dataclass(frozen=True, slots=True)
class Decorated:
    """An entry's content taken apart. `unused` names decorators that had no effect, as they were written."""

    text: str
    decorators: Decorators = Decorators()
    unused: tuple[str, ...] = ()


def take_apart(content: str) -> Decorated:
    """Return the text of an entry without its decorators, and what these ask for (SPEC_V3, "Decorators").

    Of one that is unknown, meant for prompts without turns, or invalid, the `@@@` lines right after it are tried
    in order. Of two with one name the first counts, `additional_keys` excepted.
    """
    if not content.lstrip().startswith("@@"):
        return Decorated(content)
    lines = content.lstrip().split("\n")
    reading = _Reading()
    n = 0
    while n < min(len(lines), _MAX_LINES):
        line = lines[n].strip()
        match = _LINE.match(line)
        if match is not None:
            reading.take(match[1] == "@@@", match[2].lower(), (match[3] or "").strip(), line)
        elif line:
            break
        n += 1
    return Decorated("\n".join(lines[n:]).strip("\r\n"), reading.result(), tuple(reading.unused))


@dataclass(slots=True)
class _Reading:
    """The decorators read so far, and whether a fallback would count now."""

    found: dict[str, Any] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    waiting: bool = False

    def take(self, is_fallback: bool, name: str, value: str, line: str) -> None:
        if is_fallback and not self.waiting:
            return
        applied = self._apply(name, value)
        if not applied:
            self.unused.append(line)
        self.waiting = not applied

    def _apply(self, name: str, value: str) -> bool:
        reader = _READERS.get(name)
        if reader is None:
            return False
        found = reader(value)
        if found is None:
            return False
        into, content = found
        if name == "additional_keys" or name == "disable_ui_prompt":
            self.found[into] = (*self.found.get(into, ()), content)
        else:
            self.found.setdefault(into, content)
        return True

    def result(self) -> Decorators:
        return Decorators(**self.found)


_Read = Callable[[str], "tuple[str, Any] | None"]


def _whole(name: str, *, least: int = -_MAX_NUMBER) -> _Read:
    def read(value: str) -> tuple[str, int] | None:
        if not re.fullmatch(r"[+-]?\d{1,7}(?:\.0+)?", value):
            return None
        number = int(value.split(".", 1)[0])
        return (name, number) if least <= number <= _MAX_NUMBER else None

    return read


def _number(name: str, low: float, high: float) -> _Read:
    def read(value: str) -> tuple[str, float] | None:
        if not re.fullmatch(r"[+-]?\d{1,7}(?:\.\d{1,6})?", value):
            return None
        return (name, float(value)) if low <= float(value) <= high else None

    return read


def _flag(name: str, meaning: bool = True) -> _Read:
    def read(value: str) -> tuple[str, bool] | None:
        if value.lower() not in ("", "true", "false"):
            return None
        return name, meaning if value.lower() != "false" else not meaning

    return read


def _words(name: str) -> _Read:
    def read(value: str) -> tuple[str, tuple[str, ...]] | None:
        parts = [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\)[,，]", value)]
        words = tuple(part for part in parts if part)
        return (name, words) if words else None

    return read


def _choice(name: str, meanings: dict[str, Any]) -> _Read:
    def read(value: str) -> tuple[str, Any] | None:
        return (name, meanings[value.lower()]) if value.lower() in meanings else None

    return read


_READERS: Final[dict[str, _Read]] = {
    "activate_only_after": _whole("activate_only_after", least=0),
    "activate_only_every": _whole("activate_only_every", least=1),
    "keep_activate_after_match": _flag("keep_activate_after_match"),
    "dont_activate_after_match": _flag("dont_activate_after_match"),
    "depth": _whole("depth"),
    "end": lambda value: ("depth", 0) if not value else None,
    "reverse_depth": _whole("reverse_depth"),
    "role": _choice("role", {"system": "system", "user": "user", "assistant": "assistant"}),
    "scan_depth": _whole("scan_depth", least=0),
    "is_greeting": _whole("is_greeting", least=0),
    "position": _choice("position", _POSITIONS),
    "ignore_on_max_context": _flag("ignore_on_max_context"),
    "additional_keys": _words("additional_keys"),
    "exclude_keys": _words("exclude_keys"),
    "exclude_keys_all": _words("exclude_keys_all"),
    "is_user_icon": lambda value: ("is_user_icon", value) if value else None,
    "activate": _flag("activate"),
    "dont_activate": _flag("dont_activate"),
    "disable_ui_prompt": _choice(
        "disable_ui_prompt",
        {"system_prompt": "system_prompt", "post_history_instructions": "post_history_instructions"},
    ),
    "probability": _number("probability", 0, 100),
    "priority": _number("priority", -_MAX_NUMBER, _MAX_NUMBER),
    "match_full_word": _flag("whole_words", True),
    "match_partial_word": _flag("whole_words", False),
    "recursive": _flag("recursive", True),
    "unrecursive": _flag("recursive", False),
    "no_recursive_search": _flag("no_recursive_search"),
}
