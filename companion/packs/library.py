"""The characters that are there: found in folders, re-read when they change."""

from __future__ import annotations

import hashlib
import logging
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from companion.domain.character import Character, PackReport, Problem
from companion.errors import PackError, UsageError
from companion.packs import archive, card, png_chunks
from companion.packs.strict_json import load_json

_log = logging.getLogger(__name__)
_SUFFIXES = (".charx", ".png", ".json")
_Stamp = tuple[tuple[str, int, int], ...]


class Library:
    """Characters in `folders`; an earlier folder wins where two hold the same id. Thread-safe.

    `cache` takes what is unpacked from `.charx` files; it may be deleted at any time.
    """

    def __init__(self, folders: Sequence[Path], *, bundled: Path, cache: Path) -> None:
        self._folders = (*folders, bundled)
        self._bundled, self._cache = bundled, cache
        self._lock = threading.Lock()
        self._stamp: _Stamp | None = None
        self._reports: dict[str, PackReport] = {}

    def reports(self) -> list[PackReport]:
        """Return every pack, readable or not, in the order of their names."""
        with self._lock:
            self._refresh()
            return sorted(self._reports.values(), key=lambda one: (one.character is None, one.id))

    def get(self, id_: str) -> Character:
        """Return a character. Raises UsageError if there is none, PackError if its pack is broken."""
        with self._lock:
            self._refresh()
            report = self._reports.get(id_)
        if report is None:
            names = ", ".join(sorted(self._reports)) or "none"
            raise UsageError(
                f"There is no character '{id_}'.", f"These are installed: {names}.", code="no_character"
            )
        if report.character is None:
            fatal = next((one for one in report.problems if one.fatal), report.problems[0])
            raise PackError(f"'{id_}' cannot be used: {fatal.what}", fatal.hint)
        return report.character

    def changed(self) -> bool:
        """Look whether packs appeared, changed or vanished since the last look."""
        with self._lock:
            before = self._stamp
            self._refresh()
            return before is not None and before != self._stamp

    def _refresh(self) -> None:
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self._reports = {}
        for folder in self._folders:
            for path in _packs_in(folder):
                id_ = _id_of(path)
                if id_ not in self._reports:
                    self._reports[id_] = report_on(path, cache=self._cache, bundled=folder == self._bundled)

    def _look(self) -> _Stamp:
        found = []
        for folder in self._folders:
            for path in _packs_in(folder):
                for file in (path, path / "card.json"):
                    try:
                        status = file.stat()
                    except OSError:
                        continue
                    found.append((str(file), status.st_mtime_ns, status.st_size))
        return tuple(found)


def report_on(path: Path, *, cache: Path, bundled: bool = False) -> PackReport:
    """Return what `path`, a folder, `.charx`, `.png` or `.json`, holds and what is wrong with it."""
    id_ = _id_of(path)
    try:
        raw, folder, left_out = _open(path, cache)
        character, problems = card.parse(load_json(raw, path.name), id_, folder)
    except PackError as error:
        return PackReport(id_, path, None, (Problem(path.name, error.what, error.hint, fatal=True),))
    except OSError as error:
        problem = Problem(path.name, f"It cannot be read ({error.strerror}).", "Check the file.", fatal=True)
        return PackReport(id_, path, None, (problem,))
    problems += [
        Problem(name, "is a kind of file that packs may not hold; it is ignored") for name in left_out
    ]
    if path.suffix.lower() == ".png" and character.face.portrait is None:
        character = replace(character, face=replace(character.face, portrait=path))
    return PackReport(id_, path, replace(character, bundled=bundled), tuple(problems))


def _open(path: Path, cache: Path) -> tuple[bytes, Path, list[str]]:
    """Return the card's bytes, the folder its assets lie in, and the names of files left out."""
    if path.is_dir():
        return (path / "card.json").read_bytes(), path, _foreign_files(path)
    if path.suffix.lower() == ".png":
        return png_chunks.read_card(path), path.parent, []
    if path.suffix.lower() == ".json":
        return path.read_bytes(), path.parent, []
    status = path.stat()
    key = hashlib.sha256(f"{path}:{status.st_size}:{status.st_mtime_ns}".encode()).hexdigest()[:24]
    folder = cache / key
    unpacked = archive.record_of(folder) if folder.is_dir() else archive.unpack(path, folder)
    return (folder / "card.json").read_bytes(), folder, list(unpacked.left_out)


def _packs_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    entries = [path for path in folder.iterdir() if not path.name.startswith((".", "_"))]
    packs = [path for path in entries if (path / "card.json").is_file() or path.suffix.lower() in _SUFFIXES]
    return sorted(packs)


def _id_of(path: Path) -> str:
    name = path.name if path.is_dir() else path.stem
    return unicodedata.normalize("NFC", name)[:100]


def _foreign_files(folder: Path) -> list[str]:
    """Return the files in a pack folder whose kind is never opened."""
    files = (
        path for path in list(folder.rglob("*"))[:5_000] if path.is_file() and not path.name.startswith(".")
    )
    return [
        str(path.relative_to(folder))
        for path in files
        if path.suffix.lstrip(".").lower() not in archive.ALLOWED
    ]
