"""What lists of values share whose rows are painted: the model, and the ground below a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from companion.gui.theme import Look

ValueRole: Final = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
T = TypeVar("T")


class ValueModel(QAbstractListModel, Generic[T]):
    """A list of values; `words` is what a screen reader says of one."""

    def __init__(self, words: Callable[[T], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self._values: list[T] = []

    def show(self, values: Sequence[T]) -> None:
        self.beginResetModel()
        self._values = list(values)
        self.endResetModel()

    def value(self, row: int) -> T:
        return self._values[row]

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._values)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == ValueRole:
            return self._values[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._words(self._values[index.row()])
        return None


def paint_ground(painter: QPainter, option: QStyleOptionViewItem, look: Look, rect: QRectF) -> None:
    """Show where the pointer is by a ground, and where the keyboard is by a frame."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    focused = option.state & QStyle.StateFlag.State_HasFocus
    hovered = option.state & QStyle.StateFlag.State_MouseOver
    painter.setPen(QPen(look.tokens.accent, 2) if focused else Qt.PenStyle.NoPen)
    painter.setBrush(look.tokens.hover if hovered else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect, look.px(8), look.px(8))


def paint_line(painter: QPainter, text: str, font: QFont, colour: QColor, rect: QRectF) -> float:
    """Write `text` on one line, cut with an ellipsis where it is too long; return how wide it is."""
    metrics = QFontMetricsF(font)
    said = metrics.elidedText(text.replace("\n", " "), Qt.TextElideMode.ElideRight, rect.width())
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, said)
    return metrics.horizontalAdvance(said)
