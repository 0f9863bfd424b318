"""Opening a chat log so that the program always starts: locked, checked, migrated, or saved from damage."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from companion.errors import StorageError
from companion.storage import backup, checks, salvage
from companion.storage.atomic import storage_error, sync_folder
from companion.storage.database import (
    APPLICATION_ID,
    connect,
    is_damage,
    lock_for_writing,
    primary_code,
    suspect_mark,
    translated,
)
from companion.storage.migrations import MIGRATIONS, migrate, version

_UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)


@dataclass(frozen=True, slots=True)
class OpenReport:
    """What happened while the log was opened; `notes` are sentences for the user.

    `damaged` is where a damaged file was kept, `n_salvaged` how many rows of it were saved, `backup` the
    newest backup that passed its check, made at `backup_at` (Unix seconds).
    """

    created: bool = False
    read_only: str = ""
    damaged: Path | None = None
    n_salvaged: int = 0
    backup: Path | None = None
    backup_at: float | None = None
    migrated_from: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Opened:
    """An open connection with what must be let go of after it."""

    path: Path
    connection: sqlite3.Connection
    report: OpenReport
    lock: sqlite3.Connection | None = None
    temporary: tempfile.TemporaryDirectory[str] | None = field(default=None)
    identity: tuple[int, int] = (0, 0)

    def require_in_place(self) -> None:
        """Raise StorageError (`moved`) when the open file is no longer the one at its path.

        Commits into a file without a name succeed, and are gone with the process.
        """
        if _identity(self.path) != self.identity:
            raise StorageError(
                f"{self.path.name} was moved or deleted while companion was running.",
                "Put it back where it was, or start companion again.",
                code="moved",
            )

    def close(self) -> None:
        """Checkpoint (if this is the writer), close, then let the next writer in."""
        try:
            if self.lock is not None:
                # A failed checkpoint loses nothing: the next opening reads the write-ahead log.
                with contextlib.suppress(sqlite3.Error):
                    self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.connection.close()
        finally:
            if self.lock is not None:
                self.lock.close()
            if self.temporary is not None:
                self.temporary.cleanup()


class _DamagedFileError(Exception):
    """The file is not a chat log that can be used as it is."""


def open_for_writing(path: Path, backups: Path) -> Opened:
    """Open or create the log at `path` as its one writer; fall back to reading where nothing can be written.

    Raises StorageError: `in_use`, `cannot_open`, `disk_full`, `io`.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error, path.parent) from error
    try:
        lock = lock_for_writing(path)
    except sqlite3.Error as error:
        if primary_code(error) in _UNWRITABLE and path.exists():
            return _open_unwritable(path)
        told = translated(error, path)
        if told.code == "disk_full" and path.exists():
            return _open_reader(path, "The disk is full: chats can be read, but nothing can be written.")
        raise told from error
    try:
        return _open_locked(path, backups, lock)
    except StorageError as error:
        lock.close()
        if error.code == "disk_full" and path.exists():
            return _open_reader(path, "The disk is full: chats can be read, but nothing can be written.")
        raise
    except BaseException:
        lock.close()
        raise


def open_for_reading(path: Path, _backups: Path) -> Opened:
    """Open an existing log for reading, also while another process writes to it. Raises StorageError."""
    return _open_reader(path, "It was opened for reading only.")


def _open_locked(path: Path, backups: Path, lock: sqlite3.Connection) -> Opened:
    report = OpenReport(created=not path.exists())
    try:
        connection = _connect_checked(path)
    except _DamagedFileError:
        report = _save_from_damage(path, backups)
        connection = _connect_checked(path)
    except sqlite3.Error as error:
        if primary_code(error) in _UNWRITABLE and path.exists():
            lock.close()
            return _open_unwritable(path)
        raise translated(error, path) from error
    except OSError as error:
        raise storage_error(error, path) from error
    found = version(connection)
    if found > len(MIGRATIONS):
        connection.close()
        lock.close()
        return _open_reader(path, _newer(found))
    try:
        if 0 < found < len(MIGRATIONS):
            backup.copy_verified(path, backups, label="before-migration")
            report = replace(report, migrated_from=found)
        migrate(connection)
        if report.created:
            sync_folder(path.parent)
    except (sqlite3.Error, OSError) as error:
        connection.close()
        raise _error(error, path) from error
    except BaseException:
        connection.close()
        raise
    return Opened(path, connection, report, lock, identity=_identity(path))


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (-1, -1)
    return (found.st_dev, found.st_ino)


def _error(error: sqlite3.Error | OSError, path: Path) -> StorageError:
    return translated(error, path) if isinstance(error, sqlite3.Error) else storage_error(error, path)


def _newer(found: int) -> str:
    return (
        f"The chat log was written by a newer companion (schema {found}, this one knows {len(MIGRATIONS)}). "
        "Install that version to write again."
    )


def _connect_checked(path: Path) -> sqlite3.Connection:
    """Open `path` for writing. Raises _DamagedFileError when it cannot be trusted, else sqlite3.Error."""
    if salvage.is_suspect(path):
        raise _DamagedFileError
    connection = None
    try:
        connection = connect(path)
        _require_sound(connection, path)
    except (sqlite3.Error, _DamagedFileError) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error) and is_damage(error):
            raise _DamagedFileError from error
        raise
    return connection


def _require_sound(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        return
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise _DamagedFileError
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise _DamagedFileError
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    if not {"rows", "chats", "messages"} <= tables:
        raise _DamagedFileError
    if suspect_mark(path).exists() and version(connection) == len(MIGRATIONS):
        if checks.damage(connection):
            raise _DamagedFileError
        suspect_mark(path).unlink()


def _save_from_damage(path: Path, backups: Path) -> OpenReport:
    """Keep the damaged file under a name of its own and put what can be read of it in its place."""
    try:
        kept, n_rows = salvage.replace_damaged(path)
        suspect_mark(path).unlink(missing_ok=True)
    except sqlite3.Error as error:
        raise translated(error, path) from error
    except OSError as error:
        raise storage_error(error, path) from error
    newest = backup.newest_verified(backups)
    notes = [
        f"The chat log was damaged. The damaged file is kept as {kept.name}.",
        f"{n_rows} entries were saved from it." if n_rows else "Nothing could be saved from it.",
    ]
    if newest is not None:
        date = datetime.fromtimestamp(newest.made_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        notes.append(f"The newest backup that passed its check is from {date}: {newest.path.name}.")
    return OpenReport(
        damaged=kept,
        n_salvaged=n_rows,
        backup=newest.path if newest else None,
        backup_at=newest.made_at if newest else None,
        notes=tuple(notes),
    )


def _open_unwritable(path: Path) -> Opened:
    return _open_reader(path, f"The folder {path.parent.name} or {path.name} cannot be written.")


def _open_reader(path: Path, why: str) -> Opened:
    report = OpenReport(read_only=why)
    if not path.exists():
        raise StorageError(
            f"There is no chat log {path.name}.", "Start companion once to create it.", code="cannot_open"
        )
    try:
        return Opened(path, _connect_reader(path), report)
    except sqlite3.Error as error:
        if primary_code(error) not in (*_UNWRITABLE, sqlite3.SQLITE_IOERR):
            raise translated(error, path) from error
    # A WAL database in a folder that cannot be written is readable only as immutable, which passes over
    # its write-ahead log: with one, a copy is read instead.
    try:
        wal = path.with_name(f"{path.name}-wal")
        if not wal.exists() or not wal.stat().st_size:
            return Opened(path, _connect_reader(path, immutable=True), report)
        temporary = tempfile.TemporaryDirectory(prefix="companion-")
        copied = Path(temporary.name) / path.name
        shutil.copyfile(path, copied)
        shutil.copyfile(wal, copied.with_name(f"{copied.name}-wal"))
        return Opened(path, _connect_reader(copied), report, temporary=temporary)
    except (sqlite3.Error, OSError) as error:
        raise _error(error, path) from error


def _connect_reader(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    connection = connect(path, read_only=True, immutable=immutable)
    try:
        connection.execute("SELECT count(*) FROM rows").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
