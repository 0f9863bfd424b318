"""CHARX: a ZIP with `card.json` at its root; unpacked through counters into a folder of ours."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from companion.errors import PackError

ALLOWED = frozenset({"png", "jpg", "jpeg", "webp", "json", "txt", "md", "gguf", "onnx", "wav", "ogg", "flac"})
_MAX_ENTRIES = 1_000
_MAX_TOTAL = 4_000_000_000
_MAX_RATIO = 100
_SMALL = 1_000_000
_BLOCK = 1 << 20


def unpack(archive: Path, target: Path) -> list[str]:
    """Unpack `archive` to the new folder `target`, whole or not at all; return names that were left out.

    Only the file types of `ALLOWED` are written. Raises PackError for odd names, links, encryption, bombs.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=target.parent))
    try:
        ignored = _extract(archive, staging)
        os.replace(staging, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise PackError(
            f"{archive.name} cannot be unpacked: {error}", "Download or copy it again."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return ignored


def _extract(archive: Path, staging: Path) -> list[str]:
    ignored, total = [], 0
    with zipfile.ZipFile(archive) as pack:
        entries = pack.infolist()
        if len(entries) > _MAX_ENTRIES:
            raise PackError(f"{archive.name} holds {len(entries):,} files; {_MAX_ENTRIES:,} are allowed.")
        if "card.json" not in pack.namelist():
            raise PackError(f"{archive.name} has no card.json.", "It is not a character pack.")
        seen: set[str] = set()
        for entry in entries:
            if entry.is_dir():
                continue
            path = _safe(entry, archive.name, seen)
            if path.suffix.lstrip(".").lower() not in ALLOWED:
                ignored.append(entry.filename)
                continue
            total += _copy(pack, entry, staging / path, total)
    return ignored


def _safe(entry: zipfile.ZipInfo, archive: str, seen: set[str]) -> PurePosixPath:
    name = entry.filename
    path = PurePosixPath(name)
    odd = (
        path.is_absolute()
        or any(part in ("..", ".") or part.endswith((" ", ".")) or ":" in part for part in path.parts)
        or any(ord(char) < 32 for char in name)
        or "\\" in name
        or len(name.encode()) > 400
    )
    mode = entry.external_attr >> 16
    if odd or (mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode)) or entry.flag_bits & 1:
        raise PackError(
            f"{archive} holds an unsafe file name or link: {name[:80]!r}.", "It was refused whole."
        )
    if name.casefold() in seen:
        raise PackError(f"{archive} holds {name[:80]!r} twice.", "It was refused whole.")
    seen.add(name.casefold())
    return path


def _copy(pack: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, before: int) -> int:
    limit = max(_SMALL, entry.compress_size * _MAX_RATIO)
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with pack.open(entry) as source, open(target, "xb") as out:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > limit or before + written > _MAX_TOTAL:
                raise PackError(
                    f"{entry.filename[:80]!r} unpacks to far more than its size.", "It was refused whole."
                )
            out.write(block)
    return written
