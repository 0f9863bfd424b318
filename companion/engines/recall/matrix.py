"""The vectors of a collection in memory, for what the store cannot answer: a cut in time, or a broken store."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from companion.engines.recall.records import Records
from companion.engines.recall.state import State


class Matrix:
    """Read from the records when first asked for; new rows are added as they come. For any thread."""

    def __init__(self, records: Records, model: str, dimensions: int) -> None:
        self._records, self._model = records, model
        self._lock = threading.Lock()
        self._generation = -1
        self._n_rows = 0
        self._vectors: NDArray[np.float32] = np.zeros((0, dimensions), np.float32)

    def of(self, state: State) -> NDArray[np.float32]:
        """Return the vectors of all rows of `state`, shape (n, d); a row without one is zero. Raises StoreError."""
        with self._lock:
            if state.generation != self._generation:
                self._generation, self._n_rows = state.generation, 0
                self._vectors = np.zeros((0, self._vectors.shape[1]), np.float32)
            n_rows = len(state.entries)
            if n_rows > self._n_rows:
                self._grow(n_rows)
                new = state.entries[self._n_rows : n_rows]
                found = self._records.vectors(self._model, [entry.key for entry in new if entry.key])
                for row, entry in enumerate(new, self._n_rows):
                    if (vector := found.get(entry.key)) is not None and len(vector) == self._vectors.shape[1]:
                        self._vectors[row] = vector
                self._n_rows = n_rows
            return self._vectors[:n_rows]

    def rows(self, state: State, rows: list[int]) -> NDArray[np.float32]:
        """Return the vectors of some rows, shape (len(rows), d), without reading all others. Raises StoreError."""
        with self._lock:
            is_held = state.generation == self._generation and len(state.entries) <= self._n_rows
            if is_held:
                held: NDArray[np.float32] = self._vectors[rows]
                return held
        found = self._records.vectors(self._model, [state.entries[row].key for row in rows])
        out = np.zeros((len(rows), self._vectors.shape[1]), np.float32)
        for place, row in enumerate(rows):
            if (vector := found.get(state.entries[row].key)) is not None and len(vector) == out.shape[1]:
                out[place] = vector
        return out

    def forget(self) -> None:
        """Read everything anew: what was missing is there now."""
        with self._lock:
            self._generation = -1

    def _grow(self, n_rows: int) -> None:
        if n_rows > len(self._vectors):
            room = n_rows if not self._n_rows else n_rows + n_rows // 8 + 64
            grown = np.zeros((room, self._vectors.shape[1]), np.float32)
            grown[: self._n_rows] = self._vectors[: self._n_rows]
            self._vectors = grown
