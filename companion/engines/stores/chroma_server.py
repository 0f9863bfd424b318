"""A Chroma server that the user named. The program starts none: one that is reachable by others can be taken over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from companion.engines.stores.chroma_calls import ChromaCalls, guarded
from companion.errors import StoreError, UsageError


class ChromaServer:
    """Satisfies `ports.VectorStore`; may be used from any thread."""

    def __init__(self, client: Any) -> None:
        self._client: Any | None = client
        self._calls = ChromaCalls(self._connected)

    @classmethod
    def load(cls, url: str) -> ChromaServer:
        """Reach the server at `url`. Raises UsageError for what is no address, StoreError, code `store`."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                f"“{url}” is not the address of a Chroma server.",
                "Write it like http://127.0.0.1:8000.",
                code="remote",
            )
        import chromadb
        from chromadb.config import Settings

        is_safe = parts.scheme == "https"
        with guarded():
            client = chromadb.HttpClient(
                host=parts.hostname,
                port=parts.port or (443 if is_safe else 8000),
                ssl=is_safe,
                settings=Settings(anonymized_telemetry=False),
            )
        return cls(client)

    def ids(self, collection: str) -> set[str]:
        return self._calls.ids(collection)

    def upsert(self, collection: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        self._calls.upsert(collection, ids, vectors)

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        self._calls.remove(collection, ids)

    def search(self, collection: str, vector: NDArray[np.float32], *, limit: int) -> list[tuple[str, float]]:
        return self._calls.search(collection, vector, limit)

    def collections(self) -> list[str]:
        return self._calls.collections()

    def drop(self, collection: str) -> None:
        self._calls.drop(collection)

    def close(self) -> None:
        client, self._client = self._client, None
        self._calls.forget()
        if client is not None:
            sessions = [_session(client), _session(getattr(client, "_admin_client", None))]
            with guarded():
                client.close()
                for session in sessions:
                    if session is not None:
                        session.close()

    def _connected(self) -> Any:
        if self._client is None:
            raise StoreError("The store is closed.", code="closed")
        return self._client


def _session(client: Any) -> Any:
    # WORKAROUND: closing a client leaves its connections open, chroma 1.5.
    return getattr(getattr(client, "_server", None), "_session", None)
