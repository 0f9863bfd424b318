"""Hybrid search over named collections: BM25 and vectors, fused by rank."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.cancel import CancelToken
from companion.engines.recall.collection import Collection, plain_name
from companion.engines.recall.fusion import FUSION, Fusion, Ranked, fuse
from companion.engines.recall.state import State
from companion.errors import CompanionError, StoreError
from companion.ports import Cancel, Embedder, IndexHit, IndexInfo, IndexItem, SearchMode, VectorStore
from companion.text.search_tokens import search_tokens

_log = logging.getLogger(__name__)
# Chroma computes in single precision.
_TOLERANCE: Final = 5e-3


class HybridIndex:
    """Satisfies `ports.RecallIndex`. Searches may run while a collection is built; builds wait for each other.

    What a search finds broken is repaired on a thread of its own. Owns `embedder` and `store`.
    """

    def __init__(
        self, embedder: Embedder, store: VectorStore, folder: Path, *, fusion: Fusion = FUSION
    ) -> None:
        self._embedder, self._store, self._folder = embedder, store, folder
        self._fusion = fusion
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._open: dict[str, Collection] = {}
        self._repairs: dict[str, threading.Thread] = {}
        self._stopped = CancelToken()

    def sync(
        self,
        collection: str,
        items: Sequence[IndexItem],
        cancel: Cancel,
        *,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> IndexInfo:
        return self._altering(collection, lambda found: found.sync(items, cancel, progress))

    def add(self, collection: str, items: Sequence[IndexItem]) -> None:
        self._altering(collection, lambda found: found.add(items, self._stopped))

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        if self._found(collection) is not None:
            self._altering(collection, lambda found: found.remove(ids, self._stopped))

    def search(
        self,
        collection: str,
        query: str,
        *,
        limit: int = 8,
        until: int | None = None,
        exclude: Sequence[str] = (),
        mode: SearchMode = "fused",
    ) -> list[IndexHit]:
        found = self._found(collection)
        if found is None or limit < 1 or not query.strip():
            return []
        state = found.state
        allowed = _allowed(state, until, exclude)
        depth = max(self._fusion.depth, limit)
        scores = state.keywords.scores(search_tokens(query)) if mode != "dense" else None
        by_words = _best(scores, allowed, depth) if scores is not None else []
        vector: NDArray[np.float32] | None = None
        by_meaning: list[int] = []
        if mode != "bm25":
            vector = self._embedder.embed([query], query=True)[0]
            by_meaning = self._nearest(found, state, vector, allowed, depth)
        ranked = fuse(by_words, by_meaning, self._fusion)[:limit]
        return self._hits(found, state, ranked, scores, vector)

    def info(self, collection: str) -> IndexInfo | None:
        found = self._found(collection)
        return found.info() if found is not None else None

    def drop(self, collection: str) -> None:
        found = self._found(collection)
        if found is None:
            return
        with found.changing:
            with self._lock:
                self._open.pop(collection, None)
            found.drop()

    def close(self) -> None:
        self._stopped.request()
        with self._lock:
            collections, self._open = list(self._open.values()), {}
            repairs = list(self._repairs.values())
        for thread in repairs:
            thread.join()
        for one in collections:
            with one.changing:
                one.close()
        self._store.close()
        self._embedder.close()

    def _altering(self, collection: str, change: Callable[[Collection], None]) -> IndexInfo:
        """Change a collection; one that turns out to be damaged is opened again, empty, and changed then."""
        found = self._opened(collection)
        try:
            with found.changing:
                change(found)
        except StoreError as error:
            if error.code in ("disk", "disk_full", "closed"):
                raise
            found = self._reopened(collection, found)
            with found.changing:
                change(found)
                # The items may have come in before the store failed: nothing was left to change then.
                found.repair(self._stopped)
        return found.info()

    def _reopened(self, collection: str, broken: Collection) -> Collection:
        with broken.changing:
            with self._lock:
                self._open.pop(collection, None)
            broken.close()
        return self._opened(collection)

    def _found(self, collection: str) -> Collection | None:
        with self._lock:
            found = self._open.get(collection)
        if found is not None:
            return found
        if not (self._folder / plain_name(collection)).is_dir():
            self._check_open()
            return None
        found = self._opened(collection)
        if not found.state.in_store and found.state.rows:
            self._repair_later(found)
        return found

    def _opened(self, collection: str) -> Collection:
        # Opening reads files: searches of other collections do not wait for it.
        with self._opening:
            self._check_open()
            with self._lock:
                found = self._open.get(collection)
            if found is None:
                folder = self._folder / plain_name(collection)
                found = Collection(collection, folder, self._embedder, self._store, search_tokens)
                with self._lock:
                    self._open[collection] = found
            return found

    def _check_open(self) -> None:
        if self._stopped.requested:
            raise StoreError("The index is closed.", code="closed")

    def _repair_later(self, found: Collection) -> None:
        with self._lock:
            running = self._repairs.get(found.name)
            if self._stopped.requested or (running is not None and running.is_alive()):
                return
            thread = threading.Thread(target=self._repair, args=(found,), name="recall-repair")
            self._repairs[found.name] = thread
            thread.start()

    def _repair(self, found: Collection) -> None:
        try:
            with found.changing:
                found.repair(self._stopped)
        except CompanionError as error:
            _log.warning("an index could not be repaired (%s)", error.code)

    def _nearest(
        self,
        found: Collection,
        state: State,
        vector: NDArray[np.float32],
        allowed: NDArray[np.bool_],
        depth: int,
    ) -> list[int]:
        """Return the rows nearest to `vector`, best first; from the store if it knows enough of them."""
        n_barred = state.n_items - int(allowed.sum())
        if n_barred == state.n_items:
            return []
        try:
            if state.in_store and n_barred <= depth:
                near = self._from_store(found, state, vector, min(depth + n_barred, state.n_items))
                if near is not None:
                    return [row for row in near if allowed[row]][:depth]
            return _best(found.matrix.of(state) @ vector, allowed, depth, floor=-np.inf)
        except StoreError as error:
            if error.code == "closed":
                raise
            _log.warning("the vectors of an index cannot be read (%s)", error.code)
            return []

    def _from_store(
        self, found: Collection, state: State, vector: NDArray[np.float32], limit: int
    ) -> list[int] | None:
        """Return what the store finds, in the order of our own vectors; None if it cannot be trusted any more."""
        try:
            near = self._store.search(found.place, vector, limit=limit)
        except StoreError as error:
            if error.code == "closed":
                raise
            near = []
        # While a build goes on the store may know what this state does not.
        held = [(state.rows[id_], score) for id_, score in near if id_ in state.rows]
        rows = [row for row, _ in held]
        similarities = found.matrix.rows(state, rows) @ vector if rows else np.zeros(0, np.float32)
        told = np.array([score for _, score in held], np.float32)
        if rows and np.allclose(similarities, told, atol=_TOLERANCE):
            return [rows[place] for place in np.argsort(-similarities, kind="stable")]
        if found.state is state:
            # It raised, has lost what it held, or tells what is not so.
            found.distrust_store()
            self._repair_later(found)
        return None

    def _hits(
        self,
        found: Collection,
        state: State,
        ranked: Sequence[Ranked],
        scores: NDArray[np.float32] | None,
        vector: NDArray[np.float32] | None,
    ) -> list[IndexHit]:
        similarities = np.zeros(len(ranked), np.float32)
        if vector is not None and ranked:
            try:
                similarities = found.matrix.rows(state, [one.row for one in ranked]) @ vector
            except StoreError as error:
                _log.warning("the vectors of an index cannot be read (%s)", error.code)
        return [
            IndexHit(
                state.entries[one.row].id,
                one.score,
                one.bm25_rank,
                one.dense_rank,
                float(scores[one.row]) if scores is not None else 0.0,
                float(similarity),
            )
            for one, similarity in zip(ranked, similarities, strict=True)
        ]


def _allowed(state: State, until: int | None, exclude: Sequence[str]) -> NDArray[np.bool_]:
    allowed = state.keywords.alive.copy()
    if until is not None:
        allowed &= state.places <= until
    barred = [state.rows[id_] for id_ in exclude if id_ in state.rows]
    allowed[barred] = False
    return allowed


def _best(
    scores: NDArray[np.float32], allowed: NDArray[np.bool_], n: int, *, floor: float = 0.0
) -> list[int]:
    """Return the `n` rows with the highest scores above `floor`, best first; of equals the older one."""
    rows = np.flatnonzero(allowed & (scores > floor))
    if len(rows) > n:
        threshold = np.partition(scores[rows], len(rows) - n)[len(rows) - n]
        rows = rows[scores[rows] >= threshold]
    best: list[int] = rows[np.argsort(-scores[rows], kind="stable")][:n].tolist()
    return best
