"""What became of every field, asset and decorator of a card or lorebook: kept, mapped, unused or refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from companion.domain.character import Character, Fate, FieldFate, Problem
from companion.domain.decorators import take_apart
from companion.packs.assets import KNOWN_TYPES
from companion.packs.card import OLD_NAMES, data_of
from companion.packs.loose_values import type_name
from companion.packs.lore_fields import NOVELAI_MARK, OTHER_PATHS, PLACES
from companion.packs.world_info import entries_of, form_of, settings_of

_TEXTS = frozenset(
    {
        *("name", "nickname", "description", "personality", "scenario", "first_mes", "mes_example"),
        *("system_prompt", "post_history_instructions", "creator_notes", "creator", "character_version"),
    }
)
_LISTS = frozenset({"alternate_greetings", "tags"})
_UNUSED: Mapping[str, str] = {
    "group_only_greetings": "for chats of several characters",
    "creator_notes_multilingual": "the plain notes are shown",
    "source": "",
    "creation_date": "",
    "modification_date": "set anew on export",
}
_OURS = frozenset({"language", "accent", "voice", "sampling"})
_SILLY: Mapping[str, str] = {
    "talkativeness": "for chats of several characters",
    "fav": "a mark of the program it came from",
    "world": "names a lorebook of the program it came from; import that file too",
}
_BOOK = frozenset({"name", "description", "scan_depth", "token_budget", "recursive_scanning", "extensions"})
_BOOK_MAPPED = frozenset({"scanDepth", "tokenBudget", "recursiveScanning"})
_OTHER_PROGRAM = "of another program; comes back on export"
_UNKNOWN = "not known; comes back on export"
_DECORATOR = re.compile(r"\s*(@@@?)([A-Za-z]\w*)")


def fates_of(
    card: Mapping[str, Any], character: Character | None, problems: Sequence[Problem] = ()
) -> tuple[FieldFate, ...]:
    """Return the fate of everything in `card`, in its order; `problems` are those that reading it told.

    Equal fields of many lorebook entries are one line, `character_book.entries[].keys`.
    """
    data = data_of(card)
    told = {problem.where: problem.what for problem in problems}
    fates = [*_of_root(card, data)]
    prefix = "data." if data is card.get("data") else ""
    for key, value in data.items():
        if key in OLD_NAMES or (not prefix and key in ("spec", "spec_version")):
            continue
        fates += [_with(one, f"{prefix}{one.where}") for one in _of_field(key, value, told)]
    if character is not None and character.lore.entries:
        n = len(character.lore.entries)
        fates.append(FieldFate(f"{prefix}character_book.entries", "kept", _counted(n)))
    return tuple(fates)


def fates_of_book(value: Any, problems: Sequence[Problem] = ()) -> tuple[FieldFate, ...]:
    """Return the fate of everything in a lorebook file of any dialect."""
    told = {problem.where: problem.what for problem in problems}
    root = [
        FieldFate(key, "kept" if key in ("spec", "type", "data", "entries") else "unused", "")
        for key in (value if isinstance(value, dict) else {})
        if settings_of(value) is not value and key != "data"
    ]
    return (*root, *_of_book(value, "", told))


def _of_root(card: Mapping[str, Any], data: Mapping[str, Any]) -> list[FieldFate]:
    fates = []
    for key in card:
        if key in ("spec", "spec_version"):
            fates.append(FieldFate(key, "kept"))
        elif key in OLD_NAMES and data is not card and "data" not in card:
            fates.append(FieldFate(key, "mapped", f"read as {OLD_NAMES[key]}"))
        elif data is card.get("data") and key != "data":
            is_copy = key in _TEXTS or key in data
            note = "a copy for older programs; comes back on export" if is_copy else _UNKNOWN
            fates.append(FieldFate(key, "unused", note))
    return fates


def _of_field(key: str, value: Any, told: Mapping[str, str]) -> list[FieldFate]:
    if key in _TEXTS:
        return [_typed(key, value, (str,), told, "text")]
    if key in _LISTS:
        return [_typed(key, value, (list,), told, "a list")]
    if key == "assets":
        return _of_assets(value, told)
    if key == "extensions":
        return _of_extensions(value)
    if key == "character_book":
        return _of_book(value, "character_book", told) if value is not None else [FieldFate(key, "kept")]
    if key in _UNUSED:
        return [FieldFate(key, "unused", _UNUSED[key])]
    return [FieldFate(key, "unused", _UNKNOWN)]


def _typed(key: str, value: Any, types: tuple[type, ...], told: Mapping[str, str], wanted: str) -> FieldFate:
    if value is None or isinstance(value, types):
        return FieldFate(key, "kept", told.get(key, ""))
    if key in told:
        return FieldFate(key, "refused", told[key])
    return FieldFate(key, "mapped", f"{type_name(value)} read as {wanted}")


def _of_assets(value: Any, told: Mapping[str, str]) -> list[FieldFate]:
    if not isinstance(value, list):
        return [FieldFate("assets", "refused", "should be a list")]
    return [_of_asset(item, f"assets[{i}]", told) for i, item in enumerate(value)]


def _of_asset(item: Any, where: str, told: Mapping[str, str]) -> FieldFate:
    kind = str(item.get("type") or "") if isinstance(item, dict) else ""
    uri = str(item.get("uri") or "") if isinstance(item, dict) else ""
    label = f"{kind} '{str(item.get('name') or '')[:60]}'" if kind else ""
    why = told.get(where, "")
    if why:
        is_refused = not isinstance(item, dict) or "points outside" in why
        return FieldFate(where, "refused" if is_refused else "unused", f"{label} {why}".strip())
    if kind not in KNOWN_TYPES:
        return FieldFate(where, "unused", f"{label}: this kind of asset is not used yet".strip())
    inline = uri.startswith(("data:", "__asset:", "embedded:"))
    return FieldFate(where, "mapped" if inline else "kept", label)


def _of_extensions(value: Any) -> list[FieldFate]:
    if not isinstance(value, dict):
        return [FieldFate("extensions", "refused", f"should be an object, is {type_name(value)}")]
    fates: list[FieldFate] = []
    for key, one in value.items():
        where = f"extensions.{key}"
        if key == "companion" and isinstance(one, dict):
            fates += [FieldFate(f"{where}.{name}", "kept" if name in _OURS else "unused", "") for name in one]
        elif key == "depth_prompt":
            has_text = isinstance(one, dict) and isinstance(one.get("prompt"), str) and one["prompt"]
            note = "stands after the history; depth and role are not used yet" if has_text else "it is empty"
            fates.append(FieldFate(where, "mapped" if has_text else "unused", note))
        else:
            fates.append(FieldFate(where, "unused", _SILLY.get(key, _OTHER_PROGRAM)))
    return fates or [FieldFate("extensions", "kept")]


# ---- lorebooks


@dataclass(slots=True)
class _Tally:
    """Fates of many entries, one line for each field."""

    counts: dict[tuple[str, Fate, str], int] = field(default_factory=dict)

    def add(self, where: str, fate: Fate, note: str = "") -> None:
        self.counts[where, fate, note] = self.counts.get((where, fate, note), 0) + 1

    def fates(self, prefix: str) -> Iterable[FieldFate]:
        for (where, fate, note), n in self.counts.items():
            counted = f"{note} ({_counted(n)})" if note else _counted(n)
            yield FieldFate(f"{prefix}entries[].{where}", fate, counted)


def _of_book(value: Any, where: str, told: Mapping[str, str]) -> list[FieldFate]:
    prefix = f"{where}." if where else ""
    if form_of(value) is None and where in told:
        return [FieldFate(where, "refused", told[where])]
    fates = []
    if form_of(value) == "list" and where:
        fates.append(FieldFate(where, "mapped", "a list of entries read as a lorebook"))
    for key in settings_of(value):
        if key in ("entries", "data", "type", "spec"):
            continue
        fate: Fate = "kept" if key in _BOOK else "mapped" if key in _BOOK_MAPPED else "unused"
        fates.append(FieldFate(f"{prefix}{key}", fate, _UNKNOWN if fate == "unused" else ""))
    tally = _Tally()
    for i, raw in enumerate(entries_of(value)):
        at = f"{where or 'book'}.entries[{i}]"
        if raw.id is not None:
            _of_entry(raw.item, tally)
        elif isinstance(raw.item, dict):
            fates.append(FieldFate(at, "unused", "a folder of entries; comes back on export"))
        else:
            fates.append(FieldFate(at, "refused", told.get(at, "should be an object")))
    return [*fates, *tally.fates(prefix)]


def _of_entry(item: Mapping[str, Any], tally: _Tally) -> None:
    for path, value in _flat(item):
        name = _FIRST.get(path) or _LATER.get(path)
        if name in ("keys", "secondary_keys") and isinstance(value, str):
            tally.add(path, "mapped", "text read as a list")
        elif path in _FIRST or path in OTHER_PATHS:
            tally.add(path, "kept")
        elif path in _LATER:
            tally.add(path, "mapped", f"read as {_LATER[path]}")
        else:
            tally.add(path, "unused", _UNKNOWN)
    content = item.get("content")
    if isinstance(content, str) and content.lstrip().startswith("@@"):
        _of_decorators(content, tally)


def _of_decorators(content: str, tally: _Tally) -> None:
    apart = take_apart(content)
    unused = {line.strip() for line in apart.unused}
    was_used = True
    for line in content.lstrip().split("\n"):
        match = _DECORATOR.match(line)
        if match is None and line.strip():
            return
        if match is None:
            continue
        is_spare = match[1] == "@@@" and was_used
        was_used = is_spare or line.strip() not in unused
        note = "a fallback that is not needed" if is_spare else "" if was_used else "without effect here"
        fate: Fate = "kept" if was_used and not is_spare else "unused"
        tally.add(f"content {match[1]}{match[2]}", fate, note)


def _flat(item: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for key, value in item.items():
        if key in ("extensions", "extentions") and isinstance(value, dict):
            for name, inner in value.items():
                if name == "companion" and isinstance(inner, dict):
                    yield from ((f"{key}.{name}.{last}", one) for last, one in inner.items())
                else:
                    yield f"{key}.{name}", inner
        elif key == NOVELAI_MARK and isinstance(value, dict):
            yield from ((f"{key}.{name}", inner) for name, inner in value.items())
        else:
            yield str(key), value


def _counted(n: int) -> str:
    return "1 entry" if n == 1 else f"{n:,} entries"


def _with(fate: FieldFate, where: str) -> FieldFate:
    return FieldFate(where, fate.fate, fate.note)


_CARD_NAMES = ("name", "comment", "case_sensitive", "position")
_FIRST: Mapping[str, str] = {
    **{places.read[0]: name for name, places in PLACES.items()},
    **{name: name for name in _CARD_NAMES},
}
_LATER: Mapping[str, str] = {
    path: name for name, places in PLACES.items() for path in places.read[1:] if path not in _FIRST
}
