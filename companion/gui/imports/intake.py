"""Take in whatever was dropped, each file on its own: what fails is told and keeps no other from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from companion.domain.character import PackReport
from companion.domain.passages import DocumentInfo
from companion.errors import CompanionError
from companion.gui.imports.routing import Kind, kind_of
from companion.gui.surface import BookInfo, Surface

if TYPE_CHECKING:
    from companion.storage.exchange import ImportReport


@dataclass(frozen=True, slots=True)
class Taken:
    """One file and what became of it: exactly one of the last five is given.

    `twin` is the id of a character that was here before under the name of the new one.
    """

    file: str
    kind: Kind
    twin: str = field(default="", kw_only=True)
    report: PackReport | None = None
    book: BookInfo | None = None
    chat: ImportReport | None = None
    document: DocumentInfo | None = None
    error: CompanionError | None = None


def are_documents(paths: Sequence[Path]) -> bool:
    """Tell whether all files are documents; call it in a task."""
    return all(kind_of(path) == "document" for path in paths)


def take_in(companion: Surface, paths: Sequence[Path], character: str) -> list[Taken]:
    """Take in files; documents and chats go to `character`. Call it in a task."""
    return [_take(companion, path, character) for path in paths]


def _take(companion: Surface, path: Path, character: str) -> Taken:
    kind = kind_of(path)
    try:
        if kind == "character":
            return _take_character(companion, path)
        if kind == "book":
            return Taken(path.name, kind, book=companion.books.install(path))
        if kind == "document" and character:
            return Taken(path.name, kind, document=companion.lore.add(character, path))
        if kind == "chat" and character:
            return Taken(path.name, kind, chat=_take_chat(companion, path, character))
    except CompanionError as error:
        return Taken(path.name, kind, error=error)
    refused = CompanionError("This kind of file cannot be taken in.", "Choose another file.", code="kind")
    return Taken(path.name, kind, error=refused)


def _take_character(companion: Surface, path: Path) -> Taken:
    present = companion.present_character(path)
    report = companion.install_character(path)
    return Taken(path.name, "character", report=report, twin=present or "")


def _take_chat(companion: Surface, path: Path, character: str) -> ImportReport:
    from companion.storage.exchange import import_chat

    return import_chat(companion.log, path, character, backups=companion.paths.backups)
