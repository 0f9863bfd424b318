"""The items of one collection and every vector that was ever computed for them, in one SQLite file.

Derived data: a file that is damaged is deleted and made again. Vectors are kept under the hash of their text and
carry a checksum, so an interrupted build goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import StoreError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS items (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, key BLOB NOT NULL, place INTEGER NOT NULL,
    body BLOB NOT NULL, tokens TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS vectors (
    key BLOB NOT NULL, model TEXT NOT NULL, checksum INTEGER NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (model, key)) WITHOUT ROWID;
"""
_CHUNK: Final = 500
_MODULUS: Final = 1 << 128


@dataclass(frozen=True, slots=True)
class Record:
    """An item as kept. `n` never comes twice: a changed item gets another one. `key` is the hash of `body`."""

    id: str
    key: bytes
    place: int
    body: str
    tokens: tuple[str, ...]
    n: int = 0


def key_of(body: str) -> bytes:
    """Return the hash under which the vector of `body` is kept."""
    return hashlib.blake2b(body.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def digest_of(record: Record) -> int:
    """Return the hash of everything that is kept of an item; a collection's digest is the sum over its items."""
    words = [record.id, str(record.place), " ".join(record.tokens)]
    raw = record.key + "\x1f".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(raw, digest_size=16).digest(), "big")


def digest_text(total: int) -> str:
    """Return a sum of hashes as 32 hexadecimal digits."""
    return f"{total % _MODULUS:032x}"


class Records:
    """One connection, for any thread; every method raises StoreError, code `damaged`, `disk` or `disk_full`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, file: Path) -> Records:
        """Open or create `file`."""
        with _told(), contextlib.ExitStack() as undo:
            connection = sqlite3.connect(file, timeout=10.0, check_same_thread=False, isolation_level=None)
            undo.callback(connection.close)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.executescript(_SCHEMA)
            undo.pop_all()
        return cls(connection)

    def check(self) -> None:
        """Read the whole file and raise what is wrong with it."""
        with self._lock, _told():
            found = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            if found is None or found[0] != "ok":
                raise _damaged()

    def all(self) -> list[Record]:
        """Return the items by their place on the timeline."""
        with self._lock, _told():
            rows = self._connection.execute(
                "SELECT id, key, place, body, tokens, n FROM items ORDER BY place, id"
            )
            return [
                Record(id_, bytes(key), place, _text(body), tuple(tokens.split()), n)
                for id_, key, place, body, tokens, n in rows
            ]

    def replace(self, gone: Sequence[str], new: Sequence[Record]) -> list[Record]:
        """Take items away and put others in, all or nothing; return the new ones with their numbers."""
        put: list[Record] = []
        with self._lock, _told(), self._transaction():
            execute = self._connection.execute
            for id_ in [*gone, *(record.id for record in new)]:
                execute("DELETE FROM items WHERE id = ?", (id_,))
            for one in new:
                values = (one.id, one.key, one.place, _raw(one.body), " ".join(one.tokens))
                n = execute(
                    "INSERT INTO items (id, key, place, body, tokens) VALUES (?, ?, ?, ?, ?)", values
                ).lastrowid
                put.append(Record(one.id, one.key, one.place, one.body, one.tokens, n or 0))
        return put

    def keep(self, model: str, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Keep vectors, shape (len(keys), d)."""
        rows = [
            (key, model, zlib.crc32(raw), raw)
            for key, raw in zip(keys, (one.astype("<f4").tobytes() for one in vectors), strict=True)
        ]
        with self._lock, _told(), self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

    def vectors(self, model: str, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors that are kept and sound."""
        found: dict[bytes, NDArray[np.float32]] = {}
        with self._lock, _told():
            for at in range(0, len(keys), _CHUNK):
                part = keys[at : at + _CHUNK]
                marks = ",".join("?" * len(part))
                rows = self._connection.execute(
                    f"SELECT key, checksum, vector FROM vectors WHERE model = ? AND key IN ({marks})",
                    (model, *part),
                )
                for key, checksum, raw in rows:
                    if zlib.crc32(raw) == checksum and len(raw) % 4 == 0:
                        found[bytes(key)] = np.frombuffer(raw, "<f4")
        return found

    def forget_others(self, model: str) -> None:
        """Drop the vectors of other models and of texts that are gone."""
        with self._lock, _told(), self._transaction():
            self._connection.execute(
                "DELETE FROM vectors WHERE model <> ? OR key NOT IN (SELECT key FROM items)", (model,)
            )

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:  # commits, or rolls back what raised
            yield


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return bytes(raw).decode("utf-8", "surrogatepass")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if error.sqlite_errorname == "SQLITE_FULL" if hasattr(error, "sqlite_errorname") else False:
            raise StoreError(
                "The disk is full; the index of what can be recalled was not changed.",
                "Make room, then try again.",
                code="disk_full",
            ) from error
        if isinstance(error, sqlite3.OperationalError) and "unable to open" in str(error):
            raise StoreError(
                "The index of what can be recalled cannot be written.",
                "Check the rights of the cache folder.",
                code="disk",
            ) from error
        raise _damaged() from error
    except (UnicodeDecodeError, TypeError, AttributeError) as error:
        # A damaged file may hold other types than it was given.
        raise _damaged() from error


def _damaged() -> StoreError:
    return StoreError("A file of the index is damaged.", "It is built again by itself.", code="damaged")
