"""BM25 over the items of one collection: a saved part (bm25s), and a short tail of what came since.

The tail is scored with the word counts of the saved part, which is made anew when the tail grows long.
"""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.engines.recall.manifest import disk_error
from companion.engines.recall.records import Record

_FOLDER: Final = "bm25"
_ROWS: Final = "rows.npy"
_SUMS: Final = "sums.json"
_K1: Final = 1.5
_B: Final = 0.75
_LONGEST_TAIL: Final = 64


class Keywords:
    """An index that never changes itself; row r of `scores` and `alive` is the r-th of `numbers`."""

    def __init__(
        self,
        main: Any,
        vocabulary: dict[str, int],
        main_numbers: NDArray[np.int64],
        mean_length: float,
        *,
        tail: tuple[Record, ...] = (),
        alive: NDArray[np.bool_] | None = None,
    ) -> None:
        self._main, self._vocabulary = main, vocabulary
        self._main_numbers, self._mean_length = main_numbers, mean_length
        self._tail = tail
        self._bags = [Counter(one.tokens) for one in tail]
        self.numbers = np.concatenate([main_numbers, np.array([one.n for one in tail], np.int64)])
        self.alive = np.ones(len(self.numbers), np.bool_) if alive is None else alive

    @classmethod
    def build(cls, records: Sequence[Record]) -> Keywords:
        """Index `records`."""
        vocabulary: dict[str, int] = {}
        ids = [[vocabulary.setdefault(token, len(vocabulary)) for token in one.tokens] for one in records]
        n_tokens = sum(map(len, ids))
        main = None
        if n_tokens:
            import bm25s

            main = bm25s.BM25(k1=_K1, b=_B, method="lucene")
            main.index((ids, vocabulary), show_progress=False, create_empty_token=False)
        numbers = np.array([one.n for one in records], np.int64)
        return cls(main, vocabulary, numbers, n_tokens / max(len(records), 1))

    @classmethod
    def load(cls, folder: Path) -> Keywords | None:
        """Return what `save` left in `folder`, memory-mapped; None if that is not exactly what was saved."""
        place = folder / _FOLDER
        try:
            sums = json.loads((place / _SUMS).read_text(encoding="utf-8"))
            files = [file for file in sorted(place.iterdir()) if file.name != _SUMS]
            if sums.get("files") != {file.name: zlib.crc32(file.read_bytes()) for file in files}:
                return None
            import bm25s

            main = bm25s.BM25.load(place, mmap=True)
            numbers = np.load(place / _ROWS)
            mean = float(sums["mean_length"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return cls(main, main.vocab_dict, numbers, mean)

    def save(self, folder: Path) -> None:
        """Write the saved part into `folder`. Raises StoreError, code `disk` or `disk_full`."""
        place = folder / _FOLDER
        try:
            shutil.rmtree(place, ignore_errors=True)
            if self._main is None:
                return
            self._main.save(place, show_progress=False)
            np.save(place / _ROWS, self._main_numbers)
            sums = {file.name: zlib.crc32(file.read_bytes()) for file in sorted(place.iterdir())}
            words = json.dumps({"files": sums, "mean_length": self._mean_length})
            (place / _SUMS).write_text(words, encoding="utf-8")
        except OSError as error:
            with contextlib.suppress(OSError):
                shutil.rmtree(place, ignore_errors=True)
            raise disk_error(error) from error

    def following(self, records: Sequence[Record]) -> Keywords | None:
        """Return this saved part for `records`, what it lacks in the tail; None if that is better built anew."""
        known = set(self._main_numbers.tolist())
        wanted = {one.n for one in records}
        found = self.changed(known - wanted, [one for one in records if one.n not in known])
        return None if found.is_stale else found

    def changed(self, gone: set[int], new: Sequence[Record]) -> Keywords:
        """Return this index with the rows of `gone` dead and `new` as rows at its end."""
        alive = np.concatenate([self.alive, np.ones(len(new), np.bool_)])
        if gone:
            alive[: len(self.alive)] &= ~np.isin(self.numbers, np.fromiter(gone, np.int64, len(gone)))
        return Keywords(
            self._main,
            self._vocabulary,
            self._main_numbers,
            self._mean_length,
            tail=(*self._tail, *new),
            alive=alive,
        )

    @property
    def is_whole(self) -> bool:
        """Whether nothing came or went since it was built."""
        return not self._tail and bool(self.alive.all())

    @property
    def is_stale(self) -> bool:
        """Whether it is time to build it anew."""
        n_stale = len(self._tail) + int((~self.alive[: len(self._main_numbers)]).sum())
        return n_stale > _LONGEST_TAIL + len(self._main_numbers) // 50

    def scores(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """Return the BM25 score of each row for the query `tokens` (Lucene's form; Kamphuis et al. 2020)."""
        n_main = len(self._main_numbers)
        out = np.zeros(len(self.numbers), np.float32)
        known = [self._vocabulary[token] for token in tokens if token in self._vocabulary]
        if self._main is not None and known:
            out[:n_main] = self._main.get_scores_from_ids(known)
        if self._bags:
            out[n_main:] = self._tail_scores(tokens)
        out[~self.alive] = 0.0
        return out

    def _tail_scores(self, tokens: Sequence[str]) -> list[float]:
        n_items = int(self.alive.sum())
        mean = self._mean_length or float(np.mean([sum(bag.values()) for bag in self._bags])) or 1.0
        weights = {
            token: math.log(1 + (n_items - n_with + 0.5) / (n_with + 0.5))
            for token in set(tokens)
            for n_with in (self._n_with(token),)
        }
        asked = Counter(tokens)
        scores: list[float] = []
        for bag in self._bags:
            length = _K1 * (1 - _B + _B * sum(bag.values()) / mean)
            scores.append(
                sum(n * weights[t] * bag[t] / (length + bag[t]) for t, n in asked.items() if t in bag)
            )
        return scores

    def _n_with(self, token: str) -> int:
        n = sum(token in bag for bag in self._bags)
        place = self._vocabulary.get(token)
        if place is not None and self._main is not None:
            starts = self._main.scores["indptr"]
            n += int(starts[place + 1] - starts[place])
        return n
