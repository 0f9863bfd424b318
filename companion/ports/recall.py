"""Embedders, vector stores and the index that joins them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from companion.ports.engine import Cancel

if TYPE_CHECKING:  # numpy takes a tenth of a second that the window's start need not wait for
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """Texts to vectors. `model_id` changes whenever the same text would give another vector."""

    @property
    def model_id(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), dimensions); `query` for models that tell the two apart."""
        ...

    def close(self) -> None: ...


class VectorStore(Protocol):
    """Vectors by collection and id. Collection names match [a-zA-Z0-9._-]{3,100}.

    Any method may raise StoreError when the collection is broken; `drop` then still works.
    """

    def ids(self, collection: str) -> set[str]: ...
    def upsert(self, collection: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Put vectors, shape (len(ids), d); they are there after a crash or `ids` does not tell them."""
        ...

    def remove(self, collection: str, ids: Sequence[str]) -> None: ...
    def search(self, collection: str, vector: NDArray[np.float32], *, limit: int) -> list[tuple[str, float]]:
        """Return (id, cosine similarity), best first; an unknown collection gives nothing."""
        ...

    def collections(self) -> list[str]: ...
    def drop(self, collection: str) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class IndexItem:
    """A text to be found. `context` (a header) is searched with it; `order` is its place on a timeline."""

    id: str
    text: str
    context: str = ""
    order: int = 0


@dataclass(frozen=True, slots=True)
class IndexHit:
    """What a search found: ranks count from 1, None where that method did not find it; `bm25` is its raw score."""

    id: str
    score: float
    bm25_rank: int | None = None
    dense_rank: int | None = None
    bm25: float = 0.0
    similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """A collection as built. `rebuilt` names why it was made anew (`embedder`, `damage`), empty if it was not.

    `embedder` is the model id, `digest` the hash over all items.
    """

    collection: str
    n_items: int
    embedder: str
    dimensions: int
    digest: str
    store: str
    rebuilt: str = ""
    seconds: float = 0.0


SearchMode = Literal["fused", "bm25", "dense"]


class RecallIndex(Protocol):
    """Hybrid search (BM25 and vectors) over named collections; derived data, rebuilt whenever in doubt."""

    def sync(
        self,
        collection: str,
        items: Sequence[IndexItem],
        cancel: Cancel,
        *,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> IndexInfo:
        """Make the collection hold exactly `items`; only new and changed ones are embedded.

        What was embedded before a cancel or a crash need not be embedded again. A broken collection or one of
        another embedder is made anew.
        """
        ...

    def add(self, collection: str, items: Sequence[IndexItem]) -> None:
        """Put a few items into a collection, which need not exist."""
        ...

    def remove(self, collection: str, ids: Sequence[str]) -> None: ...

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
        """Return the best items, best first; none with an `order` above `until`, none of `exclude`.

        An unknown collection gives nothing. A collection whose vectors are broken is searched by BM25 alone.
        """
        ...

    def info(self, collection: str) -> IndexInfo | None: ...
    def drop(self, collection: str) -> None: ...
    def close(self) -> None: ...
