"""What both Chroma stores ask of a client, and its failures in our words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import CompanionError, StoreError

_BATCH: Final = 1_000
# More neighbours and a wider search than Chroma's own 16 and 100, on one thread. Measured with 200 queries on 2,000
# passages put in twice: Chroma's values give the same best five for 91 % of them, these for all.
_HNSW: Final = {
    "space": "cosine",
    "ef_construction": 200,
    "max_neighbors": 32,
    "ef_search": 400,
    "num_threads": 1,
}


class ChromaCalls:
    """Collections of the client that `client` returns; knows no files."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._collections: dict[str, Any] = {}

    def ids(self, name: str) -> set[str]:
        with guarded():
            found = self._collection(name)
            return set(found.get(include=[])["ids"]) if found is not None else set()

    def upsert(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        with guarded():
            found = self._collection(name, make=True)
            for at in range(0, len(ids), _BATCH):
                part = np.ascontiguousarray(vectors[at : at + _BATCH], np.float32)
                found.upsert(ids=list(ids[at : at + _BATCH]), embeddings=part)

    def remove(self, name: str, ids: Sequence[str]) -> None:
        with guarded():
            found = self._collection(name)
            for at in range(0, len(ids) if found is not None else 0, _BATCH):
                found.delete(ids=list(ids[at : at + _BATCH]))

    def search(self, name: str, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        with guarded():
            found = self._collection(name)
            if found is None or limit < 1:
                return []
            answer = found.query(
                query_embeddings=[np.asarray(vector, np.float32)], n_results=limit, include=["distances"]
            )
            return [
                (str(id_), 1.0 - float(distance))
                for id_, distance in zip(answer["ids"][0], answer["distances"][0], strict=True)
            ]

    def collections(self) -> list[str]:
        with guarded():
            return sorted(one.name for one in self._client().list_collections())

    def drop(self, name: str) -> None:
        from chromadb.errors import NotFoundError

        with self._lock:
            self._collections.pop(name, None)
        with guarded():
            try:
                self._client().delete_collection(name)
            except NotFoundError:
                return

    def forget(self) -> None:
        """Hold no collection of a client that is no more."""
        with self._lock:
            self._collections.clear()

    def _collection(self, name: str, *, make: bool = False) -> Any:
        from chromadb.errors import NotFoundError

        client = self._client()
        with self._lock:
            found = self._collections.get(name)
        if found is not None:
            return found
        try:
            # Without a function of ours Chroma would fetch a model of its own.
            found = client.get_collection(name, embedding_function=None)
        except NotFoundError:
            if not make:
                return None
            found = client.create_collection(name, embedding_function=None, configuration={"hnsw": _HNSW})
        with self._lock:
            self._collections[name] = found
        return found


class guarded:  # noqa: N801 - read as a word
    """Turn what Chroma raises into StoreError; its Rust part raises a PanicException below BaseException."""

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or error is None or isinstance(error, CompanionError):
            return
        if not isinstance(error, Exception) and kind.__name__ != "PanicException":
            return
        words = (str(error).splitlines() or [kind.__name__])[0][:200]
        full = "full" in words and ("disk" in words or "space" in words)
        raise StoreError(
            f"The vector store failed: {words or kind.__name__}.",
            "Make room on the disk." if full else "It is built again by itself.",
            code="disk_full" if full else "store",
        ) from error
