"""A strip that tells of something that lasts, such as a part of the program that is being restarted."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.theme import Look


class Banner(QWidget):
    """Holds one strip per `key`; `chosen` carries the key whose button was pressed."""

    chosen = Signal(str)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strips: dict[str, QFrame] = {}
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(16, 8, 16, 0)
        self._box.setSpacing(6)
        self.hide()

    def say(
        self, key: str, text: str, *, button: str = "", tone: Literal["danger", "info"] = "danger"
    ) -> None:
        """Show or replace the strip `key`."""
        self.clear(key)
        strip = QFrame(self)
        strip.setProperty("look", "banner")
        strip.setProperty("tone", tone)
        row = QHBoxLayout(strip)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(plain_label(text, wrap=True), 1)
        if button:
            pressed = push_button(parent=strip)
            pressed.setText(button)
            pressed.clicked.connect(lambda: self.chosen.emit(key))
            row.addWidget(pressed)
        strip.setAccessibleName(text)
        self._strips[key] = strip
        self._box.addWidget(strip)
        self.show()

    def clear(self, key: str) -> None:
        """Take the strip `key` away."""
        strip = self._strips.pop(key, None)
        if strip is not None:
            self._box.removeWidget(strip)
            strip.hide()
            strip.deleteLater()
        self.setVisible(bool(self._strips))

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._strips)
