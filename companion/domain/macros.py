"""The macros of character cards: {{char}}, {{user}}, {{random:..}} and their kin (Character Card V3, SillyTavern)."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from companion.domain.macro_times import duration, time_of

_MAX_LEN = 200_000
_MAX_OUT = 400_000
_MAX_DEPTH = 16
# A brace before "{{" is text: "{{{char}}}" is a name in braces.
_BRACES = re.compile(r"\{\{(?!\{)|\}\}")
_ANGLES = re.compile(r"<(user|char|bot)>", re.IGNORECASE)
_CALL = re.compile(r"\s*(//|[A-Za-z_]+)\s*(.*)", re.DOTALL)
_TRIM = re.compile(r"\{\{\s*trim\s*\}\}", re.IGNORECASE)
_DICE = re.compile(r"(\d{0,3})d(\d{1,9})\s*(?:([+-])\s*(\d{1,9}))?", re.IGNORECASE | re.ASCII)
_SILENT = frozenset({"//", "comment", "hidden_key"})
# "{{// note}}" and "{{comment: note}}" may hold any text, also a colon or none.
_NOTE = re.compile(r"\s*(//|comment\s*:|hidden_key\s*:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MacroFacts:
    """What changing macros stand for; a None leaves its macro as it is.

    `now` in seconds since 1970, shown in the computer's zone unless `utc_offset_s` is given; `idle_s` how long
    the user was silent. `original` is the prompt that a card's own one replaces.
    """

    now: float | None = None
    idle_s: float | None = None
    last_message: str | None = None
    last_user_message: str | None = None
    last_char_message: str | None = None
    input: str | None = None
    original: str | None = None
    persona: str | None = None
    language: Literal["zh", "en"] = "zh"
    utc_offset_s: int | None = None


def expand(
    text: str, *, char: str, user: str, seed: int = 0, facts: MacroFacts | None = None, shown: bool = False
) -> str:
    """Return `text` with macros replaced, inner ones first; unknown ones stay as they are.

    What a macro stands for is not expanded again. `seed` fixes {{pick}}, {{random}} and {{roll}}, so that the
    same chat renders the same prompt each time. `shown` keeps {{comment: ..}}, which the user may read.
    """
    return _Expansion(text, char, user, seed, facts or MacroFacts(), shown).result()


def seed_of(chat: str) -> int:
    """Return the seed under which all texts of a chat are expanded."""
    return zlib.crc32(chat.encode("utf-8", "surrogatepass"))


def for_matching(text: str, *, char: str = "", user: str = "", seed: int = 0) -> str:
    """Return `text` as lore keys are looked for in it: without notes, comments and hidden keys.

    Names are filled in where they are given.
    """
    return expand(text, char=char or "{{char}}", user=user or "{{user}}", seed=seed)


def hidden_keys(text: str) -> tuple[str, ...]:
    """Return what {{hidden_key:..}} hides in `text`: it counts in recursive lore scans alone."""
    found = re.findall(r"\{\{\s*hidden_key\s*:{1,2}([^{}]*)\}\}", text[:_MAX_LEN], re.IGNORECASE)
    return tuple(key.strip() for key in found if key.strip())


class _Expansion:
    """One text on its way: braces are paired once, each pair is rendered once."""

    def __init__(self, text: str, char: str, user: str, seed: int, facts: MacroFacts, shown: bool) -> None:
        self._text = _trimmed(text[:_MAX_LEN])
        self._seed, self._facts, self._shown = seed, facts, shown
        self._names = {"char": char, "bot": char, "user": user}
        self._draw = random.Random(f"{seed}:{self._text}")
        self._ends = _pairs(self._text)
        self._room = _MAX_OUT

    def result(self) -> str:
        return self._render(0, len(self._text), 0)

    def _render(self, start: int, end: int, depth: int) -> str:
        out: list[str] = []
        at = start
        while at < end:
            opened = self._text.find("{{", at, end)
            while opened >= 0 and not opened < self._ends.get(opened, -1) <= end:
                opened = self._text.find("{{", opened + 1, end)
            if opened < 0 or depth >= _MAX_DEPTH:
                break
            out.append(self._named(self._text[at:opened]))
            at = self._ends[opened]
            out.append(self._macro(opened + 2, at - 2, depth))
        out.append(self._named(self._text[at:end]))
        return "".join(out)

    def _named(self, plain: str) -> str:
        return _ANGLES.sub(lambda match: self._spend(self._names[match.group(1).lower()]), plain)

    def _spend(self, value: str) -> str:
        # A short text of many macros must not unpack to gigabytes.
        value = value[: max(0, self._room)]
        self._room -= len(value)
        return value

    def _macro(self, start: int, end: int, depth: int) -> str:
        body = self._text[start:end]
        note = _NOTE.match(body)
        if note:
            is_comment = note.group(1).lower().startswith("comment")
            return body[note.end() :].strip() if self._shown and is_comment else ""
        match = _CALL.fullmatch(body)
        value: str | None = None
        if match:
            name, colon, given = match.group(1).lower(), match.group(2)[:1] == ":", match.group(2)
            if not given:
                value = self._simple(name)
            elif colon or name in ("random", "pick", "roll"):
                value = self._call(name, start + match.start(2), end, depth)
            elif name.startswith("time"):
                value = self._simple(f"{name}{given}".lower())
        if value is not None:
            return self._spend(value)
        return "{{" + self._render(start, end, depth + 1) + "}}"

    def _simple(self, name: str) -> str | None:
        facts = self._facts
        if name in self._names:
            return self._names[name]
        constants: dict[str, str | None] = {
            "newline": "\n",
            "noop": "",
            "comment": "",
            "original": facts.original,
            "persona": facts.persona,
            "input": facts.input,
            "lastmessage": facts.last_message,
            "lastusermessage": facts.last_user_message,
            "lastcharmessage": facts.last_char_message,
        }
        if name in constants:
            return constants[name]
        if name == "idle_duration" and facts.idle_s is not None:
            return duration(facts.idle_s, facts.language)
        if facts.now is not None:
            return time_of(name, facts.now, facts.language, facts.utc_offset_s)
        return None

    def _call(self, name: str, start: int, end: int, depth: int) -> str | None:
        while start < end and self._text[start] in " \t\n":
            start += 1
        doubled = self._text.startswith("::", start)
        start += 2 if doubled else 1 if self._text.startswith(":", start) else 0
        argument = self._text[start:end]
        actions: dict[str, Callable[[], str]] = {
            "random": lambda: self._draw.choice(self._items(start, end, depth)),
            "pick": lambda: random.Random(f"{self._seed}:{argument}").choice(self._items(start, end, depth)),
            "roll": lambda: str(self._roll(self._render(start, end, depth + 1))),
            "reverse": lambda: self._render(start, end, depth + 1)[::-1],
        }
        return actions[name]() if name in actions else None

    def _items(self, start: int, end: int, depth: int) -> list[str]:
        """Return the choices between commas, or between double colons if there are any, outside inner macros."""
        plain = self._plain_spans(start, end)
        cuts: list[tuple[int, int]] = []
        for separator in ("::", r"(?<!\\),"):
            found = (match for a, b in plain for match in re.compile(separator).finditer(self._text, a, b))
            cuts = cuts or [match.span() for match in found]
        edges = [start, *(edge for cut in cuts for edge in cut), end]
        spans = [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2)]
        return [self._render(a, b, depth + 1).replace("\\,", ",").strip() for a, b in spans]

    def _plain_spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return what lies between the macros in a stretch of text."""
        spans, at = [], start
        opened = self._text.find("{{", start, end)
        while opened >= 0:
            closed = self._ends.get(opened, -1)
            if opened < closed <= end:
                spans.append((at, opened))
                at = closed
            opened = self._text.find("{{", max(at, opened + 1), end)
        return [*spans, (at, end)]

    def _roll(self, argument: str) -> int:
        dice = _DICE.fullmatch(argument.strip())
        if not dice:
            digits = "".join(char for char in argument if char in "0123456789")[:9]
            return self._draw.randint(1, max(1, int(digits or "6")))
        n_dice, sides = min(100, int(dice.group(1) or "1")), max(1, int(dice.group(2)))
        more = int(dice.group(4) or "0") * (-1 if dice.group(3) == "-" else 1)
        return sum(self._draw.randint(1, sides) for _ in range(n_dice)) + more


def _trimmed(text: str) -> str:
    """Return `text` without {{trim}} and the line ends around it."""
    first, *others = _TRIM.split(text)
    if not others:
        return text
    inner = [part.strip("\r\n") for part in others[:-1]]
    return "".join([first.rstrip("\r\n"), *inner, others[-1].lstrip("\r\n")])


def _pairs(text: str) -> dict[int, int]:
    """Return where each macro begins and ends, brackets included."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACES.finditer(text):
        if match.group() == "{{":
            opened.append(match.start())
        elif opened:
            ends[opened.pop()] = match.end()
    return ends
