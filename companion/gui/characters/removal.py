"""The question before a character is deleted, and the deletion."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from companion.domain.character import PackReport
from companion.errors import CompanionError
from companion.gui.buttons import push_button
from companion.gui.inert import plain_label, plain_name
from companion.gui.notices import notice_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.translation import Texts, tr


class Removal(QFrame):
    """A strip with two answers; `removed` tells that the pack is gone."""

    removed = Signal()

    def __init__(self, companion: Surface, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._companion, self._tasks = companion, tasks
        self._report: PackReport | None = None
        self._problem = ""
        self.setProperty("look", "banner")
        self._text = plain_label(wrap=True)
        self.delete, self.keep = push_button("danger", self), push_button(parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 10, 8)
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        row.addWidget(self.keep)
        row.addWidget(self.delete)
        self.keep.clicked.connect(self.hide)
        self.delete.clicked.connect(self._delete)
        Texts(self).also(self._write)
        self._write()
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def ask(self, report: PackReport) -> None:
        """Ask about a pack, the safe answer in focus."""
        self._report, self._problem = report, ""
        self._write()
        self.show()
        self.keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def _delete(self) -> None:
        if self._report is not None:
            companion, id_ = self._companion, self._report.id
            self.delete.setEnabled(False)
            self._tasks.run(lambda: companion.remove_character(id_), self._on_removed, self._on_failed)

    def _on_removed(self, _: None) -> None:
        self.delete.setEnabled(True)
        self.hide()
        self.removed.emit()

    def _on_failed(self, error: CompanionError) -> None:
        self.delete.setEnabled(True)
        said = notice_text(error.what, error.hint, error.code)
        self._problem = said.whole
        self._write()

    def _write(self) -> None:
        name = ""
        if self._report is not None:
            character = self._report.character
            name = plain_name(character.shown_name if character is not None else self._report.id, 40)
        asked = tr(
            "Delete {name} with her documents? This cannot be undone. Your chats with her stay.", name=name
        )
        self._text.setText(self._problem or asked)
        self.delete.setText(tr("Delete"))
        self.keep.setText(tr("Keep"))
