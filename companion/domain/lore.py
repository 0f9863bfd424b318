"""Which lorebook entries a turn calls up, and which nearly did (Character Card V3, SillyTavern's world info)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from companion.domain.character import Lorebook, LoreEntry, LorePosition
from companion.domain.lore_entries import Prepared, lore_id
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

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class Fired:
    """An entry that takes part: by `key`, empty if it needed none.

    `text` is its content without decorators, macros still in. `book` is the Lorebook's id. `constant_prefix`: it
    stands in every prompt alike and belongs to the stable beginning. `role`, `depth` (messages from the newest)
    and `position` are what its decorators leave of the entry's own. `disables` names prompts of the program that
    the entry wants off: `system_prompt`, `post_history_instructions`.
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
    disables: tuple[str, ...] = ()

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
        self._library = Library.of(books, fold, char, user)

    def constants(
        self,
        off: frozenset[str] = frozenset(),
        *,
        count: CountTokens | None = None,
        budget: int = 0,
    ) -> list[Fired]:
        """Return the entries of the stable beginning, in insertion order, without those switched `off`.

        With `count`, those that do not fit `budget` tokens are left out: later books first, then the lowest
        priority. Each book's own budget is for what changes.
        """
        always = (self._library.entries[i] for i in self._library.always)
        told = [one for one in always if one.is_prefix and one.text.strip() and one.id not in off]
        hits = [_always(one) for one in _unlike(_in_order(told))]
        costs = count([hit.entry.text for hit in hits]) if count is not None and hits else [0] * len(hits)
        kept = _affordable(hits, costs, budget, [budget] * len(self._books))
        return [self._fired(hits[i], costs[i], 0) for i in kept]

    def scan(self, scene: Scene, regex: RegexSearcher, count: CountTokens, *, budget: int) -> Scan:
        """Return the entries that take part, within each book's budget and `budget` tokens, and what was left out.

        Over budget those that ask for it leave first, then those of later books, then those of lowest priority.
        """
        scan = LoreScan(self._library, scene, regex)
        scan.run()
        passed = list(scan.misses.values())
        told = self.constants(scene.off)
        hits = self._tellable(scan.hits, {one.text for one in told}, passed)
        costs = count([hit.entry.text for hit in hits]) if hits else []
        kept = _affordable(hits, costs, budget, [book.token_budget for book in self._books])
        affordable = set(kept)
        passed += [
            Miss(hit.entry, "budget", str(costs[i])) for i, hit in enumerate(hits) if i not in affordable
        ]
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
            decorators.disable_ui_prompt,
        )

    def _passed(self, miss: Miss) -> Passed:
        return Passed(miss.entry.entry, self._books[miss.entry.book].id, miss.reason, miss.detail)


def _affordable(hits: Sequence[Hit], costs: Sequence[int], budget: int, budgets: Sequence[int]) -> list[int]:
    """Return the places of the hits that fit `budget` and the `budgets` of their books, in order."""

    def rank(i: int) -> tuple[bool, int, float, int]:
        entry = hits[i].entry
        return entry.decorators.ignore_on_max_context, entry.book, -entry.priority, i

    left, left_of = budget, list(budgets)
    kept: list[int] = []
    for i in sorted(range(len(hits)), key=rank):
        book = hits[i].entry.book
        if costs[i] <= min(left, left_of[book]):
            left -= costs[i]
            left_of[book] -= costs[i]
            kept.append(i)
    return sorted(kept)


def _always(entry: Prepared) -> Hit:
    return Hit(entry, "", "activated" if entry.decorators.activate else "constant")


def _in_order(entries: Sequence[Prepared]) -> list[Prepared]:
    return sorted(entries, key=lambda one: (one.entry.insertion_order, one.book, one.number))


def _unlike(entries: Sequence[Prepared]) -> list[Prepared]:
    return list({one.text: one for one in reversed(entries)}.values())[::-1]
