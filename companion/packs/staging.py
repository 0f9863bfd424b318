"""Files of strangers on their way in: opened without following links, counted while copied, flushed, renamed.

Work in progress lies in folders whose names begin with `.staging-`, `.replaced-` or `.trash-` beside the packs;
`clean` tidies up after a process that died.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from companion.errors import PackError

_BLOCK = 1 << 20
_RENAME_TRIES = 8
_FIRST_PAUSE_S = 0.02
_STALE_S = 3600
_IS_WINDOWS = os.name == "nt"
_PREFIXES = (".staging-", ".replaced-", ".trash-")


@contextlib.contextmanager
def opened(path: Path, limit: int, *, folder: int | None = None) -> Iterator[tuple[BinaryIO, int]]:
    """Open a regular file for reading and give its size in bytes; a link, a device or a pipe is never opened.

    With the descriptor `folder` only the name of `path` counts, inside that folder. Raises PackError if it is no
    regular file or larger than `limit`, OSError if it cannot be opened.
    """
    # O_NONBLOCK: opening a pipe would wait for a writer for ever.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    if _IS_WINDOWS and path.is_symlink():
        raise _no_file(path)
    try:
        descriptor = os.open(path if folder is None else path.name, flags, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO):
            raise _no_file(path) from error
        raise
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _no_file(path)
        if status.st_size > limit:
            raise PackError(
                f"{path.name} holds {status.st_size:,} bytes; {limit:,} are allowed.",
                "Remove what does not belong to it.",
            )
        yield file, status.st_size


def read_bounded(path: Path, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes. Raises PackError, OSError."""
    with opened(path, limit) as (file, _):
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise PackError(f"{path.name} grew beyond {limit:,} bytes while it was read.", "Try again.")
    return raw


def _no_file(path: Path) -> PackError:
    return PackError(f"{path.name} is a link or no ordinary file.", "Choose the file itself.")


@dataclass(slots=True)
class Budget:
    """How many files and bytes a pack may still bring in; `spend` raises PackError beyond it."""

    name: str
    files: int
    bytes: int

    def spend(self, *, files: int = 0, n_bytes: int = 0) -> None:
        self.files -= files
        self.bytes -= n_bytes
        if self.files < 0 or self.bytes < 0:
            raise PackError(
                f"{self.name} holds more than a character may.", "Remove what does not belong to it."
            )


def copy_file(source: Path, target: Path, budget: Budget, *, folder: int | None = None) -> None:
    """Copy a regular file to the new file `target`, counted, and flush it. Raises PackError, OSError."""
    budget.spend(files=1)
    with opened(source, budget.bytes, folder=folder) as (file, _):
        write_new(target, iter(lambda: file.read(_BLOCK), b""), budget)


def copy_tree(source: Path, target: Path, budget: Budget, wanted: Callable[[str], bool]) -> None:
    """Copy the regular files below `source` whose relative name is `wanted`; links are passed over.

    A folder that becomes a link meanwhile is not followed, where the system can open names inside an open folder.
    """
    for place, names, folder in _walk(source):
        below = place.relative_to(source).as_posix()
        for name in sorted(names):
            relative = name if below == "." else f"{below}/{name}"
            if wanted(relative) and _is_regular(place / name, folder):
                with contextlib.suppress(FileNotFoundError):  # gone, or a link by now
                    copy_file(place / name, target / relative, budget, folder=folder)


def _walk(source: Path) -> Iterator[tuple[Path, list[str], int | None]]:
    if os.open in os.supports_dir_fd and hasattr(os, "fwalk"):
        for place, _, names, folder in os.fwalk(source):
            yield Path(place), names, folder
    else:
        for place, _, names in os.walk(source):
            yield Path(place), names, None


def _is_regular(path: Path, folder: int | None) -> bool:
    name = path if folder is None else path.name
    try:
        return stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def write_new(target: Path, blocks: Iterator[bytes], budget: Budget) -> None:
    """Write the new file `target` and flush it. Raises PackError beyond the budget, OSError."""
    make_folder(target.parent)
    with open(target, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        for block in blocks:
            budget.spend(n_bytes=len(block))
            out.write(block)
        out.flush()
        os.fsync(out.fileno())


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, for this user only. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give a new folder inside `folder` to work in; it is gone afterwards."""
    path = unused(folder, ".staging-")
    make_folder(path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def unused(folder: Path, prefix: str) -> Path:
    """Return an unused name in `folder` that tells which process works there."""
    return folder / f"{prefix}{os.getpid()}-{uuid.uuid4().hex[:12]}"


def put(new: Path, target: Path) -> None:
    """Rename the flushed folder or file `new` to `target`, which must not exist, durably. Raises OSError."""
    sync_tree(new)
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    _rename(new, target)
    sync_folder(target.parent)


def swap(new: Path, target: Path) -> None:
    """Put `new` where `target` is and remove that. Raises OSError, and then the old one is back.

    A process that dies between the two renames leaves the old one to `clean`.
    """
    if not os.path.lexists(target):
        put(new, target)
        return
    sync_tree(new)
    aside = unused(target.parent, ".replaced-")
    aside.mkdir(mode=0o700)
    sync_folder(target.parent)
    _rename(target, aside / target.name)
    try:
        _rename(new, target)
    except OSError:
        _rename(aside / target.name, target)
        raise
    sync_folder(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


def discard(target: Path) -> None:
    """Take `target` out of its folder in one step, then delete it; a link itself, not its target. Raises OSError."""
    trash = unused(target.parent, ".trash-")
    trash.mkdir(mode=0o700)
    try:
        _rename(target, trash / target.name)
        sync_folder(target.parent)
    finally:
        shutil.rmtree(trash, ignore_errors=True)


def clean(folder: Path) -> list[str]:
    """Finish or undo what a dead process left in `folder`; return the packs that came back.

    Call it at the start. Work of a living process is left alone.
    """
    back: list[str] = []
    if not folder.is_dir():
        return back
    for path in sorted(folder.iterdir()):
        prefix = next((one for one in _PREFIXES if path.name.startswith(one)), "")
        if not prefix or path.is_symlink() or not path.is_dir() or _is_alive(path, prefix):
            continue
        if prefix == ".replaced-":
            back += _restored(path)
        shutil.rmtree(path, ignore_errors=True)
    sync_folder(folder)
    return back


def _restored(aside: Path) -> list[str]:
    back = []
    for old in aside.iterdir():
        target = aside.parent / old.name
        if not os.path.lexists(target):
            _rename(old, target)
            back.append(old.name)
    return back


def _is_alive(path: Path, prefix: str) -> bool:
    import psutil

    made = path.stat().st_mtime
    pid = path.name[len(prefix) :].split("-")[0]
    if not pid.isdecimal() or "-" not in path.name[len(prefix) :]:
        return prefix != ".replaced-" and time.time() - made < _STALE_S
    try:
        # A process that began after the folder is another one with the same number.
        return psutil.Process(int(pid)).create_time() <= made + 1 and int(pid) != os.getpid()
    except (psutil.Error, OverflowError):
        return False


def _rename(old: Path, new: Path) -> None:
    pause_s = _FIRST_PAUSE_S
    for tries_left in reversed(range(_RENAME_TRIES)):
        try:
            os.rename(old, new)
            return
        except PermissionError:
            # WORKAROUND: on Windows a synchroniser or virus scanner holds the file for moments, QTBUG-57299.
            if not _IS_WINDOWS or not tries_left:
                raise
            time.sleep(pause_s)
            pause_s *= 2


def sync_tree(path: Path) -> None:
    """Make the names in a folder and below durable; the files are flushed when they are written. Raises OSError."""
    if path.is_dir():
        for folder, _, _ in os.walk(path):
            sync_folder(Path(folder))


def sync_folder(folder: Path) -> None:
    """Make names created, renamed or removed in `folder` durable; Windows does so by itself. Raises OSError."""
    if _IS_WINDOWS:
        return
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network and FUSE file systems cannot flush a folder at all.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
