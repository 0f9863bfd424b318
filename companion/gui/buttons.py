"""Buttons in one manner: a verb or an icon, an accessible name, the colour of the theme."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from companion.gui.icons import icon
from companion.gui.theme import Look
from companion.gui.translation import Texts


class IconButton(QToolButton):
    """A button with an icon; its text is the tooltip and the accessible name."""

    def __init__(
        self, look: Look, name: str, *, size: int = 20, tone: str = "muted", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._name, self._size, self._tone = look, name, size, tone
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        look.changed.connect(self._redraw)
        self._redraw()

    def set_icon(self, name: str, tone: str | None = None) -> None:
        """Show another icon, in the colour of token `tone`."""
        if (name, tone or self._tone) != (self._name, self._tone):
            self._name, self._tone = name, tone or self._tone
            self._redraw()

    def say(self, text: str) -> None:
        """Set tooltip and accessible name."""
        self.setToolTip(text)
        self.setAccessibleName(text)

    def _redraw(self) -> None:
        size = self._look.px(self._size)
        self.setIconSize(QSize(size, size))
        self.setIcon(icon(self._name, getattr(self._look.tokens, self._tone), size=size))


def icon_button(
    texts: Texts, look: Look, name: str, text: str, *, size: int = 20, tone: str = "muted"
) -> IconButton:
    """Return an icon button whose words `text` follow the language; `text` must be a source string."""
    button = IconButton(look, name, size=size, tone=tone)
    texts.put(button.say, text)
    return button


def push_button(look_name: str = "", parent: QWidget | None = None) -> QPushButton:
    """Return a button in the manner `look_name`: primary, danger, link, suggestion, or plain."""
    button = QPushButton(parent)
    if look_name:
        button.setProperty("look", look_name)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setAutoDefault(False)
    return button
