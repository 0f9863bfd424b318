"""Lorebook entries made ready for scanning: decorators read, keys folded, everything decided that no turn changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from companion.domain.character import Lorebook, LoreEntry
from companion.domain.decorators import Decorators, take_apart
from companion.domain.lore_keys import Fold, Key
from companion.domain.macros import expand

_REGEX_KEY: Final = re.compile(r"\s*/.+/[a-zA-Z]*\s*", re.DOTALL)


def lore_id(book: str, entry: str) -> str:
    """Return the name of an entry among all books of a chat."""
    return f"{book}:{entry}"


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that is looked for: the key of this number, or a regular expression where that is None."""

    shown: str
    number: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An entry ready to be judged; `number` is its place among all, `book` the place of its book."""

    number: int
    book: int
    id: str
    entry: LoreEntry
    text: str
    decorators: Decorators
    primary: tuple[Asked, ...]
    secondary: tuple[Asked, ...]
    additional: tuple[tuple[Asked, ...], ...]
    excluded: tuple[Asked, ...]
    excluded_all: tuple[Asked, ...]
    scan_depth: int
    probability: float
    priority: float
    groups: tuple[str, ...]
    may_trigger: bool
    may_be_triggered: bool

    @property
    def is_always(self) -> bool:
        """Whether it takes part without any key."""
        return (self.entry.constant and not self.entry.use_regex) or self.decorators.activate

    @property
    def is_prefix(self) -> bool:
        """Whether it takes part in every turn alike, so that it belongs to the stable beginning of the prompt."""
        entry = self.entry
        if not (entry.enabled and self.is_always) or (
            self.decorators.dont_activate and not self.decorators.activate
        ):
            return False
        if (
            entry.delay
            or entry.cooldown
            or entry.delay_until_recursion
            or self.groups
            or self.probability < 100
        ):
            return False
        return not self.decorators.changes


def prepare(
    books: Sequence[Lorebook], fold: Fold, *, char: str = "", user: str = ""
) -> tuple[list[Prepared], list[Key]]:
    """Return the entries of all books in their order, and all keys; a key's number is its place.

    `char` and `user` stand for the macros in keys.
    """
    prepared: list[Prepared] = []
    numbers: dict[Key, int] = {}
    for place, book in enumerate(books):
        for i, entry in enumerate(book.entries):
            named = entry if entry.id else replace(entry, id=f"e{i}")
            maker = _Maker(named, numbers, fold, char, user)
            prepared.append(maker.make(len(prepared), place, book))
    return prepared, list(numbers)


class _Maker:
    """Makes one entry ready."""

    def __init__(self, entry: LoreEntry, numbers: dict[Key, int], fold: Fold, char: str, user: str) -> None:
        self._entry, self._numbers, self._fold = entry, numbers, fold
        self._char, self._user = char, user
        self._taken = take_apart(entry.content)

    def make(self, number: int, place: int, book: Lorebook) -> Prepared:
        entry, decorators = self._entry, self._taken.decorators
        recursive = book.recursive_scanning if decorators.recursive is None else decorators.recursive
        return Prepared(
            number=number,
            book=place,
            id=lore_id(book.id, entry.id),
            entry=entry,
            text=self._taken.text,
            decorators=decorators,
            primary=self._asked((*entry.keys, *entry.aliases)),
            secondary=self._asked(entry.secondary_keys) if entry.selective else (),
            additional=tuple(self._asked(keys) for keys in decorators.additional_keys),
            excluded=() if entry.use_regex else self._asked(decorators.exclude_keys),
            excluded_all=() if entry.use_regex else self._asked(decorators.exclude_keys_all),
            scan_depth=int(_first(decorators.scan_depth, entry.scan_depth, book.scan_depth)),
            probability=_first(decorators.probability, entry.probability),
            priority=_first(decorators.priority, entry.priority, entry.insertion_order),
            groups=_groups(entry.group),
            may_trigger=recursive and not entry.prevent_recursion,
            may_be_triggered=not (entry.exclude_recursion or decorators.no_recursive_search),
        )

    def _asked(self, keys: Sequence[str]) -> tuple[Asked, ...]:
        asked = [self._one(key) for key in keys]
        return tuple(one for one in asked if one is not None)

    def _one(self, key: str) -> Asked | None:
        entry = self._entry
        if entry.use_regex and _REGEX_KEY.fullmatch(key):
            return Asked(key.strip())
        named = expand(key, char=self._char, user=self._user) if "{{" in key or "<" in key else key
        whole = self._taken.decorators.whole_words
        ready = Key.of(
            named,
            self._fold,
            case_sensitive=entry.case_sensitive,
            whole_words=entry.match_whole_words if whole is None else whole,
        )
        if ready is None:
            return None
        return Asked(key, self._numbers.setdefault(ready, len(self._numbers)))


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)


def _groups(names: str) -> tuple[str, ...]:
    parts = (part.strip() for part in re.split("[,，]", names))
    return tuple(dict.fromkeys(part for part in parts if part))
