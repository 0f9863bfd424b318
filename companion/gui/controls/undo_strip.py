"""A strip that tells what was just done and takes it back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from companion.gui.buttons import icon_button, push_button
from companion.gui.inert import plain_label
from companion.gui.theme import Look
from companion.gui.translation import Texts


class UndoStrip(QFrame):
    """Hidden until `offer`; what is offered last counts."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "strip")
        self._call: Callable[[], None] = self.hide
        self._said = plain_label(wrap=True)
        texts = Texts(self)
        self.back = push_button("link", self)
        texts.put(self.back.setText, "Undo")
        close = icon_button(texts, look, "close", "Dismiss", size=16)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 2, 6, 2)
        row.addWidget(self._said, 1)
        row.addWidget(self.back)
        row.addWidget(close)
        self.back.clicked.connect(self._undo)
        close.clicked.connect(self.hide)
        self.hide()

    @property
    def said(self) -> str:
        """What is offered to be taken back."""
        return self._said.text()

    def offer(self, said: str, call: Callable[[], None]) -> None:
        """Show `said`; `call` takes it back."""
        self._said.setText(said)
        self.setAccessibleName(said)
        self.back.setAccessibleDescription(said)
        self._call = call
        self.show()

    def _undo(self) -> None:
        self.hide()
        self._call()
