"""A page of parts: their names at the side, one part shown; the parts scroll."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from companion.gui.theme import Look
from companion.gui.translation import Texts

_COLUMN = 760


class Sections(QWidget):
    """`shown` carries the key of the part that is shown. Titles are asked for again when the language changes."""

    shown = Signal(str)

    def __init__(self, look: Look, *, width: int = 176, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._width = look, width
        self._titles: list[Callable[[], str]] = []
        self._keys: list[str] = []
        self.names = QListWidget()
        self.names.setProperty("look", "sections")
        self.names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.names.setUniformItemSizes(True)
        self.stack = QStackedWidget()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        rail = QFrame()
        rail.setProperty("look", "rail")
        inside = QVBoxLayout(rail)
        inside.setContentsMargins(8, 12, 8, 12)
        inside.addWidget(self.names)
        row.addWidget(rail)
        row.addWidget(self.stack, 1)
        self._rail = rail
        self.names.currentRowChanged.connect(self._show)
        look.changed.connect(self._resize)
        Texts(self).also(self.write)
        self.setFocusProxy(self.names)
        self._resize()

    def add(self, key: str, title: Callable[[], str], content: QWidget) -> None:
        """Add a part; a plain widget is given a scrolled column of readable width."""
        self._keys.append(key)
        self._titles.append(title)
        self.names.addItem(title())
        self.stack.addWidget(content if isinstance(content, QScrollArea) else in_column(content))
        self._resize()
        if len(self._keys) == 1:
            self.names.setCurrentRow(0)

    def show_part(self, key: str) -> None:
        """Show the part `key`; unknown and hidden ones do nothing."""
        if key in self._keys and not self.names.item(self._keys.index(key)).isHidden():
            self.names.setCurrentRow(self._keys.index(key))

    @property
    def current(self) -> str:
        row = self.names.currentRow()
        return self._keys[row] if row >= 0 else ""

    def set_part_visible(self, key: str, *, visible: bool) -> None:
        """Offer or withhold the part `key`."""
        row = self._keys.index(key)
        self.names.item(row).setHidden(not visible)
        if not visible and self.names.currentRow() == row:
            self.names.setCurrentRow(0)

    def write(self) -> None:
        """Take up the titles anew."""
        for row, title in enumerate(self._titles):
            self.names.item(row).setText(title())

    def _show(self, row: int) -> None:
        if row >= 0:
            self.stack.setCurrentIndex(row)
            self.shown.emit(self._keys[row])

    def _resize(self) -> None:
        self._rail.setFixedWidth(
            self._look.px(self._width) if self._look.zoom <= 130 else round(self._width * 1.3)
        )
        for row in range(self.names.count()):
            self.names.item(row).setSizeHint(QSize(0, self._look.px(40)))


def in_column(content: QWidget) -> QScrollArea:
    """Return `content` in a scrolled column of at most 760 pixels, in the middle."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    outer = QWidget()
    row = QHBoxLayout(outer)
    row.setContentsMargins(24, 20, 24, 28)
    content.setMaximumWidth(_COLUMN)
    row.addStretch(1)
    row.addWidget(content, 100)
    row.addStretch(1)
    area.setWidget(outer)
    return area
