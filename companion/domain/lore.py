"""Which lorebook entries a conversation calls up (Character Card V3, plain and regex keys)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from companion.domain.character import Lorebook, LoreEntry

RegexSearch = Callable[[str, str, bool], bool]
"""(pattern, text, case sensitive) -> found; must bound its own time and answer False for a bad pattern."""


@dataclass(frozen=True, slots=True)
class Fired:
    """An entry that matched, and the key by which it did."""

    entry: LoreEntry
    key: str


def fold(text: str, *, case_sensitive: bool = False) -> str:
    """Return `text` with full and half width made equal, and case too unless `case_sensitive`."""
    folded = unicodedata.normalize("NFKC", text)
    return folded if case_sensitive else folded.casefold()


def find(key: str, text: str, *, case_sensitive: bool = False) -> bool:
    """Tell whether `key` stands in `text`.

    A key with Han or kana matches anywhere; a Latin one only where no Latin letter or digit touches it,
    so a Han character is a word boundary.
    """
    needle, hay = fold(key.strip(), case_sensitive=case_sensitive), fold(text, case_sensitive=case_sensitive)
    if not needle:
        return False
    at = hay.find(needle)
    while at >= 0:
        end = at + len(needle)
        left_free = not (_is_word(needle[0]) and at > 0 and _is_word(hay[at - 1]))
        right_free = not (_is_word(needle[-1]) and end < len(hay) and _is_word(hay[end]))
        if left_free and right_free:
            return True
        at = hay.find(needle, at + 1)
    return False


def _is_word(char: str) -> bool:
    return char.isalnum() and not _is_cjk(char)


def _is_cjk(char: str) -> bool:
    return "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff"


def constant(book: Lorebook) -> list[LoreEntry]:
    """Return the entries that always hold, in insertion order: they belong to the stable prefix."""
    return sorted(
        (entry for entry in book.entries if entry.enabled and entry.constant and not entry.use_regex),
        key=lambda entry: entry.insertion_order,
    )


def fired(book: Lorebook, recent: Sequence[str], search: RegexSearch) -> list[Fired]:
    """Return the conditional entries whose keys stand in the newest `book.scan_depth` texts, in insertion order."""
    text = "\n".join(recent[-max(1, book.scan_depth) :])
    open_entries = [
        entry for entry in book.entries if entry.enabled and not (entry.constant and not entry.use_regex)
    ]
    found: list[Fired] = []
    for _ in range(4 if book.recursive_scanning else 1):
        fresh = [hit for entry in open_entries if (hit := _match(entry, text, search)) is not None]
        if not fresh:
            break
        found += fresh
        open_entries = [entry for entry in open_entries if all(entry is not hit.entry for hit in fresh)]
        text = "\n".join(hit.entry.content for hit in fresh)
    return sorted(found, key=lambda hit: hit.entry.insertion_order)


def _match(entry: LoreEntry, text: str, search: RegexSearch) -> Fired | None:
    def has(key: str) -> bool:
        if entry.use_regex:
            return search(key, text, entry.case_sensitive)
        return find(key, text, case_sensitive=entry.case_sensitive)

    key = next((key for key in entry.keys if has(key)), None)
    if key is None:
        return None
    if entry.selective and entry.secondary_keys and not any(has(second) for second in entry.secondary_keys):
        return None
    return Fired(entry, key)


def within(hits: Sequence[Fired], n_tokens: Sequence[int], budget: int) -> list[Fired]:
    """Return `hits` without those of lowest priority that do not fit `budget` tokens; order is kept."""
    ranked = sorted(range(len(hits)), key=lambda i: -_priority(hits[i].entry))
    kept, used = set(), 0
    for i in ranked:
        if used + n_tokens[i] <= budget:
            used += n_tokens[i]
            kept.add(i)
    return [hit for i, hit in enumerate(hits) if i in kept]


def _priority(entry: LoreEntry) -> float:
    return entry.priority if entry.priority is not None else entry.insertion_order
