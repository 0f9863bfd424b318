"""The conversation: rows of unequal height, measured as they come into view, that never jump while one reads.

A QListView for its model, focus and accessibility; geometry is our own, because a list view lays out every row
before it shows the first, which takes seconds for a long chat.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)

from companion.gui.chat.delegate import BubbleDelegate
from companion.gui.chat.entries import ConversationModel, Entry
from companion.gui.chat.inline import InlineField, InlineSlot
from companion.gui.chat.rows import RowLayout, estimate, lay_out
from companion.gui.chat.scrolling import RowPositions
from companion.gui.theme import Look

_KEPT: Final = 300
_BOTTOM_GAP: Final = 16
_DOTS_MS: Final = 120
_Index = QModelIndex | QPersistentModelIndex


class ConversationView(QListView):
    """Shows a ConversationModel. `row_wanted` follows pointer and focus; `target_clicked` carries (key, target)."""

    row_wanted = Signal(int)
    target_clicked = Signal(int, str)
    menu_wanted = Signal(int, object)
    key_pressed = Signal(int, object)
    opened = Signal(int)
    end_left = Signal(bool)

    def __init__(self, model: ConversationModel, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._look = model, look
        self._layouts: dict[int, tuple[Entry, float, frozenset[str], RowLayout]] = {}
        self._open: dict[int, frozenset[str]] = {}
        self._rows = RowPositions(self._measure, self._estimate)
        self._follow, self._settling = True, False
        self.inline = InlineSlot(look, self.viewport())
        """The field that may be open in place of a bubble."""
        self._delegate = BubbleDelegate(look, self.layout_of, self)
        self._dots = QTimer(self, interval=_DOTS_MS)
        self._dots.timeout.connect(self._move_dots)
        self._flash = QTimer(self, singleShot=True, interval=1800)
        self._flash.timeout.connect(self._end_flash)
        self._set_up()
        self.setModel(model)
        model.dataChanged.connect(self._row_changed)
        look.changed.connect(self.relayout)
        self.inline.changed.connect(self._inline_changed)

    def _set_up(self) -> None:
        self.setProperty("look", "conversation")
        self.setItemDelegate(self._delegate)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    # ---- for others

    @property
    def follows(self) -> bool:
        """Whether new text scrolls into view by itself: only when the end is in view."""
        return self._follow

    def layout_of(self, entry: Entry) -> RowLayout:
        """Return the layout of a row, from the cache while nothing about it changed."""
        width = float(self.viewport().width())
        opened = self._open.get(entry.key, frozenset())
        found = self._layouts.pop(entry.key, None)
        if found is None or found[0] != entry or found[1] != width or found[2] != opened:
            found = (entry, width, opened, lay_out(entry, width, self._look, opened))
        self._layouts[entry.key] = found
        if len(self._layouts) > _KEPT:
            del self._layouts[next(iter(self._layouts))]
        return found[3]

    def bubble_rect(self, row: int) -> QRect:
        """Return where a row's bubble stands in the viewport."""
        bubble = self.layout_of(self._model.entry(row)).bubble
        return bubble.translated(0, self._rows.top(row) - self.verticalOffset()).toAlignedRect()

    def toggle(self, key: int, part: str) -> None:
        """Unfold or fold a part of a row: its thought, or what was not heard."""
        self._open[key] = self._open.get(key, frozenset()) ^ {part}
        self._reshow(key)

    def open_inline(self, key: int, text: str, *, editable: bool) -> InlineField | None:
        """Open a field in place of a row's bubble, or return None if the row is not here."""
        row = self._model.row_of(key)
        if row < 0:
            return None
        field = self.inline.open(key, text, editable=editable)
        self.scrollTo(self._model.index(row))
        return field

    def go_to_end(self) -> None:
        """Show the end and follow it from now on."""
        self._follow = True
        self.updateGeometries()
        self.end_left.emit(False)

    def point_out(self, key: int) -> None:
        """Scroll to a row and mark it for a moment."""
        row = self._model.row_of(key)
        if row >= 0:
            self._follow = False
            self.setCurrentIndex(self._model.index(row))
            self.scrollTo(self._model.index(row), QAbstractItemView.ScrollHint.PositionAtCenter)
            self._delegate.flashed = key
            self._flash.start()
            self.viewport().update()

    def relayout(self) -> None:
        """Lay everything out anew, after a change of look or language."""
        self._layouts.clear()
        self._rows.reset(self._model.rowCount())
        self.updateGeometries()
        self.viewport().update()

    # ---- geometry, instead of the list view's own

    def doItemsLayout(self) -> None:
        if len(self._rows) != self._model.rowCount():
            self._rows.reset(self._model.rowCount())
        self.updateGeometries()
        self.viewport().update()

    def reset(self) -> None:
        super().reset()
        self._open.clear()
        self._layouts.clear()
        self.inline.close()
        self._rows.reset(self._model.rowCount())
        self._follow = True
        self.end_left.emit(False)

    def updateGeometries(self) -> None:
        """Measure what is in view and set the scroll bar so that what is read stays where it is."""
        if self._settling:
            return
        self._settling = True
        bar, high = self.verticalScrollBar(), float(self.viewport().height())
        if self._follow:
            self._rows.settle_at_end(high)
            value = self._rows.total + self._gap() - high
        else:
            value = self._rows.settle(float(bar.value()), high)
        bar.setPageStep(round(high))
        bar.setSingleStep(self._look.px(48))
        bar.setRange(0, max(0, round(self._rows.total + self._gap() - high)))
        bar.setValue(max(0, round(value)))
        self._settling = False
        self._place_inline()
        self._run_dots()

    def visualRect(self, index: _Index) -> QRect:
        if not index.isValid() or index.row() >= len(self._rows):
            return QRect()
        top = round(self._rows.top(index.row())) - self.verticalOffset()
        return QRect(0, top, self.viewport().width(), round(self._rows.height(index.row())))

    def indexAt(self, point: object) -> QModelIndex:
        y = point.y() + self.verticalOffset()  # type: ignore[attr-defined]
        if y < 0 or y >= self._rows.total:
            return QModelIndex()
        return self._model.index(self._rows.at(y))

    def scrollTo(
        self, index: _Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid() or index.row() >= len(self._rows):
            return
        self._rows.measure(index.row())
        high, bar = self.viewport().height(), self.verticalScrollBar()
        top, tall = self._rows.top(index.row()), self._rows.height(index.row())
        hints = QAbstractItemView.ScrollHint
        value = float(bar.value())
        if hint == hints.PositionAtCenter:
            value = top - max(0.0, (high - tall) / 2)
        elif hint == hints.PositionAtTop or top < value or tall > high:
            value = top
        elif top + tall > value + high:
            value = top + tall - high
        bar.setRange(0, max(0, round(self._rows.total + self._gap() - high)))
        bar.setValue(round(value))

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        row, n = self.currentIndex().row(), self._model.rowCount()
        moves = QAbstractItemView.CursorAction
        page = max(1, self._rows.at(self.verticalOffset() + self.viewport().height()) - self._first_visible())
        steps = {
            moves.MoveUp: row - 1 if row >= 0 else n - 1,
            moves.MovePrevious: row - 1 if row >= 0 else n - 1,
            moves.MoveDown: row + 1,
            moves.MoveNext: row + 1,
            moves.MovePageUp: row - page,
            moves.MovePageDown: row + page,
            moves.MoveHome: 0,
            moves.MoveEnd: n - 1,
        }
        return self._model.index(min(max(0, steps.get(action, row)), n - 1)) if n else QModelIndex()

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: _Index) -> bool:
        return False

    def visualRegionForSelection(self, selection: object) -> QRegion:
        return QRegion(self.viewport().rect())

    # ---- rows that come, go and change

    def rowsInserted(self, parent: _Index, start: int, end: int) -> None:
        self._rows.insert(start, end - start + 1)
        super().rowsInserted(parent, start, end)
        self.updateGeometries()
        self.viewport().update()

    def rowsAboutToBeRemoved(self, parent: _Index, start: int, end: int) -> None:
        super().rowsAboutToBeRemoved(parent, start, end)
        for row in range(start, end + 1):
            key = self._model.entry(row).key
            self._layouts.pop(key, None)
            if self.inline.is_at(key):
                self.inline.close()
        self._rows.remove(start, end - start + 1)
        QTimer.singleShot(0, self, self.doItemsLayout)

    def _row_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        for row in range(first.row(), last.row() + 1):
            self._rows.forget(row)
        self.updateGeometries()
        self.viewport().update()

    def _reshow(self, key: int) -> None:
        row = self._model.row_of(key)
        if row >= 0:
            self._row_changed(self._model.index(row), self._model.index(row))

    def _measure(self, row: int) -> float:
        entry = self._model.entry(row)
        return self.inline.height() if self.inline.is_at(entry.key) else self.layout_of(entry).height

    def _estimate(self, row: int) -> float:
        return estimate(self._model.entry(row), float(self.viewport().width()), self._look)

    def _gap(self) -> float:
        return float(self._look.px(_BOTTOM_GAP))

    def _first_visible(self) -> int:
        return self._rows.at(self.verticalOffset())

    # ---- events

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        area = event.rect()
        row = self._rows.at(area.top() + self.verticalOffset())
        while 0 <= row < len(self._rows):
            index = self._model.index(row)
            rect = self.visualRect(index)
            if rect.top() > area.bottom():
                break
            if not self.inline.is_at(self._model.entry(row).key):
                self._delegate.paint(painter, option_for(self, index, rect), index)
            row += 1
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._layouts.clear()
            self._rows.reset(self._model.rowCount())
        super().resizeEvent(event)
        self.updateGeometries()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = self.indexAt(event.position().toPoint()).row()
        target = self._target(event.position()) if row >= 0 else ""
        shape = Qt.CursorShape.PointingHandCursor if target else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)
        self.row_wanted.emit(row)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.setCurrentIndex(index)
            if target := self._target(event.position()):
                self.target_clicked.emit(self._model.entry(index.row()).key, target)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and not self._target(event.position()):
            self.opened.emit(self._model.entry(index.row()).key)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if index.isValid():
            row = index.row()
            at = self.bubble_rect(row).center() if by_key else event.pos()
            self.menu_wanted.emit(self._model.entry(row).key, self.viewport().mapToGlobal(at))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        event.ignore()
        if event.key() == Qt.Key.Key_Space:
            return  # held to talk, which the window looks after
        if index.isValid():
            self.key_pressed.emit(self._model.entry(index.row()).key, event)
        if not event.isAccepted():
            event.accept()
            super().keyPressEvent(event)

    def leaveEvent(self, event: object) -> None:
        if not self.viewport().rect().contains(self.viewport().mapFromGlobal(self.cursor().pos())):
            self.row_wanted.emit(-1)

    def _target(self, position: QPointF) -> str:
        row = self._rows.at(position.y() + self.verticalOffset())
        if row < 0:
            return ""
        inside = QPointF(position.x(), position.y() + self.verticalOffset() - self._rows.top(row))
        return self.layout_of(self._model.entry(row)).target_at(inside)

    def _scrolled(self, value: int) -> None:
        if self._settling:
            return
        at_end = value >= self.verticalScrollBar().maximum() - self._look.px(8)
        if at_end != self._follow:
            self._follow = at_end
            self.end_left.emit(not at_end)
        self.updateGeometries()
        self.viewport().update()

    def _place_inline(self) -> None:
        row = self._model.row_of(self.inline.field.message) if self.inline.field is not None else -1
        if row >= 0:
            self.inline.place(self.visualRect(self._model.index(row)))

    def _inline_changed(self, key: int) -> None:
        self._reshow(key)
        if self.inline.field is None:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _run_dots(self) -> None:
        if not waiting_rows(self._model) or self._look.reduced_motion:
            self._dots.stop()
        elif not self._dots.isActive():
            self._dots.start()

    def _move_dots(self) -> None:
        self._delegate.seconds += _DOTS_MS / 1000
        for row in waiting_rows(self._model):
            self.viewport().update(self.visualRect(self._model.index(row)))

    def _end_flash(self) -> None:
        self._delegate.flashed = 0
        self.viewport().update()


def waiting_rows(model: ConversationModel) -> list[int]:
    """Return the rows in which somebody waits for a reply."""
    return [row for row in range(model.n_messages, model.rowCount()) if model.entry(row).kind == "waiting"]


def option_for(view: QListView, index: QModelIndex, rect: QRect) -> QStyleOptionViewItem:
    """Return how a row is to be painted."""
    option = QStyleOptionViewItem()
    option.rect = rect
    if view.hasFocus() and index == view.currentIndex():
        option.state |= QStyle.StateFlag.State_HasFocus
    return option
