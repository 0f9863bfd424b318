"""A strip that tells what was taken away, with a way back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.translation import Texts


class UndoStrip(QFrame):
    undone = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "strip")
        self._text = plain_label(wrap=True)
        self.button = push_button("link", self)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 2, 6, 2)
        row.addWidget(self._text, 1)
        row.addWidget(self.button)
        self.button.clicked.connect(self._undo)
        Texts(self).put(self.button.setText, "Undo")
        self.hide()

    def offer(self, text: str) -> None:
        """Show what was done."""
        self._text.setText(text)
        self.setAccessibleName(text)
        self.show()

    def _undo(self) -> None:
        self.hide()
        self.undone.emit()
