"""What the memories page shows while she knows nothing yet, or nothing was found."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from companion.gui.icons import pixmap
from companion.gui.inert import plain_label, plain_name
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_ICON = 44


class EmptyMemories(QWidget):
    """An invitation to tell her something; `show_search` says that nothing was found instead."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look, self._name, self._words = look, plain_name(name), ""
        self._icon = plain_label()
        self._title = plain_label(size="lead", strong=True, wrap=True)
        self._line = plain_label(tone="muted", wrap=True)
        self._examples = plain_label(tone="muted", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(32, 24, 32, 24)
        box.setSpacing(8)
        box.addStretch(2)
        for label in (self._icon, self._title, self._line, self._examples):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            box.addWidget(label)
        box.insertSpacing(4, 8)
        box.addStretch(3)
        look.changed.connect(self._draw)
        Texts(self).also(self._write)
        self._write()

    @property
    def title(self) -> str:
        return self._title.text()

    def show_search(self, words: str) -> None:
        """Say that nothing was found for `words`; without words, invite."""
        self._words = words
        self._write()

    def _write(self) -> None:
        searched = bool(self._words)
        if searched:
            self._title.setText(tr("Nothing found for “{text}”.", text=plain_name(self._words)))
        else:
            self._title.setText(tr("{name} does not know much about you yet", name=self._name))
        self._line.setText(
            tr("Talk with her. What she remembers appears here, and you can correct whatever is wrong.")
        )
        self._examples.setText(tr("“Call me Lin.”\n“I am allergic to peanuts.”\n“On Friday I have an exam.”"))
        for label in (self._icon, self._line, self._examples):
            label.setVisible(not searched)
        self._draw()

    def _draw(self) -> None:
        size = self._look.px(_ICON)
        self._icon.setPixmap(
            pixmap("memory", self._look.tokens.accent.name(), size, self.devicePixelRatioF())
        )
