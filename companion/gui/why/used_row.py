"""One thing that took part in a reply: what it is, why, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.controls.switch import Switch
from companion.gui.inert import plain_label, plain_name, tame
from companion.gui.theme import Look
from companion.gui.translation import Texts

_LONGEST = 320
Words = Callable[[], str]


class UsedRow(QWidget):
    """A title, `below` in words, an excerpt, links, and a switch where `switched` tells whether it is on.

    `toggled` is the user's wish; `note` tells what became of it.
    """

    toggled = Signal(bool)

    def __init__(
        self, look: Look, title: str, below: Words, *, excerpt: str = "", switched: bool | None = None
    ) -> None:
        super().__init__()
        self.title = plain_name(title, 200)
        self._below_words, self._note_words = below, _nothing
        self._heading = plain_label(self.title, wrap=True)
        self._below = plain_label(size="small", tone="muted", wrap=True)
        self._excerpt = plain_label(tame(excerpt, _LONGEST), size="small", wrap=True)
        self._excerpt.setVisible(bool(excerpt))
        self._note = plain_label(size="small", tone="accent", wrap=True)
        self.switch = Switch(look)
        self.switch.setVisible(switched is not None)
        self.switch.setChecked(switched is not False)
        self._links = QHBoxLayout()
        self._links.setSpacing(4)
        self._linked: list[tuple[QPushButton, Words]] = []
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (self._heading, self._below, self._excerpt, self._note):
            words.addWidget(label)
        words.addLayout(self._links)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 8)
        row.setSpacing(10)
        row.addLayout(words, 1)
        row.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignTop)
        self.switch.clicked.connect(self.toggled)
        Texts(self).also(self._write)
        self._write()

    @property
    def said(self) -> str:
        """What stands below the title."""
        return self._below.text()

    @property
    def note(self) -> str:
        return self._note.text()

    @property
    def links(self) -> list[QPushButton]:
        return [link for link, _ in self._linked]

    def add_link(self, words: Words, call: Callable[[], object]) -> QPushButton:
        """Add a link called `words`."""
        link = push_button("link", self)
        link.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        link.setText(words())
        self._linked.append((link, words))
        link.setAccessibleDescription(self.title)
        link.clicked.connect(lambda _=False: call())
        if self._links.count():
            self._links.insertWidget(self._links.count() - 1, link)
        else:
            self._links.addWidget(link)
            self._links.addStretch(1)
        return link

    def rename_link(self, link: QWidget, words: Words) -> None:
        """Call a link `words` from now on."""
        self._linked = [(one, words if one is link else said) for one, said in self._linked]
        self._write()

    def tell(self, words: Words) -> None:
        """Show what became of it, in words that follow the language."""
        self._note_words = words
        self._write()

    def _write(self) -> None:
        self._below.setText(self._below_words())
        self._below.setVisible(bool(self._below.text()))
        self._note.setText(self._note_words())
        self._note.setVisible(bool(self._note.text()))
        self.switch.setAccessibleName(self.title)
        for link, words in self._linked:
            link.setText(words())


def _nothing() -> str:
    return ""
