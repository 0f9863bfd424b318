"""Paints the rows of the conversation from their layouts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAbstractTextDocumentLayout, QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from companion.gui.chat.entries import Entry, EntryRole
from companion.gui.chat.rows import Line, RowLayout
from companion.gui.icons import pixmap
from companion.gui.theme import RADIUS, Look

_DOT_S: Final = 1.2
_Index = QModelIndex | QPersistentModelIndex
LayoutOf = Callable[[Entry], RowLayout]


class BubbleDelegate(QStyledItemDelegate):
    """`layout_of` gives a row's layout, `seconds` the time that moves the dots."""

    def __init__(self, look: Look, layout_of: LayoutOf, parent: QObject) -> None:
        super().__init__(parent)
        self._look, self._layout_of = look, layout_of
        self.seconds = 0.0
        self.flashed = 0
        """The key of a row that is pointed out, as after a search."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        row = self._layout_of(index.data(EntryRole))
        return QSize(math.ceil(row.width), math.ceil(row.height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        entry: Entry = index.data(EntryRole)
        row = self._layout_of(entry)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QPointF(option.rect.topLeft()))
        if row.chip is not None:
            self._paint_chip(painter, row.chip)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        self._paint_bubble(painter, entry, row, focused=focused or entry.key == self.flashed)
        if entry.kind == "waiting":
            self._paint_dots(painter, row.bubble)
        for document, at in row.texts:
            painter.save()
            painter.translate(at)
            context = QAbstractTextDocumentLayout.PaintContext()
            context.palette.setColor(context.palette.ColorRole.Text, self._look.tokens.text)
            document.documentLayout().draw(painter, context)
            painter.restore()
        for line in row.lines:
            self._paint_line(painter, line)
        painter.restore()

    def _paint_bubble(self, painter: QPainter, entry: Entry, row: RowLayout, *, focused: bool) -> None:
        tokens = self._look.tokens
        fill = tokens.tint if entry.mine else tokens.raised
        edge = tokens.tint if entry.mine else tokens.outline
        if entry.kind == "partial":
            fill, edge = tokens.surface, tokens.listening
        pen = QPen(tokens.accent, 2) if focused else QPen(edge, 1)
        if entry.kind == "partial":
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(fill)
        painter.drawPath(_bubble_path(row.bubble, self._look.px(RADIUS), entry))

    def _paint_chip(self, painter: QPainter, chip: Line) -> None:
        tokens = self._look.tokens
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.sunken)
        half = chip.rect.height() / 2
        painter.drawRoundedRect(chip.rect, half, half)
        painter.setPen(tokens.muted)
        painter.setFont(self._look.font("small"))
        painter.drawText(chip.rect, Qt.AlignmentFlag.AlignCenter, chip.text)

    def _paint_dots(self, painter: QPainter, bubble: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self._look.px(3.5)
        for dot in range(3):
            phase = (self.seconds / _DOT_S - dot * 0.16) * math.tau
            strength = 0.6 if self._look.reduced_motion else 0.35 + 0.5 * max(0.0, math.sin(phase))
            colour = QColor(self._look.tokens.muted)
            colour.setAlphaF(strength)
            painter.setBrush(colour)
            centre = QPointF(bubble.center().x() + (dot - 1) * self._look.px(13), bubble.center().y())
            painter.drawEllipse(centre, radius, radius)

    def _paint_line(self, painter: QPainter, line: Line) -> None:
        colour: QColor = getattr(self._look.tokens, line.tone)
        rect = QRectF(line.rect)
        if line.icon:
            size = self._look.px(16 if line.text else 18)
            ratio = painter.device().devicePixelRatioF()
            top = rect.center().y() - size / 2
            left = rect.left() if line.text else rect.center().x() - size / 2
            painter.drawPixmap(QPointF(left, top), pixmap(line.icon, colour.name(), size, ratio))
            rect.setLeft(rect.left() + size + self._look.px(4))
        if line.text:
            painter.setPen(colour)
            painter.setFont(self._look.font("small"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, line.text)


def _bubble_path(rect: QRectF, radius: float, entry: Entry) -> QPainterPath:
    """Return the outline; the corner towards the speaker is small where a group goes on."""
    rect = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    small = radius if entry.kind in ("notice", "waiting") or entry.starts_group else radius / 3
    top_left = small if not entry.mine else radius
    top_right = small if entry.mine else radius
    path = QPainterPath()
    path.moveTo(rect.left() + top_left, rect.top())
    path.lineTo(rect.right() - top_right, rect.top())
    path.arcTo(rect.right() - 2 * top_right, rect.top(), 2 * top_right, 2 * top_right, 90, -90)
    path.lineTo(rect.right(), rect.bottom() - radius)
    path.arcTo(rect.right() - 2 * radius, rect.bottom() - 2 * radius, 2 * radius, 2 * radius, 0, -90)
    path.lineTo(rect.left() + radius, rect.bottom())
    path.arcTo(rect.left(), rect.bottom() - 2 * radius, 2 * radius, 2 * radius, 270, -90)
    path.lineTo(rect.left(), rect.top() + top_left)
    path.arcTo(rect.left(), rect.top(), 2 * top_left, 2 * top_left, 180, -90)
    path.closeSubpath()
    return path
