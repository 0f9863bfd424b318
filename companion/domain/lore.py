"""Which lorebook entries a turn calls up, and which nearly did (Character Card V3, SillyTavern's world info)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from companion.domain.character import Lorebook, LoreEntry, LorePosition
from companion.domain.lore_entries import Prepared, lore_id, prepare
from companion.domain.lore_keys import Fold
from companion.domain.lore_scan import Hit, Library, LoreScan, Miss, Obstacle, Reason, RegexSearcher
from companion.domain.lore_scene import Scene

__all__ = [
    "CountTokens",
    "Fired",
    "LoreIndex",
    "Obstacle",
    "Passed",
    "Reason",
    "RegexSearcher",
    "Scan",
    "Scene",
    "lore_id",
]

RegexSearch = Callable[[str, str, bool], bool]
CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class Fired:
    """An entry that takes part: by `key`, empty if it needed none.

    `text` is its content without decorators, macros still in. `book` is the Lorebook's id. `constant_prefix`: it
    stands in every prompt alike and belongs to the stable beginning. `role`, `depth` (messages from the newest)
    and `position` are what its decorators leave of the entry's own.
    """

    entry: LoreEntry
    key: str
    text: str = ""
    reason: Reason = "key"
    book: str = ""
    constant_prefix: bool = False
    role: Literal["system", "user", "assistant"] = "system"
    depth: int = 4
    position: LorePosition = "after_char"
    n_tokens: int = 0

    @property
    def id(self) -> str:
        return lore_id(self.book, self.entry.id)


@dataclass(frozen=True, slots=True)
class Passed:
    """An entry that matched, or nearly, and was left out. `detail` is the key, number, group or decorator at fault."""

    entry: LoreEntry
    book: str
    reason: Obstacle
    detail: str = ""

    @property
    def id(self) -> str:
        return lore_id(self.book, self.entry.id)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan gave: `fired` in insertion order without `prefix`, which is in the stable beginning already.

    `n_tokens` counts `fired`.
    """

    fired: tuple[Fired, ...] = ()
    passed: tuple[Passed, ...] = ()
    n_tokens: int = 0
    prefix: tuple[Fired, ...] = ()


class LoreIndex:
    """Lorebooks made ready for scanning, the character's own first; immutable, for any thread.

    `fold` gives equal characters one form and keeps the length of a text. `char` and `user` stand for the macros
    in keys.
    """

    def __init__(self, books: Sequence[Lorebook], fold: Fold, *, char: str = "", user: str = "") -> None:
        self._books = tuple(books)
        self._fold = fold
        entries, keys = prepare(books, fold, char=char, user=user)
        recursive = (place for place, book in enumerate(books) if book.recursive_scanning)
        self._library = Library.of(entries, keys, recursive)

    def constants(self, off: frozenset[str] = frozenset()) -> list[Fired]:
        """Return the entries of the stable beginning, in insertion order, without those switched `off`."""
        prefix = (self._library.entries[i] for i in self._library.always)
        told = [one for one in prefix if one.is_prefix and one.text.strip() and one.id not in off]
        return [self._fired(_always(one), 0, 0) for one in _unlike(_in_order(told))]

    def scan(self, scene: Scene, regex: RegexSearcher, count: CountTokens, *, budget: int) -> Scan:
        """Return the entries that take part, within each book's budget and `budget` tokens, and what was left out.

        Over budget those that ask for it leave first, then those of later books, then those of lowest priority.
        """
        scan = LoreScan(self._library, scene, regex, self._fold)
        scan.run()
        passed = list(scan.misses.values())
        told = self.constants(scene.off)
        hits = self._tellable(scan.hits, {one.text for one in told}, passed)
        costs = count([hit.entry.text for hit in hits]) if hits else []
        kept = self._affordable(hits, costs, budget, passed)
        n_messages = len(scene.messages)
        fired = tuple(self._fired(hits[i], costs[i], n_messages) for i in kept)
        passed.sort(key=lambda miss: miss.entry.number)
        return Scan(
            fired,
            tuple(self._passed(miss) for miss in passed),
            sum(costs[i] for i in kept),
            tuple(told),
        )

    def _tellable(self, hits: Sequence[Hit], told: set[str], passed: list[Miss]) -> list[Hit]:
        """Return the hits with a text of their own, in insertion order."""
        tellable: list[Hit] = []
        seen = set(told)
        order = {one.number: i for i, one in enumerate(_in_order([hit.entry for hit in hits]))}
        for hit in sorted(hits, key=lambda hit: order[hit.entry.number]):
            if hit.entry.is_prefix:
                continue
            if not hit.entry.text.strip():
                passed.append(Miss(hit.entry, "empty"))
            elif hit.entry.text in seen:
                passed.append(Miss(hit.entry, "duplicate"))
            else:
                seen.add(hit.entry.text)
                tellable.append(hit)
        return tellable

    def _affordable(
        self, hits: Sequence[Hit], costs: Sequence[int], budget: int, passed: list[Miss]
    ) -> list[int]:
        """Return the places of the hits that fit, in order."""

        def rank(i: int) -> tuple[bool, int, float, int]:
            entry = hits[i].entry
            return entry.decorators.ignore_on_max_context, entry.book, -entry.priority, i

        left = budget
        left_of = [book.token_budget for book in self._books]
        kept: list[int] = []
        for i in sorted(range(len(hits)), key=rank):
            book = hits[i].entry.book
            if costs[i] <= min(left, left_of[book]):
                left -= costs[i]
                left_of[book] -= costs[i]
                kept.append(i)
            else:
                passed.append(Miss(hits[i].entry, "budget", str(costs[i])))
        return sorted(kept)

    def _fired(self, hit: Hit, n_tokens: int, n_messages: int) -> Fired:
        entry, decorators = hit.entry.entry, hit.entry.decorators
        position, depth = entry.position, entry.depth
        if decorators.position is not None:
            position = decorators.position
        elif decorators.depth is not None:
            position, depth = "at_depth", decorators.depth
        elif decorators.reverse_depth is not None:
            position, depth = "at_depth", n_messages - decorators.reverse_depth
        if position == "at_depth":
            depth = max(0, min(depth, n_messages)) if n_messages else max(0, depth)
        return Fired(
            entry,
            hit.key,
            hit.entry.text,
            hit.reason,
            self._books[hit.entry.book].id,
            hit.entry.is_prefix,
            decorators.role or entry.role,
            depth,
            position,
            n_tokens,
        )

    def _passed(self, miss: Miss) -> Passed:
        return Passed(miss.entry.entry, self._books[miss.entry.book].id, miss.reason, miss.detail)


def _always(entry: Prepared) -> Hit:
    return Hit(entry, "", "activated" if entry.decorators.activate else "constant")


def _in_order(entries: Sequence[Prepared]) -> list[Prepared]:
    return sorted(entries, key=lambda one: (one.entry.insertion_order, one.book, one.number))


def _unlike(entries: Sequence[Prepared]) -> list[Prepared]:
    return list({one.text: one for one in reversed(entries)}.values())[::-1]


# ---- TODO(#4): goes when prompts are built from LoreIndex


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
    return Fired(entry, key, entry.content)


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
