"""Paints the rows of the memories page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QSize, Qt
from PySide6.QtGui import QAbstractTextDocumentLayout, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from companion.gui.icons import pixmap
from companion.gui.memories.layout import Part
from companion.gui.memories.model import Row, RowRole
from companion.gui.theme import RADIUS, Look

if TYPE_CHECKING:
    from companion.gui.memories.view import MemoryList

_Index = QModelIndex | QPersistentModelIndex


class MemoryDelegate(QStyledItemDelegate):
    """Paints a row from its layout; `hot` is the row under the pointer."""

    def __init__(self, look: Look, view: MemoryList) -> None:
        super().__init__(view)
        self._look, self._view = look, view
        self.hot = -1

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        row: Row = index.data(RowRole)
        if row.card is not None and self._view.inline.is_at(row.card.memory.memory):
            return QSize(100, round(self._view.inline.height()))
        return QSize(100, round(self._view.height_of(row)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row: Row = index.data(RowRole)
        if row.card is not None and self._view.inline.is_at(row.card.memory.memory):
            return
        layout, tokens = self._view.layout_of(row), self._look.tokens
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QPointF(option.rect.topLeft()))
        if not layout.frame.isEmpty():
            painter.setPen(QPen(tokens.accent, 2) if focused else QPen(tokens.outline, 1))
            painter.setBrush(tokens.raised if row.group != "forgotten" else Qt.BrushStyle.NoBrush)
            radius = self._look.px(RADIUS)
            painter.drawRoundedRect(layout.frame.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        for document, at in layout.texts:
            painter.save()
            painter.translate(at)
            document.documentLayout().draw(painter, QAbstractTextDocumentLayout.PaintContext())
            painter.restore()
        for part in layout.parts:
            near = focused or index.row() in (self.hot, self._view.currentIndex().row())
            if near or not part.quiet:
                self._paint_part(painter, part, row, near=near)
        painter.restore()

    def _paint_part(self, painter: QPainter, part: Part, row: Row, *, near: bool) -> None:
        tokens, rect = self._look.tokens, part.rect
        leads = part.target in ("where", "earlier", "fold") and near
        colour = tokens.accent if leads else getattr(tokens, part.tone)
        if part.icon:
            size = self._look.px(18)
            ratio = self._view.devicePixelRatioF()
            x = rect.left() if part.text else rect.center().x() - size / 2
            picture = pixmap(part.icon, colour.name(), size, ratio)
            painter.drawPixmap(QPointF(x, rect.center().y() - size / 2), picture)
        if part.text:
            is_title = row.card is None and part.tone == "text"
            font = self._look.font(
                "lead" if is_title else "small",
                weight=QFont.Weight.DemiBold if is_title else QFont.Weight.Normal,
            )
            painter.setFont(font)
            painter.setPen(colour)
            shift = self._look.px(22) if part.icon else 0
            painter.drawText(
                rect.adjusted(shift, 0, self._look.px(20), 0), Qt.AlignmentFlag.AlignVCenter, part.text
            )
