"""Where each dialect writes the fields of a lorebook entry; one table for reading, changing and converting.

Dialects: Character Card V2 and V3, SillyTavern in a card (`extensions.*`) and in its world files, RisuAI,
Agnai, NovelAI, Soul-of-Waifu.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from companion.domain.character import LoreEntry, LorePosition
from companion.packs.loose_values import Report, flag, listed, number, strings, text, whole

NOVELAI_MARK = "contextConfig"
"""The field that each of NovelAI's entries has, and no other."""
REGEX_KEY = re.compile(r"^/.+/[a-z]*$", re.DOTALL)
_POSITIONS: tuple[LorePosition, ...] = (
    "before_char",
    "after_char",
    "note_top",
    "note_bottom",
    "at_depth",
    "before_examples",
    "after_examples",
)
_ROLES = ("system", "user", "assistant")
_LOGICS = ("and_any", "not_all", "not_any", "and_all")
_MAX_MESSAGES = 100_000


@dataclass(frozen=True, slots=True)
class Places:
    """Paths of one field in the order they are asked; `card` and `native` are where a new value goes."""

    read: tuple[str, ...]
    card: str
    native: str


def _places(*read: str, native: str = "") -> Places:
    return Places(read, read[0], native or read[0])


def _extension(card: str, native: str, *others: str) -> Places:
    return Places((f"extensions.{card}", native, *others), f"extensions.{card}", native)


PLACES: Mapping[str, Places] = {
    "keys": _places("keys", "key", "keywords", native="key"),
    "content": _places("content", "entry", "text"),
    "name": _places("name", "comment", "displayName", native="comment"),
    "comment": _places("comment"),
    "secondary_keys": _places("secondary_keys", "keysecondary", "secondkey", native="keysecondary"),
    "enabled": _places("enabled", "disable", native="disable"),
    "constant": _places("constant", "alwaysActive", "forceActivation"),
    "selective": _places("selective"),
    "case_sensitive": _places(
        "case_sensitive",
        "extensions.case_sensitive",
        "caseSensitive",
        "extensions.risu_case_sensitive",
        "extentions.risu_case_sensitive",
        native="caseSensitive",
    ),
    "use_regex": _places("use_regex", "useRegex"),
    "insertion_order": _places("insertion_order", "order", "insertorder", "weight", native="order"),
    "priority": _places("priority", f"{NOVELAI_MARK}.budgetPriority"),
    "aliases": _places("extensions.companion.aliases"),
    "secondary_logic": _extension("selectiveLogic", "selectiveLogic"),
    "scan_depth": _extension("scan_depth", "scanDepth", "n_depth"),
    "match_whole_words": _extension("match_whole_words", "matchWholeWords"),
    "position": _extension("position", "position"),
    "depth": _extension("depth", "depth"),
    "role": _extension("role", "role"),
    "probability": _extension(
        "probability", "probability", "activationPercent", "extensions.risu_activationPercent"
    ),
    "sticky": _extension("sticky", "sticky"),
    "cooldown": _extension("cooldown", "cooldown"),
    "delay": _extension("delay", "delay"),
    "group": _extension("group", "group"),
    "group_weight": _extension("group_weight", "groupWeight"),
    "group_override": _extension("group_override", "groupOverride"),
    "use_group_scoring": _extension("use_group_scoring", "useGroupScoring"),
    "exclude_recursion": _extension("exclude_recursion", "excludeRecursion"),
    "prevent_recursion": _extension("prevent_recursion", "preventRecursion"),
    "delay_until_recursion": _extension("delay_until_recursion", "delayUntilRecursion"),
}
OTHER_PATHS = frozenset(
    {"id", "uid", "mode", "useProbability", "extensions.useProbability", "extensions", "extensions.companion"}
)
"""Further paths that are read: identity, Risu's kind of entry, and whether a probability counts."""


def is_native(item: Mapping[str, Any]) -> bool:
    """Tell whether an entry is written as SillyTavern writes its world files."""
    return "keys" not in item and "key" in item and "insertorder" not in item


def value_at(item: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a dotted path, None if nothing does."""
    found: Any = item
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def read_entry(item: Mapping[str, Any], id_: str, source: str, where: str, report: Report) -> LoreEntry:
    """Return the entry in `item`, whichever dialect it is written in."""

    def get(name: str) -> Any:
        return next((one for path in PLACES[name].read if (one := value_at(item, path)) is not None), None)

    keys = _keys(get("keys"), f"{where}.keys", report)
    secondary = _keys(get("secondary_keys"), f"{where}.secondary_keys", report)
    content = next((one for one in PLACES["content"].read if item.get(one) is not None), "content")
    priority, depth = get("priority"), get("scan_depth")
    whole_words = get("match_whole_words")
    return LoreEntry(
        keys=keys,
        content=text(item, content, report, f"{where}.content"),
        name=next((line for one in PLACES["name"].read if (line := _line(item.get(one)))), ""),
        secondary_keys=secondary,
        enabled=_enabled(item),
        constant=flag(get("constant"), False) or item.get("mode") == "constant",
        selective=flag(get("selective"), is_native(item) and bool(secondary)),
        case_sensitive=flag(get("case_sensitive"), False),
        use_regex=_use_regex(item, get("use_regex"), (*keys, *secondary)),
        insertion_order=number(get("insertion_order"), 100),
        priority=number(priority, 100) if priority is not None else None,
        source=source,
        id=id_,
        comment=_line(item.get("comment")),
        aliases=strings(get("aliases"), f"{where}.extensions.companion.aliases", report),
        secondary_logic=_of(_LOGICS, get("secondary_logic"), 0),  # type: ignore[arg-type]
        scan_depth=whole(depth, 0, high=1000) or None if depth is not None else None,
        match_whole_words=flag(whole_words, True) if whole_words is not None else None,
        position=_of(_POSITIONS, get("position"), 1),  # type: ignore[arg-type]
        depth=whole(get("depth"), 4, high=_MAX_MESSAGES),
        role=_of(_ROLES, get("role"), 0),  # type: ignore[arg-type]
        probability=_probability(item, get("probability")),
        sticky=whole(get("sticky"), 0, high=_MAX_MESSAGES),
        cooldown=whole(get("cooldown"), 0, high=_MAX_MESSAGES),
        delay=whole(get("delay"), 0, high=_MAX_MESSAGES),
        group=_line(get("group")),
        group_weight=number(get("group_weight"), 100, low=0),
        group_override=flag(get("group_override"), False),
        use_group_scoring=flag(get("use_group_scoring"), False),
        exclude_recursion=flag(get("exclude_recursion"), False),
        prevent_recursion=flag(get("prevent_recursion"), False),
        delay_until_recursion=_level(get("delay_until_recursion")),
    )


def write_field(item: dict[str, Any], name: str, value: Any, *, native: bool) -> None:
    """Put the value of one `LoreEntry` field where `item` has it, else where its dialect would."""
    places = PLACES[name]
    path = next((path for path in places.read if value_at(item, path) is not None), "")
    if name == "priority" and value is None:
        item.pop("priority", None)
        return
    if name == "name" and not native and not item.get("name"):
        path = "name"
    path = path or (places.native if native else places.card)
    encode = _ENCODERS.get(name)
    _put(item, path, encode(value, path, value_at(item, path)) if encode else _plain(value))
    if name == "position" and path.startswith("extensions."):
        item["position"] = "before_char" if value == "before_char" else "after_char"
    if name == "probability":
        _let_probability_count(item)
    if name == "constant" and not value and item.get("mode") == "constant":
        item["mode"] = "normal"


def _let_probability_count(item: dict[str, Any]) -> None:
    for holder in (item, item.get("extensions")):
        if isinstance(holder, dict) and holder.get("useProbability") is not None:
            holder["useProbability"] = True


def _put(item: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    for part in way:
        inner = item.get(part)
        item[part] = item = inner if isinstance(inner, dict) else {}
    item[last] = value


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return list(value) if isinstance(value, tuple) else value


def _as_listed(value: Sequence[str], path: str, before: Any) -> Any:
    joined = ", ".join(value)
    return joined if isinstance(before, str) and listed(joined) == tuple(value) else list(value)


def _as_number(names: Sequence[str]) -> Callable[[Any, str, Any], Any]:
    return lambda value, path, before: value if isinstance(before, str) else names.index(value)


def _as_level(value: int, path: str, before: Any) -> Any:
    return bool(value) if isinstance(before, bool) and value in (0, 1) else value


_ENCODERS: Mapping[str, Callable[[Any, str, Any], Any]] = {
    "keys": _as_listed,
    "secondary_keys": _as_listed,
    "enabled": lambda value, path, before: not value if path == "disable" else value,
    "position": _as_number(_POSITIONS),
    "role": _as_number(_ROLES),
    "secondary_logic": _as_number(_LOGICS),
    "delay_until_recursion": _as_level,
}


# ---- reading single values


def _keys(value: Any, where: str, report: Report) -> tuple[str, ...]:
    return tuple(key for key in strings(value, where, report) if key.strip())


def _line(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _enabled(item: Mapping[str, Any]) -> bool:
    if item.get("enabled") is not None:
        return flag(item["enabled"], True)
    return not flag(item.get("disable"), False)


def _use_regex(item: Mapping[str, Any], value: Any, keys: Sequence[str]) -> bool:
    # SillyTavern writes use_regex on every entry of a card and nowhere in its world files; NovelAI knows no such field.
    wanted = flag(value, False) if value is not None else is_native(item) or NOVELAI_MARK in item
    return wanted and any(REGEX_KEY.match(key) for key in keys)


def _of(names: Sequence[str], value: Any, default: int) -> str:
    if isinstance(value, str) and value.lower() in names:
        return value.lower()
    at = whole(value, default, low=-1)
    return names[at] if 0 <= at < len(names) else names[default]


def _probability(item: Mapping[str, Any], value: Any) -> float:
    counts = value_at(item, "extensions.useProbability")
    counts = item.get("useProbability") if counts is None else counts
    return number(value, 100, low=0, high=100) if flag(counts, True) else 100


def _level(value: Any) -> int:
    return int(value) if isinstance(value, bool) else whole(value, 0, high=100)
