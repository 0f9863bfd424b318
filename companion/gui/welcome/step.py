"""What every step has: a title, a line below it, and room."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from companion.gui.inert import plain_label
from companion.gui.translation import Texts

Words = Callable[[], tuple[str, str]]


class StepHead(QWidget):
    """`words` gives title and line in the window's language."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._title = plain_label(size="display", wrap=True)
        self._line = plain_label(tone="muted", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addWidget(self._title)
        box.addWidget(self._line)
        Texts(self).also(self.write)
        self.write()

    def write(self) -> None:
        """Take up the words anew."""
        title, line = self._words()
        self._title.setText(title)
        self._line.setText(line)


def step_box(step: QWidget, words: Words) -> QVBoxLayout:
    """Give `step` its head and return the column below it."""
    box = QVBoxLayout(step)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(14)
    box.addWidget(StepHead(words))
    box.addSpacing(6)
    return box
