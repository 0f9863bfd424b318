"""The characters that are there: found in folders, re-read when they change."""

from __future__ import annotations

import threading
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from companion.domain.character import Character, PackReport, Problem
from companion.errors import PackError, UsageError
from companion.packs import card, carriers
from companion.packs.fate import fates_of
from companion.packs.strict_json import load_json

# A picture is a pack only if an archive follows it.
_PICTURES = (".jpg", ".jpeg")
_Stamp = tuple[tuple[str, int, int], ...]


class Library:
    """Characters in `folders`; an earlier folder wins where two hold the same id. Thread-safe.

    `cache` takes what is unpacked from files; it may be deleted at any time.
    """

    def __init__(self, folders: Sequence[Path], *, bundled: Path, cache: Path) -> None:
        self._folders = (*folders, bundled)
        self._bundled, self._cache = bundled, cache
        self._lock = threading.Lock()
        self._stamp: dict[Path, _Stamp] | None = None
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

    def tidy(self) -> None:
        """Remove from the cache what was unpacked from files that are gone or have changed."""
        with self._lock:
            carriers.prune(self._cache, self._look())

    def _refresh(self) -> None:
        stamp = self._look()
        if stamp == self._stamp:
            return
        before, known = self._stamp or {}, {one.path: one for one in self._reports.values()}
        self._stamp = stamp
        self._reports = {}
        for path, state in stamp.items():
            id_ = _id_of(path)
            if id_ in self._reports:
                continue
            # Among hundreds of packs one that came or changed is read, not all of them.
            if path not in known or before.get(path) != state:
                known[path] = report_on(path, cache=self._cache, bundled=path.parent == self._bundled)
            self._reports[id_] = known[path]

    def _look(self) -> dict[Path, _Stamp]:
        return {path: _stamp_of(path) for folder in self._folders for path in _packs_in(folder)}


def report_on(path: Path, *, cache: Path, bundled: bool = False) -> PackReport:
    """Return what `path`, a folder or a file of `carriers.SUFFIXES`, holds, what is wrong and each field's fate."""
    id_ = _id_of(path)
    try:
        opened = carriers.read(path, cache)
        fields = load_json(opened.raw, path.name)
        character, problems = card.parse(fields, id_, opened.folder, portrait=opened.portrait)
    except PackError as error:
        return PackReport(id_, path, None, (Problem(path.name, error.what, error.hint, fatal=True),))
    except OSError as error:
        problem = Problem(path.name, f"It cannot be read ({error.strerror}).", "Check the file.", fatal=True)
        return PackReport(id_, path, None, (problem,))
    problems += opened.problems
    problems += [
        Problem(name, "is a kind of file that packs may not hold; it is ignored") for name in opened.left_out
    ]
    return PackReport(
        id_,
        path,
        replace(character, bundled=bundled),
        tuple(problems),
        fates_of(fields, character, problems),
        card.spec_of(fields),
        opened.carrier,
    )


def _stamp_of(path: Path) -> _Stamp:
    found = []
    for file in (path, path / "card.json"):
        try:
            status = file.stat()
        except OSError:
            continue
        found.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(found)


def _packs_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    entries = [path for path in folder.iterdir() if not path.name.startswith((".", "_"))]
    return sorted(path for path in entries if _is_pack(path))


def _is_pack(path: Path) -> bool:
    suffix = path.suffix.lower()
    if (path / "card.json").is_file():
        return True
    if suffix not in carriers.SUFFIXES or path.is_dir():
        return False
    return suffix not in _PICTURES or zipfile.is_zipfile(path)


def _id_of(path: Path) -> str:
    name = path.name if path.is_dir() else path.stem
    return unicodedata.normalize("NFC", name)[:100]
