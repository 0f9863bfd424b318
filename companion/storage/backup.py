"""Verified copies of the chat log, thinned with age, and the way back from one."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from companion.errors import StorageError
from companion.storage.atomic import beside_name, replace, storage_error, sync_file, sync_folder
from companion.storage.database import APPLICATION_ID, connect, lock_for_writing, mark_suspect, translating
from companion.storage.migrations import MIGRATIONS, version

_PREFIX, _SUFFIX = "chats-", ".sqlite3"
_STAMP = "%Y%m%dT%H%M%SZ"
_DAYS, _WEEKS, _MONTHS = 14, 8, 12


class Log(Protocol):
    """What a backup needs of an open chat log."""

    @property
    def file(self) -> Path: ...


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """A backup by its name alone; `made_at` is in Unix seconds, `label` tells what it was forced by."""

    path: Path
    made_at: float
    label: str
    n_bytes: int


def backup(log: Log, folder: Path, *, label: str = "", now: float | None = None) -> Path:
    """Copy the log into `folder`, check the copy, then thin out old ones. May run on any thread beside the writer.

    Raises StorageError; `damaged` when the log fails its check, and then every old backup stays.
    """
    made = copy_verified(log.file, folder, label=label, now=now)
    thin(folder, now=now)
    return made


def copy_verified(source: Path, folder: Path, *, label: str = "", now: float | None = None) -> Path:
    """Copy the log at `source` into `folder` under a new name that appears only once the copy is good."""
    made_at = time.time() if now is None else now
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = _unused_name(folder, made_at, label)
        beside = beside_name(target, "tmp")
        try:
            with translating(source):
                _copy_sound(source, beside)
            sync_file(beside)
            replace(beside, target)
        finally:
            _remove_database(beside)
    except OSError as error:
        raise storage_error(error, folder) from error
    return target


def list_backups(folder: Path) -> list[BackupInfo]:
    """Return the backups in `folder`, newest first, unchecked."""
    found = []
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        stamp, _, label = path.name[len(_PREFIX) : -len(_SUFFIX)].partition("-")
        with contextlib.suppress(ValueError, OSError):
            made = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
            found.append(BackupInfo(path, made.timestamp(), label, path.stat().st_size))
    return sorted(found, key=lambda one: (one.made_at, one.path.name), reverse=True)


def newest_verified(folder: Path) -> BackupInfo | None:
    """Return the newest backup that passes its check, or None."""
    return next((one for one in list_backups(folder) if not problems(one.path)), None)


def problems(path: Path) -> str:
    """Return why `path` is no usable chat log, or an empty string."""
    try:
        with contextlib.closing(connect(path, read_only=True, immutable=True)) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                return "it is not a chat log"
            if version(connection) > len(MIGRATIONS):
                return f"it needs a newer companion (schema {version(connection)})"
            result: str = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            return "" if result == "ok" else result
    except sqlite3.Error as error:
        return str(error)


def retained(days: Iterable[date], today: date) -> set[date]:
    """Return which days keep a backup: today, yesterday and any in the future, then 14 daily, 8 weekly, 12 monthly.

    Counted are backups that exist, not days that passed: a pause in use costs no history.
    """
    kept: set[date] = set()
    left = {"day": _DAYS, "week": _WEEKS, "month": _MONTHS}
    last: dict[str, object] = {}
    for day in sorted(set(days), reverse=True):
        spans: dict[str, object] = {"day": day, "week": day.isocalendar()[:2], "month": (day.year, day.month)}
        if (today - day).days > 1:
            span = next((name for name in left if left[name]), None)
            if span is None or spans[span] == last.get(span):
                continue
            left[span] -= 1
        kept.add(day)
        last = spans
    return kept


def thin(folder: Path, *, now: float | None = None) -> list[Path]:
    """Remove backups that the schedule no longer keeps and return them; the newest of a kept day stays."""
    today = _day(time.time() if now is None else now)
    found = list_backups(folder)
    kept = retained((_day(one.made_at) for one in found), today)
    seen: set[date] = set()
    removed = []
    for one in found:
        day = _day(one.made_at)
        is_spare = day not in kept or (day in seen and (today - day).days > 1)
        seen.add(day)
        if is_spare:
            with contextlib.suppress(OSError):
                one.path.unlink()
                removed.append(one.path)
    return removed


def restore(backup_path: Path, path: Path, *, backups: Path | None = None) -> Path | None:
    """Put `backup_path` in the place of the log at `path`, which must be closed; return where the old one is kept.

    All or nothing: at any moment `path` is the old log or the new one. A backup of the old log is made
    first if it is sound. Raises StorageError: `bad_backup`, `in_use`, `disk_full`, `io`.
    """
    if reason := problems(backup_path):
        raise StorageError(
            f"The backup {backup_path.name} cannot be used: {reason}.",
            "Choose another one.",
            code="bad_backup",
        )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with translating(path):
            lock = lock_for_writing(path)
        with contextlib.closing(lock):
            if path.exists():
                with contextlib.suppress(StorageError):
                    copy_verified(path, backups or path.parent / "backups", label="before-restore")
                    _checkpoint(path)
            beside = beside_name(path, "tmp")
            try:
                shutil.copyfile(backup_path, beside)
                beside.chmod(0o600)
                sync_file(beside)
                return put_in_place(beside, path, "before-restore")
            finally:
                _remove_database(beside)
    except OSError as error:
        raise storage_error(error, path) from error


def put_in_place(new: Path, path: Path, label: str) -> Path | None:
    """Keep the database at `path` under a unique name and rename `new` over it. Raises OSError.

    The caller holds the writer's lock. A write-ahead log of the old file is kept with it and taken away
    before the rename: SQLite would play it into the new file.
    """
    kept = None
    wal = path.with_name(f"{path.name}-wal")
    if path.exists() or wal.exists():
        kept = unique_name(path, label)
        for old in (path, wal):
            if old.exists():
                shutil.copyfile(old, kept.with_name(kept.name + old.name[len(path.name) :]))
                sync_file(kept.with_name(kept.name + old.name[len(path.name) :]))
        sync_folder(path.parent)
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        sync_folder(path.parent)
    replace(new, path)
    return kept


def _checkpoint(path: Path) -> None:
    with translating(path), contextlib.closing(connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def unique_name(path: Path, label: str) -> Path:
    """Return an unused name beside `path` that tells what happened and when."""
    stamp = datetime.now(UTC).strftime(_STAMP)
    names = (f"{path.name}.{label}-{stamp}{f'-{n}' if n else ''}" for n in range(1_000_000))
    return next(
        candidate
        for candidate in map(path.with_name, names)
        if not candidate.exists() and not candidate.with_name(f"{candidate.name}-wal").exists()
    )


def _copy_sound(source: Path, target: Path) -> None:
    """Copy through SQLite's backup API, never from or into a database that fails its check. Raises sqlite3.Error."""
    with (
        contextlib.closing(_connect_source(source)) as old,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as new,
    ):
        _require_ok(old, "PRAGMA quick_check(1)", source)
        old.backup(new)
        # One plain file: readable from a folder that cannot be written.
        new.execute("PRAGMA journal_mode=DELETE")
        _require_ok(new, "PRAGMA integrity_check(1)", source)
    target.chmod(0o600)


def _connect_source(source: Path) -> sqlite3.Connection:
    try:
        connection = connect(source, read_only=True)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        return connect(source, immutable=True)
    return connection


def _require_ok(connection: sqlite3.Connection, check: str, path: Path) -> None:
    if connection.execute(check).fetchone()[0] != "ok":
        mark_suspect(path)
        raise StorageError(
            f"The chat log {path.name} is damaged and was not backed up.",
            "Start companion again: it saves what can be read and offers the newest good backup.",
            code="damaged",
        )


def _unused_name(folder: Path, made_at: float, label: str) -> Path:
    stamp = datetime.fromtimestamp(made_at, UTC).strftime(_STAMP)
    ending = f"-{label}" if label else ""
    names = (f"{_PREFIX}{stamp}{ending}{f'-{n}' if n else ''}{_SUFFIX}" for n in range(1_000_000))
    return next(folder / name for name in names if not (folder / name).exists())


def _remove_database(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + ending).unlink()


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()
