"""What stands where a list will be: a picture, a title, a line, and what one could do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from companion.gui.icons import pixmap
from companion.gui.inert import plain_label
from companion.gui.theme import Look

_ICON = 44


class Invitation(QWidget):
    """`show_words` says it; parts without words are not shown."""

    def __init__(self, look: Look, icon: str) -> None:
        super().__init__()
        self._look, self._name = look, icon
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
        self._draw()

    @property
    def title(self) -> str:
        return self._title.text()

    def show_words(self, title: str, line: str = "", examples: str = "") -> None:
        """Show these; a title alone stands without the picture."""
        self._icon.setVisible(bool(line))
        for label, text in ((self._title, title), (self._line, line), (self._examples, examples)):
            label.setText(text)
            label.setVisible(bool(text))

    def _draw(self) -> None:
        size = self._look.px(_ICON)
        self._icon.setPixmap(
            pixmap(self._name, self._look.tokens.accent.name(), size, self.devicePixelRatioF())
        )
