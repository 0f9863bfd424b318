"""Take a dropped file or folder into the user's characters folder: copied, checked, renamed into place."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from companion.domain.character import PackReport
from companion.errors import PackError, StorageError
from companion.packs.archive import ALLOWED
from companion.packs.library import report_on

_MAX_FILES = 1_000
_MAX_BYTES = 4_000_000_000


def install(source: Path, characters: Path, *, cache: Path) -> PackReport:
    """Copy `source` below `characters` under a free name and return it as found there.

    Only allowed file types are copied; nothing is overwritten. Raises PackError when it is no usable
    character, and then nothing was installed; StorageError when it cannot be written.
    """
    report = report_on(source, cache=cache)
    if report.character is None:
        problem = report.problems[0]
        raise PackError(f"{source.name}: {problem.what}", problem.hint)
    try:
        characters.mkdir(parents=True, exist_ok=True)
        target = _free_name(characters, source)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=characters))
        try:
            copied = staging / target.name
            _copy(source, copied)
            os.replace(copied, target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise StorageError(
            f"{source.name} could not be copied ({error.strerror}).",
            "Check that the disk has room and may be written.",
        ) from error
    found = report_on(target, cache=cache)
    return replace(
        found, problems=(*found.problems, *(one for one in report.problems if one not in found.problems))
    )


def _free_name(characters: Path, source: Path) -> Path:
    stem, suffix = (source.name, "") if source.is_dir() else (source.stem, source.suffix.lower())
    target, n = characters / f"{stem}{suffix}", 2
    while target.exists():
        target, n = characters / f"{stem}-{n}{suffix}", n + 1
    return target


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        shutil.copyfile(source, target)
        return
    n_files = n_bytes = 0
    for path in sorted(source.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.suffix.lstrip(".").lower() not in ALLOWED:
            continue
        n_files += 1
        n_bytes += path.stat().st_size
        if n_files > _MAX_FILES or n_bytes > _MAX_BYTES:
            raise PackError(
                f"{source.name} holds more than a character may.", "Remove what does not belong to it."
            )
        copied = target / path.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
