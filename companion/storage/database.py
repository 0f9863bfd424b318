"""SQLite connections as the chat log needs them: durable, one writer, errors in a user's words."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from companion.errors import StorageError

APPLICATION_ID = 0x434D5031
PAGE_SIZE = 4096
_BUSY_TIMEOUT_MS = 250

Synchronous = Literal["FULL", "NORMAL", "OFF"]


def connect(
    path: Path,
    *,
    read_only: bool = False,
    immutable: bool = False,
    synchronous: Synchronous = "FULL",
) -> sqlite3.Connection:
    """Open `path`; transactions are explicit. A writer creates the file (mode 0600) and turns WAL on.

    `synchronous` other than FULL exists for the controls of the fault tests only. Raises sqlite3.Error.
    """
    mode = "ro" if read_only or immutable else "rwc"
    uri = f"{path.absolute().as_uri()}?mode={mode}{'&immutable=1' if immutable else ''}"
    if mode == "rwc":
        _create_private(path)
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    # A flipped bit inside a text must not make its whole chat unreadable.
    connection.text_factory = _lenient
    try:
        _set_pragmas(connection, writer=mode == "rwc", synchronous=synchronous)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _lenient(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")


def _create_private(path: Path) -> None:
    # SQLite gives -wal and -shm the mode of the main file.
    with contextlib.suppress(FileExistsError, PermissionError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _set_pragmas(connection: sqlite3.Connection, *, writer: bool, synchronous: Synchronous) -> None:
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=1")
    connection.execute("PRAGMA trusted_schema=0")
    connection.execute("PRAGMA cell_size_check=1")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA cache_size=-16000")
    # Set for readers as well: a test asserts the pragmas of every connection.
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA fullfsync=1")
    connection.execute("PRAGMA checkpoint_fullfsync=1")
    if writer:
        connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
        connection.execute("PRAGMA secure_delete=1")
        connection.execute("PRAGMA journal_size_limit=4194304")
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        if mode != "wal":
            raise sqlite3.OperationalError(f"journal mode is {mode}, not wal")


def lock_for_writing(path: Path) -> sqlite3.Connection:
    """Take the one writer's place beside `path`; closing the connection or dying gives it back.

    The lock is SQLite's own on an empty database `<name>.lock`: it works alike on every platform and
    leaves the log itself readable to other processes. Raises sqlite3.OperationalError when it is taken
    (SQLITE_BUSY) or when the folder cannot be written.
    """
    lock_path = path.with_name(f"{path.name}.lock")
    lock = sqlite3.connect(lock_path, isolation_level=None, timeout=0, check_same_thread=False)
    try:
        lock.execute("PRAGMA journal_mode=MEMORY")
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error:
        lock.close()
        raise
    return lock


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block as one immediate transaction: everything is on disk afterwards, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def translating(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into StorageError; after damage the next opening checks the whole file."""
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error):
            mark_suspect(path)
        raise translated(error, path) from error


def suspect_mark(path: Path) -> Path:
    """Return the file whose presence tells that the log at `path` failed a check."""
    return path.with_name(f"{path.name}.suspect")


def mark_suspect(path: Path) -> None:
    """Have the next opening for writing check the whole file and save what it holds if it must."""
    with contextlib.suppress(OSError):
        suspect_mark(path).touch(mode=0o600)


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, or -1 for errors of the Python module itself."""
    code: int = getattr(error, "sqlite_errorcode", -1)
    return code & 0xFF if code >= 0 else -1


def is_damage(error: sqlite3.Error) -> bool:
    return primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def translated(error: sqlite3.Error, path: Path) -> StorageError:
    """Return what a user can understand of `error`."""
    primary = primary_code(error)
    if primary == sqlite3.SQLITE_IOERR and _is_full(path.parent):
        primary = sqlite3.SQLITE_FULL
    what, hint, code = _SENTENCES.get(primary, _OTHER)
    return StorageError(what.format(name=path.name, error=error), hint, code=code)


def _is_full(folder: Path) -> bool:
    """Tell whether the disk is too full for SQLite's shared-memory file, which it reports as an I/O error."""
    try:
        return shutil.disk_usage(folder).free < _SMALLEST_ROOM
    except OSError:
        return False


_SMALLEST_ROOM = 64 * 1024
_OTHER = (
    "The chat log {name} cannot be used ({error}).",
    "Run: companion chats check",
    "failed",
)
_SENTENCES = {
    sqlite3.SQLITE_FULL: (
        "The disk is full; {name} was not changed.",
        "Free some space and try again; no restart is needed.",
        "disk_full",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk reported an error while {name} was written or read ({error}).",
        "Nothing was half-written. Check the disk, then try again.",
        "io",
    ),
    sqlite3.SQLITE_BUSY: (
        "The chat log {name} is in use by another companion.",
        "Use the window that is already open, or close it first.",
        "in_use",
    ),
    sqlite3.SQLITE_LOCKED: (
        "The chat log {name} is busy.",
        "Try again in a moment.",
        "in_use",
    ),
    sqlite3.SQLITE_READONLY: (
        "The chat log {name} can only be read.",
        "Make its folder writable and start companion again.",
        "read_only",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The chat log {name} cannot be opened ({error}).",
        "Check that its folder exists and that you may read it.",
        "cannot_open",
    ),
    sqlite3.SQLITE_PERM: (
        "You have no permission to use {name}.",
        "Check the permissions of the file and its folder.",
        "cannot_open",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "The chat log {name} is damaged.",
        "Start companion again: it keeps the damaged file, saves what can be read and offers a backup.",
        "damaged",
    ),
    sqlite3.SQLITE_NOTADB: (
        "The file {name} is not a chat log, or its beginning is damaged.",
        "Start companion again: it keeps the damaged file, saves what can be read and offers a backup.",
        "damaged",
    ),
}
