"""What a card comes in: a folder, CHARX, a JPEG that is a CHARX, PNG, JSON; opened as one and the same thing."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.domain.character import Problem
from companion.errors import PackError
from companion.packs import archive, png_chunks
from companion.packs.assets import INLINE, PICTURES, PORTRAIT, inline_files
from companion.packs.card import data_of
from companion.packs.staging import Budget, discard, opened, put, read_bounded, staging, write_new
from companion.packs.strict_json import MAX_BYTES, load_json

SUFFIXES = (".charx", ".png", ".json", ".jpg", ".jpeg")
ORIGINAL = ".original"
"""The hidden folder of an installed pack that keeps the file it came in."""
_ZIPS = (".charx", ".jpg", ".jpeg")
_MAX_PICTURE = 32_000_000
_MAX_FILES = 5_000
_UNPACKED = re.compile("[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Opened:
    """A card's bytes, the folder its assets lie in, what it came in, and what could not be taken out of that.

    `folder` need not exist when the card has no files. `portrait` is what `ccdefault:` stands for. `left_out` are
    names of a kind that packs may not hold.
    """

    raw: bytes
    folder: Path
    carrier: str
    left_out: tuple[str, ...] = ()
    portrait: Path | None = None
    problems: tuple[Problem, ...] = ()


def read(path: Path, cache: Path) -> Opened:
    """Open a card; archives and what stands inside a card are unpacked below `cache`, once per state of the file.

    Raises PackError for what is no card, OSError when it cannot be read.
    """
    if path.is_dir():
        raw = read_bounded(path / "card.json", MAX_BYTES)
        portrait = next((one for one in _pictures(path) if one.is_file() and not one.is_symlink()), None)
        return _with_inline(Opened(raw, path, "folder", _foreign_files(path), portrait), cache, path)
    suffix = path.suffix.lower()
    if suffix == ".png":
        chunks = png_chunks.read_text_chunks(path)
        found = Opened(png_chunks.card_of(chunks, path.name), _place(path, cache), "png", portrait=path)
        return _with_inline(found, cache, path, chunks)
    if suffix == ".json":
        found = Opened(read_bounded(path, MAX_BYTES), _place(path, cache), "json")
        return _with_inline(found, cache, path)
    folder = _place(path, cache)
    left_out = (archive.record_of(folder) if folder.is_dir() else archive.unpack(path, folder)).left_out
    raw = read_bounded(folder / "card.json", MAX_BYTES)
    carrier, portrait = ("charx", None) if suffix == ".charx" else ("jpeg", path)
    return _with_inline(Opened(raw, folder, carrier, left_out, portrait), cache, path)


def members_of(found: Opened) -> dict[str, Path | bytes]:
    """Return every file of the pack folder that would hold this card, `card.json` included, by its name in it."""
    members: dict[str, Path | bytes] = {"card.json": found.raw}
    for path in _files(found.folder):
        name = path.relative_to(found.folder).as_posix()
        if name != "card.json":
            members[name] = path
    portrait = found.portrait
    if portrait is not None and portrait.parent != found.folder:
        suffix = ".png" if found.carrier == "png" else ".jpg"
        members[f"{PORTRAIT}{suffix}"] = picture_of(portrait)
    return members


def picture_of(path: Path, *, alone: bool = False) -> Path | bytes:
    """Return a picture without the card or archive it carries; `alone` without Risu's assets too."""
    if path.suffix.lower() == ".png":
        png = read_bounded(path, png_chunks.MAX_FILE)
        return png_chunks.with_text_chunks(png, {}, drop_assets=alone)
    with opened(path, archive.MAX_TOTAL) as (file, size):
        if not zipfile.is_zipfile(file):
            return path
        file.seek(0)
        with zipfile.ZipFile(file) as pack:
            start = min((info.header_offset for info in pack.infolist()), default=size)
        if start > _MAX_PICTURE:
            return path
        file.seek(0)
        return file.read(start)


def carried_by(path: Path) -> tuple[Path | None, tuple[str, ...]]:
    """Return the archive a pack came in and its members of kinds that are never unpacked; None if there is none."""
    if path.is_dir():
        place = path / ORIGINAL
        kept = sorted(place.iterdir()) if place.is_dir() and not place.is_symlink() else []
        path = next((one for one in kept if one.suffix.lower() in _ZIPS), path)
    if path.suffix.lower() not in _ZIPS or not path.is_file():
        return None, ()
    try:
        return path, archive.foreign_names(path)
    except (PackError, OSError):
        return None, ()


def prune(cache: Path, packs: Iterable[Path]) -> None:
    """Remove what `read` has unpacked below `cache`, but for the present state of `packs`. Raises OSError."""
    if not cache.is_dir():
        return
    live = {_place(path, cache).name for path in packs if path.is_file()}
    for folder in sorted(cache.iterdir()):
        if _UNPACKED.fullmatch(folder.name) and folder.name not in live:
            discard(folder)


def _with_inline(found: Opened, cache: Path, path: Path, chunks: Mapping[str, bytes] | None = None) -> Opened:
    """Write the files that stand inside the card beside the others, unless they are there."""
    if b"data:" not in found.raw and b"__asset:" not in found.raw:
        return found
    target = found.folder / INLINE
    if target.is_dir() and (found.carrier == "folder" or any(target.iterdir())):
        return found
    data = _data(found.raw, path.name)
    files, problems = inline_files(data, chunks or {})
    if not files or found.carrier == "folder":
        return Opened(found.raw, found.folder, found.carrier, found.left_out, found.portrait, tuple(problems))
    found.folder.mkdir(parents=True, exist_ok=True)
    with staging(cache) as place:
        budget = Budget(path.name, archive.MAX_ENTRIES, png_chunks.MAX_ASSETS)
        for name, content in files.items():
            write_new(place / INLINE / name, iter([content]), budget)
        if not target.exists():
            put(place / INLINE, target)
    return Opened(found.raw, found.folder, found.carrier, found.left_out, found.portrait, tuple(problems))


def _data(raw: bytes, name: str) -> Mapping[str, Any]:
    return data_of(load_json(raw, name))


def _place(path: Path, cache: Path) -> Path:
    status = path.stat()
    key = f"{os.path.abspath(path)}:{status.st_size}:{status.st_mtime_ns}".encode("utf-8", "surrogateescape")
    return cache / hashlib.sha256(key).hexdigest()[:24]


def _pictures(folder: Path) -> list[Path]:
    return [folder / f"{PORTRAIT}{suffix}" for suffix in sorted(PICTURES)]


def _files(folder: Path) -> list[Path]:
    """Return the files of a pack folder that packs may hold; nothing hidden, no links."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            one for one in folders if not one.startswith(".") and not os.path.islink(os.path.join(place, one))
        )
        for name in sorted(names):
            path = Path(place, name)
            if not name.startswith(".") and _is_allowed(name) and path.is_file() and not path.is_symlink():
                found.append(path)
        if len(found) > _MAX_FILES:
            break
    return found


def _foreign_files(folder: Path) -> tuple[str, ...]:
    """Return the files in a pack folder whose kind is never opened."""
    found: list[str] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        paths = (Path(place, name) for name in sorted(names) if not name.startswith("."))
        found += [path.relative_to(folder).as_posix() for path in paths if not _is_allowed(path.name)]
        if len(found) > _MAX_FILES:
            break
    return tuple(found)


def _is_allowed(name: str) -> bool:
    return name.rpartition(".")[2].lower() in archive.ALLOWED
