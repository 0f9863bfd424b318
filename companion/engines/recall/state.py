"""What a search sees of a collection: the last whole state, never altered, replaced as one."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.engines.recall.keywords import Keywords
from companion.engines.recall.records import Record, digest_of, digest_text

_generations: Final = itertools.count()


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: what of an item is not in the keyword index. `digest` is of the whole item."""

    id: str
    key: bytes
    n: int
    digest: int


@dataclass(frozen=True, slots=True)
class State:
    """`entries`, `places` and the rows of `keywords` belong together; `rows` knows only those that are alive.

    Rows are only appended within one `generation`. `in_store`: the vector store holds exactly these items.
    """

    generation: int
    entries: tuple[Entry, ...]
    places: NDArray[np.int64]
    rows: dict[str, int]
    keywords: Keywords
    total: int
    in_store: bool

    @classmethod
    def of(cls, keywords: Keywords, records: Sequence[Record], *, in_store: bool) -> State:
        """Return the state in which `records` are alive; other rows of `keywords` are dead."""
        by_number = {record.n: record for record in records}
        entries: list[Entry] = []
        places = np.zeros(len(keywords.numbers), np.int64)
        for row, n in enumerate(keywords.numbers.tolist()):
            record = by_number.get(n)
            entries.append(_DEAD if record is None else _entry(record))
            places[row] = 0 if record is None else record.place
        rows = {entry.id: row for row, entry in enumerate(entries) if entry is not _DEAD}
        total = sum(entry.digest for entry in entries)
        return cls(next(_generations), tuple(entries), places, rows, keywords, total, in_store)

    def changed(self, gone: Collection[str], new: Sequence[Record]) -> State:
        """Return the state without the ids `gone` and with `new`, which may replace some; not in the store."""
        rows = dict(self.rows)
        away = [rows.pop(id_) for id_ in {*gone, *(one.id for one in new)} if id_ in rows]
        put = tuple(map(_entry, new))
        rows |= {entry.id: row for row, entry in enumerate(put, len(self.entries))}
        total = self.total + sum(one.digest for one in put) - sum(self.entries[row].digest for row in away)
        return State(
            self.generation,
            self.entries + put,
            np.concatenate([self.places, np.array([one.place for one in new], np.int64)]),
            rows,
            self.keywords.changed({self.entries[row].n for row in away}, new),
            total,
            in_store=False,
        )

    def with_store(self, *, in_store: bool) -> State:
        """Return the same with another answer to whether the store may be asked."""
        return dataclasses.replace(self, in_store=in_store)

    @property
    def digest(self) -> str:
        return digest_text(self.total)

    @property
    def n_items(self) -> int:
        return len(self.rows)


_DEAD: Final = Entry("", b"", 0, 0)


def _entry(record: Record) -> Entry:
    return Entry(record.id, record.key, record.n, digest_of(record))
