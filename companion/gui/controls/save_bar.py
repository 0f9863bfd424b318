"""The bar at the foot of an editor: what became of the changes, and the button that keeps them."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.translation import Texts, tr


class SaveBar(QFrame):
    """`others` stand before the button."""

    def __init__(self, *others: QPushButton, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "rail")
        self._state = plain_label(size="small", tone="muted", wrap=True)
        self.save = push_button("primary", self)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 10, 20, 10)
        row.setSpacing(10)
        row.addWidget(self._state, 1)
        for button in (*others, self.save):
            row.addWidget(button)
        Texts(self).also(self._write)
        self._write()

    @property
    def text(self) -> str:
        """What is said of the changes."""
        return self._state.text()

    def say(self, text: str, *, tone: str = "muted") -> None:
        """Say what became of the changes."""
        self._state.setProperty("tone", tone)
        self._state.style().polish(self._state)
        self._state.setText(text)

    def _write(self) -> None:
        self.save.setText(tr("Save"))
        self.save.setToolTip(tr("Save (Ctrl+S)"))
