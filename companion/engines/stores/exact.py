"""Vectors in one append-only file for each collection, compared one by one: exact, for up to some 50,000.

A record is `id length, vector length, checksum (u32), id, vector`, little-endian; a vector length of zero takes the
id away. A torn record at the end is what a crash leaves and is cut off; a wrong one before it is damage.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import StoreError

_HEAD: Final = struct.Struct("<III")
_SUFFIX: Final = ".vectors"
_GARBAGE: Final = 1_000
_LONGEST_ID: Final = 4_096
_LONGEST_VECTOR: Final = 1 << 20


class ExactStore:
    """Satisfies `ports.VectorStore`; may be used from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open: dict[str, _Vectors] = {}
        self._closed = False

    @classmethod
    def load(cls, folder: Path | str) -> ExactStore:
        """Keep the collections in `folder`. Raises StoreError, code `disk` or `disk_full`."""
        path = Path(folder)
        with _told("the folder"):
            path.mkdir(parents=True, exist_ok=True)
        return cls(path)

    def ids(self, collection: str) -> set[str]:
        with self._lock:
            found = self._known(collection)
            return set(found.rows) if found is not None else set()

    def upsert(self, collection: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        with self._lock:
            found = self._known(collection) or self._made(collection)
            records = [_record(id_, vector) for id_, vector in zip(ids, vectors, strict=True)]
            self._append(collection, b"".join(records))
            for id_, vector in zip(ids, vectors, strict=True):
                found.put(id_, vector)
            self._compact(collection, found)

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        with self._lock:
            found = self._known(collection)
            if found is None:
                return
            gone = [id_ for id_ in ids if id_ in found.rows]
            self._append(collection, b"".join(_record(id_, None) for id_ in gone))
            for id_ in gone:
                found.take(id_)
            self._compact(collection, found)

    def search(self, collection: str, vector: NDArray[np.float32], *, limit: int) -> list[tuple[str, float]]:
        with self._lock:
            found = self._known(collection)
            if found is None or not found.rows:
                return []
            with _told(collection):
                return found.nearest(vector, limit)

    def collections(self) -> list[str]:
        self._check_open()
        return sorted(file.name.removesuffix(_SUFFIX) for file in self._folder.glob(f"*{_SUFFIX}"))

    def drop(self, collection: str) -> None:
        self._check_open()
        with self._lock, _told(collection):
            self._open.pop(collection, None)
            self._file(collection).unlink(missing_ok=True)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._open.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("The store is closed.", code="closed")

    def _file(self, collection: str) -> Path:
        return self._folder / f"{collection}{_SUFFIX}"

    def _known(self, collection: str) -> _Vectors | None:
        self._check_open()
        if (found := self._open.get(collection)) is None:
            file = self._file(collection)
            if not file.is_file():
                return None
            with _told(collection):
                found = self._open[collection] = _read(file)
        return found

    def _made(self, collection: str) -> _Vectors:
        found = self._open[collection] = _Vectors()
        return found

    def _append(self, collection: str, records: bytes) -> None:
        file = self._file(collection)
        with _told(collection), file.open("ab") as opened:
            size = opened.tell()
            try:
                opened.write(records)
                opened.flush()
            except OSError:
                with contextlib.suppress(OSError):
                    os.truncate(file, size)
                raise

    def _compact(self, collection: str, found: _Vectors) -> None:
        if found.n_written <= 2 * len(found.rows) + _GARBAGE:
            return
        file = self._file(collection)
        beside = file.with_suffix(".tmp")
        with _told(collection):
            with beside.open("wb") as opened:
                for id_, row in found.rows.items():
                    opened.write(_record(id_, found.matrix[row]))
                opened.flush()
                os.fsync(opened.fileno())
            os.replace(beside, file)
        found.n_written = len(found.rows)


class _Vectors:
    """The living vectors of a collection; a row that was taken is filled by the last one."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.matrix: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self.n_written = 0
        self._ids: list[str] = []

    def put(self, id_: str, vector: NDArray[np.float32]) -> None:
        if self._ids and self.matrix.shape[1] != len(vector):
            raise StoreError("Vectors of two lengths met in one collection.", code="dimensions")
        if (row := self.rows.get(id_)) is None:
            row = self.rows[id_] = len(self._ids)
            self._ids.append(id_)
            if row >= len(self.matrix):
                grown = np.zeros((max(64, 2 * row), len(vector)), np.float32)
                if row:
                    grown[:row] = self.matrix[:row]
                self.matrix = grown
        self.matrix[row] = vector
        self.n_written += 1

    def take(self, id_: str) -> None:
        if (row := self.rows.pop(id_, None)) is not None:
            last = self._ids.pop()
            if last != id_:
                self._ids[row], self.rows[last] = last, row
                self.matrix[row] = self.matrix[len(self._ids)]
        self.n_written += 1

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        n = len(self._ids)
        if vector.shape != (self.matrix.shape[1],):
            raise StoreError("A query's vector has another length than the collection's.", code="dimensions")
        lengths = np.linalg.norm(self.matrix[:n], axis=1) * max(float(np.linalg.norm(vector)), 1e-12)
        scores = (self.matrix[:n] @ vector) / np.maximum(lengths, 1e-12)
        limit = min(limit, n)
        best = np.argpartition(-scores, limit - 1)[:limit] if limit < n else np.arange(n)
        return [
            (self._ids[row], float(scores[row])) for row in best[np.argsort(-scores[best], kind="stable")]
        ]


def _record(id_: str, vector: NDArray[np.float32] | None) -> bytes:
    name = id_.encode("utf-8", "surrogatepass")
    raw = b"" if vector is None else np.ascontiguousarray(vector, "<f4").tobytes()
    return _HEAD.pack(len(name), len(raw), zlib.crc32(name + raw)) + name + raw


def _read(file: Path) -> _Vectors:
    data = file.read_bytes()
    found = _Vectors()
    at = 0
    while at + _HEAD.size <= len(data):
        n_name, n_raw, checksum = _HEAD.unpack_from(data, at)
        if n_name > _LONGEST_ID or n_raw > _LONGEST_VECTOR or n_raw % 4:
            raise _damaged()
        end = at + _HEAD.size + n_name + n_raw
        if end > len(data):
            break
        name = data[at + _HEAD.size : at + _HEAD.size + n_name]
        raw = data[at + _HEAD.size + n_name : end]
        if zlib.crc32(name + raw) != checksum:
            raise _damaged()
        id_ = name.decode("utf-8", "surrogatepass")
        if n_raw:
            found.put(id_, np.frombuffer(raw, "<f4"))
        else:
            found.take(id_)
        at = end
    if at < len(data):
        os.truncate(file, at)
    return found


def _damaged() -> StoreError:
    return StoreError("A file of the index is damaged.", "It is built again by itself.", code="damaged")


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (28, 122)
        raise StoreError(
            f"The index cannot write {what}: {'the disk is full' if full else error.strerror}.",
            "Make room on the disk." if full else "Check the rights of the cache folder.",
            code="disk_full" if full else "disk",
        ) from error
