"""Chroma inside this process: collections in one folder, our vectors only, cosine distance.

The folder's content is derived, so what cannot be opened is thrown away as a whole. Chroma may end the process with
it: a mark stands while a collection is first touched, and a mark left over makes the next start begin anew. Closing
leaves checksums, for Chroma itself notices no byte that changed.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import uuid
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.engines.stores.chroma_calls import ChromaCalls, guarded
from companion.errors import StoreError

_POINTER: Final = "current"
_MARK: Final = "touching"
_SUMS: Final = "sums.json"


class ChromaStore:
    """Satisfies `ports.VectorStore`; may be used from any thread.

    A collection that raised is thrown away by `drop`, and with it, where Chroma cannot even do that, all others:
    `ids` then tells that they are empty.
    """

    def __init__(self, folder: Path, new_client: Callable[[Path], Any]) -> None:
        self._folder = folder
        self._new_client = new_client
        self._lock = threading.RLock()
        self._touched: set[str] = set()
        self._closed = False
        self._client: Any | None = None
        self._calls = ChromaCalls(self._connected)

    @classmethod
    def load(cls, folder: Path | str) -> ChromaStore:
        """Keep the database below `folder`. Raises StoreError, code `disk`, when nothing can be written there."""
        import chromadb
        from chromadb.config import Settings

        def new_client(path: Path) -> Any:
            settings = Settings(anonymized_telemetry=False, allow_reset=False, is_persistent=True)
            return chromadb.PersistentClient(path=str(path), settings=settings)

        store = cls(Path(folder), new_client)
        store._begin()
        return store

    def ids(self, collection: str) -> set[str]:
        with self._touching(collection):
            return self._calls.ids(collection)

    def upsert(self, collection: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        with self._touching(collection):
            self._calls.upsert(collection, ids, vectors)

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        with self._touching(collection):
            self._calls.remove(collection, ids)

    def search(self, collection: str, vector: NDArray[np.float32], *, limit: int) -> list[tuple[str, float]]:
        with self._touching(collection):
            return self._calls.search(collection, vector, limit)

    def collections(self) -> list[str]:
        return self._calls.collections()

    def drop(self, collection: str) -> None:
        try:
            self._calls.drop(collection)
        except StoreError as error:
            if error.code == "closed":
                raise
            self._start_anew()

    def close(self) -> None:
        with self._lock:
            was_open, self._closed = self._client is not None, True
            self._forget_client()
            if was_open:
                with contextlib.suppress(OSError):
                    (self._folder / _SUMS).write_text(json.dumps(self._sums()), encoding="utf-8")

    def _begin(self) -> None:
        self._make_folder()
        if (self._folder / _MARK).exists() or self._has_changed():
            self._start_anew()
            return
        try:
            self._connected()
        except StoreError:
            self._start_anew()
        self._sweep()

    def _has_changed(self) -> bool:
        """Tell whether the files are others than they were when the store was closed, and forget what they were."""
        file = self._folder / _SUMS
        try:
            was = json.loads(file.read_text(encoding="utf-8"))
            file.unlink()
            return bool(was != self._sums())
        except FileNotFoundError:
            # Ended without a farewell; the manifests tell what was in work.
            return False
        except (OSError, ValueError, RecursionError):
            return True

    def _sums(self) -> dict[str, int]:
        current = self._current()
        files = sorted(file for file in current.rglob("*") if file.is_file())
        return {file.relative_to(self._folder).as_posix(): _checksum(file) for file in files}

    def _connected(self) -> Any:
        with self._lock:
            if self._closed:
                raise StoreError("The store is closed.", code="closed")
            if self._client is None:
                with guarded():
                    self._client = self._new_client(self._current())
            return self._client

    def _current(self) -> Path:
        """Return the folder in use; another one after each new start, for Windows cannot delete open files."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            name = (self._folder / _POINTER).read_text(encoding="ascii").strip()
            if name.isalnum():
                return self._folder / name
        return self._renew()

    def _renew(self) -> Path:
        name = uuid.uuid4().hex
        try:
            (self._folder / _POINTER).write_text(name, encoding="ascii")
        except OSError as error:
            raise _unwritable(error) from error
        return self._folder / name

    def _start_anew(self) -> None:
        with self._lock:
            self._forget_client()
            self._make_folder()
            self._renew()
            self._touched.clear()
            (self._folder / _MARK).unlink(missing_ok=True)
            self._sweep()
            self._connected()

    def _sweep(self) -> None:
        """Delete what earlier starts left."""
        current = self._current()
        for old in self._folder.iterdir():
            if old.is_dir() and old != current:
                shutil.rmtree(old, ignore_errors=True)

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(error) from error

    def _forget_client(self) -> None:
        client, self._client = self._client, None
        self._calls.forget()
        if client is not None:
            with contextlib.suppress(StoreError), guarded():
                client.close()

    @contextlib.contextmanager
    def _touching(self, collection: str) -> Any:
        if collection in self._touched:
            yield
            return
        with self._lock:
            mark = self._folder / _MARK
            with contextlib.suppress(OSError):
                mark.touch()
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    mark.unlink(missing_ok=True)
            self._touched.add(collection)


def _checksum(file: Path) -> int:
    checksum = 0
    with file.open("rb") as opened:
        while part := opened.read(1 << 20):
            checksum = zlib.crc32(part, checksum)
    return checksum


def _unwritable(error: OSError) -> StoreError:
    return StoreError(
        f"The index cannot be written: {error.strerror}.",
        "Make room on the disk, or check the rights of the cache folder.",
        code="disk",
    )
