"""The one way to write a file: beside its place, flushed, then renamed over it."""

from __future__ import annotations

import contextlib
import errno
import os
import time
import uuid
from pathlib import Path

from companion.errors import StorageError

_IS_WINDOWS = os.name == "nt"
_RENAME_TRIES = 8
_FIRST_PAUSE_S = 0.02


def write_atomic(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Make `path` hold exactly `data`: after a crash it holds the old content or the new, never a part.

    The folder must exist. Raises StorageError (`disk_full`, `io`, `read_only`); the old file stays then.
    """
    beside = beside_name(path, "tmp")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise storage_error(error, path) from error


def replace(new: Path, path: Path) -> None:
    """Rename `new`, already flushed, over `path` and make that durable. Raises OSError."""
    pause_s = _FIRST_PAUSE_S
    for tries_left in reversed(range(_RENAME_TRIES)):
        try:
            os.replace(new, path)
            break
        except PermissionError:
            # WORKAROUND: on Windows a synchroniser or virus scanner holds the file for moments, QTBUG-57299.
            if not _IS_WINDOWS or not tries_left:
                raise
            time.sleep(pause_s)
            pause_s *= 2
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Flush a file that another writer has closed. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make names created, renamed or removed in `folder` durable; Windows does so by itself. Raises OSError."""
    if _IS_WINDOWS:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network and FUSE file systems cannot flush a folder at all.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def beside_name(path: Path, label: str) -> Path:
    """Return an unused name in the folder of `path`."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.{label}")


def storage_error(error: OSError, path: Path) -> StorageError:
    """Return what a user can understand of `error`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"The disk is full; {path.name} was not changed.",
            "Free some space and try again.",
            code="disk_full",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(
            f"{path.name} cannot be written.",
            "Check the permissions of the file and its folder.",
            code="read_only",
        )
    if error.errno == errno.ENOENT:
        return StorageError(
            f"{path.name} or its folder does not exist.", "Check the name and try again.", code="not_found"
        )
    reason = error.strerror or type(error).__name__
    return StorageError(
        f"{path.name} cannot be used ({reason}).", "Check the disk, then try again.", code="io"
    )
