"""A row with words and a button, beside the rows of settings."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.translation import Texts

Words = Callable[[], tuple[str, str, str]]


class ActionRow(QWidget):
    """`words` gives title, help and the button's verb in the window's language."""

    pressed = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._title = plain_label(wrap=True)
        self._help = plain_label(size="small", tone="muted", wrap=True)
        self.button = push_button(parent=self)
        self.button.clicked.connect(self.pressed)
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(self._title)
        text.addWidget(self._help)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 10)
        row.setSpacing(16)
        row.addLayout(text, 1)
        row.addWidget(self.button)
        Texts(self).also(self._write)
        self._write()

    @property
    def said(self) -> str:
        """The help text as it stands."""
        return self._help.text()

    def say(self, help_: str) -> None:
        """Show another help text until the language changes."""
        self._help.setText(help_)
        self._help.setVisible(bool(help_))

    def _write(self) -> None:
        title, help_, verb = self._words()
        self._title.setText(title)
        self.say(help_)
        self.button.setText(verb)
        self.button.setAccessibleName(f"{verb}: {title}")
