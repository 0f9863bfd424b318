"""Files in and out of the window: whatever is added, chats that are saved and opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from companion.domain import commands as do
from companion.errors import CompanionError
from companion.gui.chat.panel import ChatPanel
from companion.gui.director import Director
from companion.gui.imports.intake import Taken, are_documents, take_in
from companion.gui.imports.routing import may_be_taken
from companion.gui.inert import plain_name
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.translation import tr

if TYPE_CHECKING:
    from companion.storage.exchange import ImportReport


class Files(QObject):
    """Asks for files and does the work in tasks.

    `taken` carries what became of added files, `documents_wanted` the paths of documents for the open character.
    """

    taken = Signal(object)
    documents_wanted = Signal(object)

    def __init__(
        self, companion: Surface, director: Director, panel: ChatPanel, tasks: Tasks, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._companion, self._director, self._panel, self._tasks = companion, director, panel, tasks
        self._parent = parent

    # ---- asking

    def choose_characters(self) -> None:
        """Ask for character files; lorebooks among them are welcome."""
        dialog = self._dialog(
            tr("Add a character"),
            [tr("Characters and lorebooks (*.charx *.png *.jpg *.jpeg *.json *.lorebook)")],
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self.take)
        dialog.open()

    def choose_import(self) -> None:
        """Ask for a chat file."""
        dialog = self._dialog(tr("Open a chat file"), [tr("Chats (*.jsonl *.json *.md)")])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.import_chat)
        dialog.open()

    def choose_export(self, chat: str) -> None:
        """Ask where a chat is to be saved."""
        filters = [tr("Chat with all versions (*.jsonl)"), tr("Text (*.md)")]
        dialog = self._dialog(tr("Save the chat"), filters)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("jsonl")
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix("md" if ".md" in chosen else "jsonl")
        )
        dialog.fileSelected.connect(lambda path: self.export_chat(chat, path))
        dialog.open()

    # ---- doing

    def take(self, paths: Sequence[str]) -> None:
        """Take in whatever these files are; documents alone go to the page of her world."""
        found = [Path(path) for path in paths]
        if self._director.character is not None:
            self._tasks.run(lambda: are_documents(found), lambda documents: self._route(found, documents))
        else:
            self._route(found, False)

    def _route(self, paths: Sequence[Path], documents: bool) -> None:
        if documents:
            self.documents_wanted.emit([str(path) for path in paths])
            return
        present = self._director.character
        character, companion = present.id if present is not None else "", self._companion
        self._tasks.run(lambda: take_in(companion, paths, character), self._taken, self._failed)

    def export_chat(self, chat: str, path: str) -> None:
        """Write a chat to a file: Markdown if it ends in .md, else JSONL with all versions."""
        from companion.storage.exchange import export_chat

        names = self._panel.model.names
        log = self._companion.log

        def done(n: int) -> None:
            self._panel.say_done(tr("Saved: {name}, {n} messages", name=plain_name(Path(path).name), n=n))

        self._tasks.run(
            lambda: export_chat(log, chat, Path(path), user_name=names[1], character_name=names[0]),
            done,
            self._failed,
        )

    def import_chat(self, path: str) -> None:
        """Add the chat in a file to the chats of the open character, and open it."""
        from companion.storage.exchange import import_chat

        character, log = self._director.character, self._companion.log
        if character is not None:
            backups = self._companion.paths.backups
            self._tasks.run(
                lambda: import_chat(log, Path(path), character.id, backups=backups),
                self._imported,
                self._failed,
            )

    def _taken(self, taken: Sequence[Taken]) -> None:
        self._director.refresh()
        # One that may yet stand in for another is not opened: that would begin a chat of its own.
        reports = [
            one.report
            for one in taken
            if one.report is not None and one.report.character is not None and not one.twin
        ]
        if reports:
            self._companion.post(do.OpenCharacter(reports[-1].id))
        if len(taken) == 1 and taken[0].chat is not None:
            self._imported(taken[0].chat)
        else:
            self.taken.emit(list(taken))

    def _imported(self, report: ImportReport) -> None:
        self._companion.post(do.OpenCharacter(report.chat.character, report.chat.chat))
        if report.problems:
            self._panel.say_done(" ".join(report.problems[:5]))

    def _failed(self, error: CompanionError) -> None:
        self._panel.show_notice(error.what, error.hint, error.code)

    def _dialog(self, title: str, filters: list[str]) -> QFileDialog:
        dialog = QFileDialog(self._parent, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters(filters)
        return dialog


def files_in(event: QDropEvent) -> list[str]:
    """Return the dropped files and folders that can be taken in."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [str(path) for path in paths if may_be_taken(path)]
