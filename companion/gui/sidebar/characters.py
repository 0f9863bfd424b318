"""The list of characters: portraits in the rail, names beside them when it is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from companion.domain.character import PackReport
from companion.gui.icons import pixmap
from companion.gui.inert import plain_name
from companion.gui.portraits import Portraits
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

ReportRole: Final = Qt.ItemDataRole.UserRole + 1
PreviewRole: Final = Qt.ItemDataRole.UserRole + 2
_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_ROW, _FACE = 64, 44


class CharacterModel(QAbstractListModel):
    """The packs that match `filter_text`, in the order they were found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all: list[PackReport] = []
        self._shown: list[PackReport] = []
        self._filter = ""
        self._previews: dict[str, str] = {}

    def set_previews(self, previews: dict[str, str]) -> None:
        """Show the last words of each character's latest chat below her name."""
        if previews != self._previews:
            self._previews = previews
            if self._shown:
                self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def preview(self, row: int) -> str:
        """Return the line below a name."""
        report = self._shown[row]
        if report.character is None:
            return tr("Cannot be used")
        return plain_name(self._previews.get(report.id, ""), 80)

    def show(self, reports: Sequence[PackReport]) -> None:
        self._all = list(reports)
        self._refill()

    def set_filter(self, text: str) -> None:
        self._filter = text.strip().casefold()
        self._refill()

    def report(self, row: int) -> PackReport:
        return self._shown[row]

    def row_of(self, id_: str) -> int:
        return next((row for row, one in enumerate(self._shown) if one.id == id_), -1)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        report = self._shown[index.row()]
        if role == ReportRole:
            return report
        if role == PreviewRole:
            return self.preview(index.row())
        if role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            name = shown_name(report)
            return name if report.character is not None else tr("{name} cannot be used", name=name)
        return None

    def _refill(self) -> None:
        self.beginResetModel()
        self._shown = [one for one in self._all if self._filter in shown_name(one).casefold()]
        self.endResetModel()

    def redraw(self, id_: str) -> None:
        row = self.row_of(id_)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))


class CharacterDelegate(QStyledItemDelegate):
    """Paints a portrait, a name if there is room, and a mark beside the character one talks to."""

    def __init__(self, look: Look, portraits: Portraits, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._portraits = look, portraits
        self.current = ""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(self._look.px(_ROW), self._look.px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        report: PackReport = index.data(ReportRole)
        tokens, px = self._look.tokens, self._look.px
        rect = QRectF(option.rect)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = rect.adjusted(px(6), px(3), -px(6), -px(3))
        is_current = report.id == self.current
        painter.setPen(
            QPen(tokens.accent, 2) if state & QStyle.StateFlag.State_HasFocus else Qt.PenStyle.NoPen
        )
        hovered = state & QStyle.StateFlag.State_MouseOver
        painter.setBrush(tokens.tint if is_current else tokens.hover if hovered else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(inside, px(10), px(10))
        if is_current:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.accent)
            painter.drawRoundedRect(QRectF(rect.left(), rect.center().y() - px(12), px(4), px(24)), 2, 2)
        face = px(_FACE)
        at = QPointF(rect.left() + (px(72) - face) / 2 - px(1), rect.center().y() - face / 2)
        self._paint_face(painter, report, at, face)
        if rect.width() > px(120):
            self._paint_name(painter, report, index.data(PreviewRole), rect)
        painter.restore()

    def _paint_face(self, painter: QPainter, report: PackReport, at: QPointF, face: int) -> None:
        ratio = painter.device().devicePixelRatioF()
        if report.character is not None:
            painter.drawPixmap(at, self._portraits.round(report.character, face, ratio))
            return
        painter.setPen(QPen(self._look.tokens.outline, 1))
        painter.setBrush(self._look.tokens.sunken)
        painter.drawEllipse(QRectF(at, QSize(face, face)))
        size = self._look.px(22)
        shift = (face - size) / 2
        warning = pixmap("warning", self._look.tokens.danger.name(), size, ratio)
        painter.drawPixmap(at + QPointF(shift, shift), warning)

    def _paint_name(self, painter: QPainter, report: PackReport, line: str, rect: QRectF) -> None:
        tokens, px = self._look.tokens, self._look.px
        left = rect.left() + px(72)
        wide = rect.right() - left - px(14)
        strong = self._look.font("body", weight=QFont.Weight.DemiBold)
        name_rect = QRectF(left, rect.top(), wide, rect.height())
        if line:
            name_rect = QRectF(left, rect.center().y() - px(21), wide, px(22))
            small = self._look.font("small")
            painter.setFont(small)
            painter.setPen(tokens.muted if report.character is not None else tokens.danger)
            said = QFontMetricsF(small).elidedText(line, Qt.TextElideMode.ElideRight, wide)
            painter.drawText(
                QRectF(left, rect.center().y() + px(1), wide, px(20)), Qt.AlignmentFlag.AlignVCenter, said
            )
        painter.setFont(strong)
        painter.setPen(tokens.text)
        name = QFontMetricsF(strong).elidedText(shown_name(report), Qt.TextElideMode.ElideRight, wide)
        painter.drawText(name_rect, Qt.AlignmentFlag.AlignVCenter, name)


class CharacterList(QListView):
    """`chosen` carries the id of a character that can be used, `broken` of one that cannot."""

    chosen = Signal(str)
    broken = Signal(str)

    def __init__(self, look: Look, portraits: Portraits, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = CharacterModel(self)
        self._delegate = CharacterDelegate(look, portraits, self)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        Texts(self).put(self.setAccessibleName, "Characters")
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)
        portraits.arrived.connect(self._model.redraw)
        look.changed.connect(self._relayout)

    @property
    def rows(self) -> CharacterModel:
        return self._model

    def set_current(self, id_: str) -> None:
        """Mark the character one talks to."""
        self._delegate.current = id_
        self.viewport().update()

    def step(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) character that can be used."""
        n = self._model.rowCount()
        row = self._model.row_of(self._delegate.current)
        for _ in range(n):
            row = (row + by) % n
            if self._model.report(row).character is not None:
                self.chosen.emit(self._model.report(row).id)
                return

    def _choose(self, index: QModelIndex) -> None:
        report = self._model.report(index.row())
        if report.character is None:
            self.broken.emit(report.id)
        elif report.id != self._delegate.current:
            self.chosen.emit(report.id)

    def _relayout(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()


def shown_name(report: PackReport) -> str:
    """Return how a pack is called: its character's name, else the file's."""
    return plain_name(report.character.shown_name if report.character is not None else report.id)
