"""Large files: located in packages, joined with a checksum, remembered as verified."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import psutil

from companion.errors import Cancelled, StorageError
from companion.ports import Cancel

_BUFFER_BYTES: Final = 4 << 20
_SPARE_BYTES: Final = 300_000_000
_RECORD: Final = ".verified.json"


@dataclass(frozen=True, slots=True)
class Part:
    """A file of an installed package; `path` is relative to where packages are installed, with slashes."""

    distribution: str
    path: str


def locate(part: Part) -> Path | None:
    """Return where `part` lies, without importing its package, or None."""
    try:
        path = Path(str(importlib.metadata.distribution(part.distribution).locate_file(part.path)))
        if path.is_file():
            return path
    except importlib.metadata.PackageNotFoundError:
        pass
    # A frozen program keeps the files but not every package's metadata.
    top, *rest = PurePosixPath(part.path).parts
    spec = importlib.util.find_spec(top)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, *rest)
        if path.is_file():
            return path
    return None


def require_space(folder: Path, n_bytes: int, label: str) -> None:
    """Raise StorageError, code `disk`, unless `n_bytes` and 300 MB more are free where `folder` lies."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < n_bytes + _SPARE_BYTES:
        raise StorageError(
            f"{label} needs {(n_bytes + _SPARE_BYTES) / 1e9:.1f} GB of disk space in the models folder, "
            f"and only {free / 1e9:.1f} GB are free.",
            "Make room on that disk, or start with --home on another one.",
            code="disk",
        )


def assemble(
    parts: Sequence[Path],
    target: Path,
    sha256: str,
    progress: Callable[[int, int], None] | None = None,
    cancel: Cancel | None = None,
) -> bool:
    """Make `target` of `parts` and return True, or return False if the checksum is another one.

    A single part is linked where the file system allows it. `target` appears only when it is complete and
    on disk. Raises Cancelled, StorageError.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    total = sum(part.stat().st_size for part in parts)
    try:
        if len(parts) == 1 and _linked(parts[0], temporary):
            digest = sha256_of(temporary)
            if progress:
                progress(total, total)
        else:
            digest = _joined(parts, temporary, total, progress, cancel)
        if digest != sha256:
            return False
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise StorageError(
            f"{target.name} cannot be written into the models folder: {error.strerror}.",
            "Check the free space and the rights of that folder.",
            code="disk",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return True


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_stale(folder: Path) -> None:
    """Delete unfinished files that processes left behind which no longer run."""
    for file in folder.glob(".*.tmp"):
        pid = file.suffixes[-2].lstrip(".") if len(file.suffixes) > 1 else ""
        if pid.isdigit() and (int(pid) == os.getpid() or not psutil.pid_exists(int(pid))):
            with contextlib.suppress(OSError):
                file.unlink()


class Verified:
    """Which files of a models folder had the right checksum, at which size and time of change."""

    def __init__(self, folder: Path, entries: dict[str, list[object]]) -> None:
        self._folder = folder
        self._entries = entries

    @classmethod
    def read(cls, folder: Path) -> Verified:
        """Return the record of `folder`; an unreadable one counts as empty: files are then read again."""
        try:
            entries = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            entries = {}
        return cls(folder, entries if isinstance(entries, dict) else {})

    def holds(self, path: Path, n_bytes: int, sha256: str) -> bool:
        """Tell whether `path` is unchanged since it was found to have `sha256`."""
        try:
            stat = path.stat()
        except OSError:
            return False
        return stat.st_size == n_bytes and self._entries.get(self._key(path)) == [
            stat.st_size,
            stat.st_mtime_ns,
            sha256,
        ]

    def record(self, path: Path, sha256: str) -> None:
        """Remember that `path` as it is now has `sha256`; without effect in a folder that is read-only."""
        stat = path.stat()
        self._entries[self._key(path)] = [stat.st_size, stat.st_mtime_ns, sha256]
        temporary = self._folder / f"{_RECORD}.{os.getpid()}.tmp"
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(self._entries, indent=1), encoding="utf-8")
            os.replace(temporary, self._folder / _RECORD)

    def _key(self, path: Path) -> str:
        inside = path.is_relative_to(self._folder)
        return (path.relative_to(self._folder) if inside else path).as_posix()


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:
        return False
    return True


def _joined(
    parts: Sequence[Path],
    target: Path,
    total: int,
    progress: Callable[[int, int], None] | None,
    cancel: Cancel | None,
) -> str:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    done = 0
    with target.open("wb", buffering=0) as output:
        for part in parts:
            with part.open("rb", buffering=0) as source:
                while n_read := source.readinto(buffer):
                    if cancel is not None and cancel.requested:
                        raise Cancelled
                    digest.update(buffer[:n_read])
                    _write_all(output.fileno(), buffer[:n_read])
                    done += n_read
                    if progress:
                        progress(done, total)
        os.fsync(output.fileno())
    return digest.hexdigest()


def _write_all(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
