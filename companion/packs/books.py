"""The user's lorebooks: files in one folder as they came, and to whom each is attached."""

from __future__ import annotations

import json
import os
import re
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from companion.domain.character import FieldFate, Lorebook, Problem
from companion.errors import PackError, StorageError, UsageError
from companion.packs.fate import fates_of_book
from companion.packs.loose_values import Report
from companion.packs.staging import read_bounded, sync_folder, unused
from companion.packs.strict_json import MAX_BYTES, decoded, dump_exact, load_exact, load_json
from companion.packs.world_info import (
    BookForm,
    as_lorebook_v3,
    as_world_info,
    parse_book_file,
    read_book,
    settings_of,
    with_entries,
)

SUFFIXES = (".json", ".lorebook")
_ATTACHED = ".attached.json"
_SETTINGS = ("name", "description", "scan_depth", "token_budget", "recursive_scanning")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class BookInfo:
    """A lorebook as found: `form` is its dialect, `problems` what is wrong with it; a fatal one means unusable.

    `n_enabled` of its `n_entries` may fire. `characters` and `chats` are the ids it is attached to.
    """

    id: str
    name: str
    path: Path
    form: BookForm | Literal[""] = ""
    description: str = ""
    n_entries: int = 0
    n_enabled: int = 0
    problems: tuple[Problem, ...] = ()
    fields: tuple[FieldFate, ...] = ()
    characters: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()

    @property
    def error(self) -> str:
        """Why the book cannot be used, or an empty string."""
        return next((one.what for one in self.problems if one.fatal), "")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A book that counts for a character, in all its chats or, if `chat` is given, in that one."""

    book: str
    character: str
    chat: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    stamp: tuple[int, int]
    info: BookInfo
    book: Lorebook | None


class BookShelf:
    """Lorebooks in `folder`, made when it is first needed. Thread-safe; a file is read again when it changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._read: dict[str, _Read] = {}
        self._attached: tuple[tuple[int, int], tuple[Attachment, ...]] | None = None

    def books(self) -> list[BookInfo]:
        """Return every book, readable or not, by name."""
        with self._lock:
            attachments = self._attachments()
            infos = [self._look(path).info for path in self._files()]
        return sorted(
            (_with_places(info, attachments) for info in infos), key=lambda info: info.name.casefold()
        )

    def load(self, id_: str) -> Lorebook:
        """Return a book. Raises UsageError if there is none, PackError if it cannot be read."""
        with self._lock:
            read = self._look(self._path(id_))
        if read.book is None:
            raise PackError(
                f"'{id_}' cannot be used: {read.info.problems[0].what}", read.info.problems[0].hint
            )
        return read.book

    def info(self, id_: str) -> BookInfo:
        """Return what `books` tells of one. Raises UsageError if there is none."""
        with self._lock:
            return _with_places(self._look(self._path(id_)).info, self._attachments())

    def install(self, source: Path) -> BookInfo:
        """Take a copy of a lorebook file as it is. Raises PackError if it is none, StorageError."""
        raw = _guarded(source, lambda: read_bounded(source, MAX_BYTES))
        value = load_book(raw, source.name)
        parse_book_file(value, source.name)
        with self._lock:
            name = settings_of(value).get("name")
            id_ = self._new_id(name if isinstance(name, str) and name.strip() else source.stem)
            self._write(self._folder / f"{id_}.json", raw)
            return self.info(id_)

    def create(self, name: str) -> BookInfo:
        """Make an empty book. Raises StorageError."""
        with self._lock:
            id_ = self._new_id(name)
            data = {"name": name.strip(), "extensions": {}, "entries": []}
            self._write(self._folder / f"{id_}.json", dump_exact({"spec": "lorebook_v3", "data": data}))
            return self.info(id_)

    def save(self, id_: str, book: Lorebook) -> BookInfo:
        """Write what `book` changes into the file; its dialect and all else stay.

        An empty `id_` makes a new book, named after `book.name`. Raises UsageError, PackError, StorageError.
        """
        with self._lock:
            id_ = id_ or self.create(book.name).id
            path = self._path(id_)
            before = self.load(id_)
            value = self._exact(path)
            if book.entries != before.entries:
                value = with_entries(value, before.entries, book.entries)
            value = _with_settings(value, before, book)
            self._write(path, dump_exact(value["entries"] if _is_bare_list(value) else value))
            return self.info(id_)

    def export(
        self, id_: str, target: Path, *, form: Literal["lorebook_v3", "world_info"] = "lorebook_v3"
    ) -> None:
        """Write a book as `lorebook_v3` or as SillyTavern's world info; as it came, if it is that already.

        Raises UsageError, PackError, StorageError.
        """
        with self._lock:
            path = self._path(id_)
            self.load(id_)
            raw = _guarded(path, lambda: read_bounded(path, MAX_BYTES))
            if self._look(path).info.form != form:
                convert = as_lorebook_v3 if form == "lorebook_v3" else as_world_info
                raw = dump_exact(convert(load_book(raw, path.name, exact=True)))
            self._write(target, raw)

    def remove(self, id_: str) -> None:
        """Delete a book and what it is attached to. Raises UsageError if there is none, StorageError."""
        with self._lock:
            path = self._path(id_)
            self._keep([one for one in self._attachments() if one.book != id_])
            _guarded(path, path.unlink)
            self._read.pop(id_, None)

    def attach(self, book: str, character: str, /, *, chat: str = "", on: bool = True) -> None:
        """Let a book count for a character, or for one chat of it, or no longer. Raises UsageError, StorageError."""
        with self._lock:
            if on:
                self._path(book)
            wanted = Attachment(book, character, chat)
            others = [one for one in self._attachments() if one != wanted]
            self._keep([*others, wanted] if on else others)

    def attachments(self) -> tuple[Attachment, ...]:
        """Return who has which book, in the order they were attached."""
        with self._lock:
            return self._attachments()

    def attached(self, character: str, chat: str = "") -> tuple[Lorebook, ...]:
        """Return the readable books of a character and of one of its chats, in the order they were attached."""
        with self._lock:
            ids = dict.fromkeys(
                one.book
                for one in self._attachments()
                if one.character == character and one.chat in ("", chat)
            )
            found = [self._look(path).book for id_ in ids if (path := self._folder / f"{id_}.json").is_file()]
        return tuple(book for book in found if book is not None)

    def forget(self, *, character: str = "", chat: str = "") -> None:
        """Detach all books of a character, or of a chat, that is no more. Raises StorageError."""
        with self._lock:
            kept = [
                one
                for one in self._attachments()
                if not (character and one.character == character) and not (chat and one.chat == chat)
            ]
            if len(kept) < len(self._attachments()):
                self._keep(kept)

    # ---- files

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(
            path
            for path in self._folder.iterdir()
            if path.suffix.lower() == ".json" and not path.name.startswith((".", "_"))
        )

    def _path(self, id_: str) -> Path:
        path = next((one for one in self._files() if one.stem == id_), None)
        if path is None:
            names = ", ".join(one.stem for one in self._files()) or "none"
            raise UsageError(
                f"There is no lorebook '{id_}'.", f"These are here: {names}.", code="no_lorebook"
            )
        return path

    def _look(self, path: Path) -> _Read:
        try:
            status = path.stat()
        except OSError:
            return _Read((0, 0), _broken(path, "It is gone.", "Import it again."), None)
        stamp = status.st_mtime_ns, status.st_size
        known = self._read.get(path.stem)
        if known is None or known.stamp != stamp:
            known = self._read[path.stem] = _read_file(path, stamp)
        return known

    def _exact(self, path: Path) -> Any:
        raw = _guarded(path, lambda: read_bounded(path, MAX_BYTES))
        value = load_book(raw, path.name, exact=True)
        return {"entries": value} if isinstance(value, list) else value

    def _new_id(self, name: str) -> str:
        plain = unicodedata.normalize("NFC", name.strip().lower())
        base = re.sub(r"[^\w-]+", "-", plain).strip("-_")[:60] or "lorebook"
        taken = {path.stem.casefold() for path in self._files()}
        id_, n = base, 2
        while id_.casefold() in taken:
            id_, n = f"{base}-{n}", n + 1
        return id_

    def _write(self, path: Path, content: bytes) -> None:
        def write() -> None:
            if path.parent == self._folder:
                self._folder.mkdir(parents=True, exist_ok=True)
            beside = unused(path.parent, f".{path.name}.")
            try:
                with open(beside, "xb") as out:
                    out.write(content)
                    out.flush()
                    os.fsync(out.fileno())
                os.replace(beside, path)
                sync_folder(path.parent)
            finally:
                beside.unlink(missing_ok=True)

        _guarded(path, write)

    # ---- attachments

    def _attachments(self) -> tuple[Attachment, ...]:
        path = self._folder / _ATTACHED
        try:
            status = path.stat()
        except OSError:
            return ()
        stamp = status.st_mtime_ns, status.st_size
        if self._attached is None or self._attached[0] != stamp:
            self._attached = stamp, _read_attachments(path)
        return self._attached[1]

    def _keep(self, attachments: list[Attachment]) -> None:
        rows = [{"book": one.book, "character": one.character, "chat": one.chat} for one in attachments]
        content = json.dumps({"attached": rows}, ensure_ascii=False, indent=1).encode()
        self._write(self._folder / _ATTACHED, content)
        self._attached = None


def load_book(raw: bytes, where: str, *, exact: bool = False) -> Any:
    """Return the JSON of a lorebook file, an object or a list. Raises PackError."""
    read = load_exact if exact else load_json
    text = decoded(raw, where)
    if text.lstrip()[:1] == "[":
        return read(f'{{"entries":{text}}}'.encode(), where)["entries"]
    return read(raw, where)


def is_book(path: Path) -> bool:
    """Tell whether a JSON file, or one of NovelAI, looks like a lorebook rather than a character card."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    try:
        parse_book_file(load_book(read_bounded(path, MAX_BYTES), path.name), path.name)
    except (PackError, OSError):
        return False
    return True


def _read_file(path: Path, stamp: tuple[int, int]) -> _Read:
    problems: list[Problem] = []

    def report(where: str, what: str) -> None:
        problems.append(Problem(where, what))

    note: Report = report
    try:
        value = load_book(read_bounded(path, MAX_BYTES), path.name)
        form, value = parse_book_file(value, path.name)
        book = read_book(value, note, where="book", id_=path.stem, source=path.stem)
    except PackError as error:
        return _Read(stamp, _broken(path, error.what, error.hint), None)
    except OSError as error:
        return _Read(stamp, _broken(path, f"It cannot be read ({error.strerror}).", "Check the file."), None)
    book = replace(book, name=book.name or path.stem)
    info = BookInfo(
        path.stem,
        book.name,
        path,
        form,
        book.description,
        len(book.entries),
        sum(entry.enabled for entry in book.entries),
        tuple(problems),
        fates_of_book(value, problems),
    )
    return _Read(stamp, info, book)


def _broken(path: Path, what: str, hint: str) -> BookInfo:
    return BookInfo(path.stem, path.stem, path, problems=(Problem(path.name, what, hint, fatal=True),))


def _with_places(info: BookInfo, attachments: tuple[Attachment, ...]) -> BookInfo:
    own = [one for one in attachments if one.book == info.id]
    return replace(
        info,
        characters=tuple(one.character for one in own if not one.chat),
        chats=tuple(one.chat for one in own if one.chat),
    )


def _read_attachments(path: Path) -> tuple[Attachment, ...]:
    try:
        rows = load_json(read_bounded(path, MAX_BYTES), path.name).get("attached")
    except (PackError, OSError):
        return ()
    return tuple(
        Attachment(row["book"], row["character"], str(row.get("chat") or ""))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
        and isinstance(row.get("book"), str)
        and isinstance(row.get("character"), str)
    )


def _with_settings(value: Any, before: Lorebook, book: Lorebook) -> Any:
    settings = settings_of(value)
    for name in _SETTINGS:
        if getattr(book, name) != getattr(before, name) and isinstance(settings, dict):
            settings[name] = getattr(book, name)
    return value


def _is_bare_list(value: Any) -> bool:
    return isinstance(value, dict) and list(value) == ["entries"] and isinstance(value["entries"], list)


def _guarded(path: Path, act: Callable[[], _Made]) -> _Made:
    try:
        return act()
    except OSError as error:
        raise StorageError(
            f"{path.name} cannot be read or written ({error.strerror}).",
            "Check that the disk has room and the file may be read.",
            code="io",
        ) from error
