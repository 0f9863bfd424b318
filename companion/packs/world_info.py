"""Lorebooks in every dialect: read, changed entry by entry, and written as `lorebook_v3` or world info."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from companion.domain.character import Lorebook, LoreEntry
from companion.errors import PackError
from companion.packs.loose_values import Report, flag, type_name, whole
from companion.packs.lore_fields import NOVELAI_MARK, PLACES, REGEX_KEY, is_native, read_entry, write_field

BookForm = Literal["lorebook_v3", "lorebook", "world_info", "list", "risu", "agnai", "novelai"]
_DEFAULT = LoreEntry(keys=(), content="")
_ALWAYS_IN_A_CARD = ("keys", "content", "enabled", "insertion_order", "use_regex")
_ALWAYS_NATIVE = (
    *("keys", "secondary_keys", "comment", "content", "constant", "selective", "secondary_logic", "enabled"),
    *("insertion_order", "position", "exclude_recursion", "prevent_recursion", "delay_until_recursion"),
    *("probability", "depth", "group", "group_override", "group_weight", "scan_depth", "case_sensitive"),
    *("match_whole_words", "role", "sticky", "cooldown", "delay"),
)


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry as it stands in a file; `id` is None for what is no entry, such as Risu's folders."""

    id: str | None
    key: str | None
    item: Any


def form_of(value: Any) -> BookForm | None:
    """Tell the dialect of a lorebook by its shape; None if it is no lorebook."""
    if isinstance(value, list):
        return "list"
    if not isinstance(value, dict):
        return None
    if value.get("spec") == "lorebook_v3" and isinstance(value.get("data"), dict):
        return "lorebook_v3"
    if value.get("type") == "risu" and isinstance(value.get("data"), list):
        return "risu"
    if isinstance(value.get("entries"), dict):
        return "world_info"
    if isinstance(value.get("entries"), list) and "lorebookVersion" in value:
        return "novelai"
    if isinstance(value.get("entries"), list):
        return "agnai" if value.get("kind") == "memory" else "lorebook"
    return None


def entries_of(value: Any) -> list[RawEntry]:
    """Return what stands in a book in its order, each with the id by which the book calls it."""
    holder = _holder(value)
    pairs: list[tuple[str | None, Any]] = (
        list(holder.items()) if isinstance(holder, dict) else [(None, item) for item in holder]
    )
    own = [_own_id(item) for _, item in pairs]
    counts = Counter(own)
    return [RawEntry(_id(item, own[i], counts, i), key, item) for i, (key, item) in enumerate(pairs)]


def read_book(
    value: Any, report: Report, *, where: str = "character_book", id_: str = "", source: str = "card"
) -> Lorebook:
    """Return the book in `value`; a missing one has no entries."""
    if value is None:
        return Lorebook(id=id_)
    if form_of(value) is None and not (isinstance(value, dict) and value.get("entries") is None):
        report(where, f"should be a lorebook, is {type_name(value)} without a list of entries")
        return Lorebook(id=id_)
    entries = []
    for i, raw in enumerate(entries_of(value)):
        at = f"{where}.entries[{i}]"
        if raw.id is not None:
            entries.append(read_entry(raw.item, raw.id, source, at, report))
        elif not isinstance(raw.item, dict):
            report(at, f"should be an object, is {type_name(raw.item)}")
    settings = settings_of(value)
    return Lorebook(
        tuple(entries),
        scan_depth=whole(_first(settings, "scan_depth", "scanDepth"), 4, low=1, high=1000),
        token_budget=whole(_first(settings, "token_budget", "tokenBudget"), 400, high=100_000),
        recursive_scanning=flag(_first(settings, "recursive_scanning", "recursiveScanning"), False),
        id=id_,
        name=str(settings.get("name") or "")[:200],
        description=str(settings.get("description") or ""),
    )


def settings_of(value: Any) -> Mapping[str, Any]:
    """Return the object of a book that holds its name and settings."""
    if isinstance(value, dict) and value.get("spec") == "lorebook_v3":
        value = value.get("data")
    return value if isinstance(value, dict) else {}


def with_entries(value: Any, before: Sequence[LoreEntry], after: Sequence[LoreEntry]) -> Any:
    """Return a copy of the book `value` whose entries are `after`; `before` is what it was read as.

    Entries are recognised by id. Of a known one only what differs is written; everything else, and what is no
    entry at all, stays as it stands, in its dialect.
    """
    value = (
        copy.deepcopy(value) if form_of(value) else {"extensions": {}, **settings_of(value), "entries": []}
    )
    raws = entries_of(value)
    known = {raw.id: raw for raw in raws if raw.id is not None}
    read = {entry.id: entry for entry in before}
    native = form_of(value) == "world_info" or any(is_native(raw.item) for raw in known.values())
    numbers = _Numbers(raws)
    ahead = _ahead(raws)
    out: list[tuple[str | None, Any]] = []
    used: set[str] = set()
    for entry in after:
        raw = known.get(entry.id)
        if raw is not None and entry.id in read and entry.id not in used:
            used.add(entry.id)
            out += [(other.key, other.item) for other in ahead.pop(entry.id, ())]
            out.append((raw.key, _changed(raw.item, read[entry.id], entry)))
        else:
            start = copy.deepcopy(raw.item) if raw is not None else {}
            base = read[entry.id] if raw is not None and entry.id in read else _DEFAULT
            number = numbers.next()
            item = _changed(start, base, entry) if start else _made(entry, native=native)
            item["uid" if native else "id"] = number
            out.append((str(number), item))
    out += [(other.key, other.item) for others in ahead.values() for other in others]
    _set_entries(value, out)
    return value


def as_lorebook_v3(value: Any) -> dict[str, Any]:
    """Return a book of any dialect as a standalone `lorebook_v3`; what V3 has no name for stays in its entry."""
    if form_of(value) == "lorebook_v3":
        return dict(copy.deepcopy(value))
    return {"spec": "lorebook_v3", "data": as_character_book(value)}


def as_character_book(value: Any) -> dict[str, Any]:
    """Return a book of any dialect as the object that stands in a V3 card, with every field V3 demands."""
    if isinstance(value, dict) and value.get("spec") == "lorebook_v3":
        value = value.get("data")
    items = []
    for raw in entries_of(value):
        if raw.id is None:
            items.append(copy.deepcopy(raw.item))
        else:
            items.append(_completed(raw, read_entry(raw.item, raw.id, "", "", _silent)))
    skipped = ("data", "type") if form_of(value) == "risu" else ()
    book = {key: copy.deepcopy(one) for key, one in settings_of(value).items() if key not in skipped}
    book["entries"] = items
    if not isinstance(book.get("extensions"), dict):
        book["extensions"] = {}
    return book


def as_world_info(value: Any) -> dict[str, Any]:
    """Return a book of any dialect as SillyTavern's world file."""
    if form_of(value) == "world_info":
        return dict(copy.deepcopy(value))
    skipped = ("entries", "data", "spec", "type")
    book = {key: copy.deepcopy(one) for key, one in settings_of(value).items() if key not in skipped}
    entries: dict[str, Any] = {}
    for raw in entries_of(value):
        if raw.id is None:
            continue
        entry = read_entry(raw.item, raw.id, "", "", _silent)
        item = {**_unknown(raw.item, native=True), **_made(entry, native=True)}
        item["uid"] = len(entries)
        entries[str(len(entries))] = item
    return {**book, "entries": entries}


def parse_book_file(value: Any, where: str) -> tuple[BookForm, Any]:
    """Return the dialect of a lorebook file. Raises PackError if it is none, or a book that came empty."""
    form = form_of(value)
    inner = value.get("data") if isinstance(value, dict) else None
    is_card = any(isinstance(one, dict) and "first_mes" in one for one in (value, inner))
    if form is None and is_card:
        raise PackError(
            f"{where} is a character card, not a lorebook.",
            "Import it as a character.",
            code="not_a_lorebook",
        )
    if form is None:
        raise PackError(
            f"{where} is not a lorebook.", "A lorebook has a list of entries.", code="not_a_lorebook"
        )
    raws = entries_of(value)
    if raws and all(raw.id is None for raw in raws):
        raise PackError(
            f"None of the {len(raws)} entries in {where} can be read.",
            "Export it again as a world info file or lorebook.",
            code="empty_lorebook",
        )
    return form, value


# ---- parts


def _holder(value: Any) -> list[Any] | dict[str, Any]:
    found: Any = value
    if isinstance(value, dict):
        in_data = form_of(value) in ("risu", "lorebook_v3")
        found = value.get("data") if in_data else value.get("entries")
        found = found.get("entries") if isinstance(found, dict) and in_data else found
    return found if isinstance(found, list | dict) else []


def _set_entries(value: Any, pairs: Sequence[tuple[str | None, Any]]) -> None:
    holder = _holder(value)
    if isinstance(holder, dict):
        holder.clear()
        for i, (key, item) in enumerate(pairs):
            name = key if key is not None and key not in holder else str(i)
            while name in holder:
                name = f"{name}_"
            holder[name] = item
    else:
        holder[:] = [item for _, item in pairs]


def _own_id(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    id_ = item.get("id") if item.get("id") is not None else item.get("uid")
    return str(id_)[:200] if isinstance(id_, str | int | float) and not isinstance(id_, bool) else ""


def _id(item: Any, own: str, counts: Counter[str], place: int) -> str | None:
    if not isinstance(item, dict) or item.get("mode") == "folder":
        return None
    taken = own[:1] == "e" and own[1:].isdecimal()
    return own if own and counts[own] == 1 and not taken else f"e{place}"


def _ahead(raws: Sequence[RawEntry]) -> dict[str, list[RawEntry]]:
    """Return what is no entry by the entry that it stands before; "" for the end."""
    ahead: dict[str, list[RawEntry]] = {}
    waiting: list[RawEntry] = []
    for raw in raws:
        if raw.id is None:
            waiting.append(raw)
        elif waiting:
            ahead[raw.id], waiting = waiting, []
    return {**ahead, "": waiting} if waiting else ahead


class _Numbers:
    """Gives new entries ids that no other entry of the book has."""

    def __init__(self, raws: Sequence[RawEntry]) -> None:
        names = [text for raw in raws for text in (raw.key, _own_id(raw.item)) if text]
        self._last = max((int(name) for name in names if name.isdecimal() and len(name) < 16), default=0)

    def next(self) -> int:
        self._last += 1
        return self._last


def _changed(item: dict[str, Any], before: LoreEntry, after: LoreEntry) -> dict[str, Any]:
    native = is_native(item)
    if native and not item.get("name") and after.name != before.name:
        # SillyTavern shows the comment as an entry's name.
        comment = after.name if after.comment == before.comment else after.comment
        after, before = replace(after, comment=comment, name=""), replace(before, name="")
    for name in PLACES:
        new = getattr(after, name)
        if new != getattr(before, name):
            write_field(item, name, new, native=native)
    return item


def _made(entry: LoreEntry, *, native: bool) -> dict[str, Any]:
    """Return a new entry in the form of a card, or of a world file if `native`."""
    item: dict[str, Any] = {} if native else {"extensions": {}}
    if native and not entry.comment:
        entry = replace(entry, comment=entry.name)
    always = _ALWAYS_NATIVE if native else _ALWAYS_IN_A_CARD
    for name in PLACES:
        value = getattr(entry, name)
        if name in always or value != getattr(_DEFAULT, name):
            if native and name == "name":
                item |= {} if value == entry.comment else {"name": value}
                continue
            write_field(item, name, value, native=native)
    if native:
        item |= {"useProbability": True, "addMemo": bool(entry.comment), "vectorized": False}
        if not entry.case_sensitive:
            item["caseSensitive"] = None
        if not entry.use_regex and any(REGEX_KEY.match(key) for key in entry.keys):
            item["use_regex"] = False
    return item


def _completed(raw: RawEntry, entry: LoreEntry) -> dict[str, Any]:
    """Return an entry with every field V3 demands; a valid one comes back as it is."""
    item: dict[str, Any] = raw.item
    if not _is_card_entry(item):
        made: dict[str, Any] = {**_unknown(item, native=False), **_made(entry, native=False)}
        extensions = item.get("extensions")
        if isinstance(extensions, dict):
            made["extensions"] = {**copy.deepcopy(extensions), **made["extensions"]}
        own = item.get("id") if item.get("id") is not None else item.get("uid")
        return made if own is None else {**made, "id": copy.deepcopy(own)}
    item = copy.deepcopy(item)
    for name in ("keys", "secondary_keys"):
        if isinstance(item.get(name), str):
            item[name] = list(getattr(entry, name))
    for name in _ALWAYS_IN_A_CARD:
        if item.get(name) is None:
            write_field(item, name, getattr(entry, name), native=False)
    item.setdefault("extensions", {})
    return item


def _is_card_entry(item: Mapping[str, Any]) -> bool:
    return "keys" in item and "keywords" not in item and NOVELAI_MARK not in item


def _unknown(item: Mapping[str, Any], *, native: bool) -> dict[str, Any]:
    """Return the fields of an entry that no dialect's table reads."""
    known = {path.partition(".")[0] for places in PLACES.values() for path in places.read}
    known |= {"id", "uid", "useProbability", "extentions"}
    # Of NovelAI's settings one is read; all of them come back.
    known -= {NOVELAI_MARK}
    known -= {"extensions"} if native else set()
    known |= set() if native else {"mode"}
    return {key: copy.deepcopy(one) for key, one in item.items() if key not in known}


def _first(holder: Mapping[str, Any], *names: str) -> Any:
    return next((holder[name] for name in names if holder.get(name) is not None), None)


def _silent(where: str, what: str) -> None:
    return None
