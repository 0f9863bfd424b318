"""The list of memories: cards painted in a readable column, their actions by pointer, key and menu."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QToolTip,
    QWidget,
)

from companion.gui.chat.inline import InlineSlot
from companion.gui.memories.delegate import MemoryDelegate
from companion.gui.memories.layout import COLUMN, MARGIN, RowHeights, RowLayout, Target, lay_out
from companion.gui.memories.model import MemoryModel, Row, RowRole
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_KEPT: Final = 300
_Index = QModelIndex | QPersistentModelIndex


class MemoryList(QListView):
    """`acted` carries (what, memory): pin, edit, forget, restore, where, copy."""

    acted = Signal(str, int)
    corrected = Signal(int, str)

    def __init__(self, model: MemoryModel, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._look = model, look
        self._layouts: dict[Row, tuple[float, RowLayout]] = {}
        self._heights: RowHeights | None = None
        self.inline = InlineSlot(look, self.viewport())
        """The field that may be open in place of a card."""
        self._delegate = MemoryDelegate(look, self)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.verticalScrollBar().setSingleStep(look.px(48))
        self.verticalScrollBar().valueChanged.connect(lambda _: self._place_inline())
        self.inline.changed.connect(lambda _: self._relayout())
        model.modelAboutToBeReset.connect(self._leave_inline)
        model.dataChanged.connect(lambda *_: self._relayout())
        look.changed.connect(self.forget_layouts)
        texts = Texts(self)
        texts.put(self.setAccessibleName, "Memories")
        texts.also(self.forget_layouts)

    # ---- for the page and the delegate

    def layout_of(self, row: Row) -> RowLayout:
        """Return the layout of a row, from the cache while the width is the same."""
        width = float(self.width())  # the scroll bar takes its place from the margin
        found = self._layouts.get(row)
        if found is None or found[0] != width:
            if len(self._layouts) > _KEPT:
                self._layouts.clear()
            found = self._layouts[row] = (width, lay_out(row, width, self._look))
        return found[1]

    def height_of(self, row: Row) -> float:
        """Return the height of a row; every row is asked, so only those that are seen are laid out for it."""
        width = float(self.width())
        if self._heights is None or self._heights.width != width:
            self._heights = RowHeights(width, self._look)
        return self._heights.of(row)

    def place_of(self, memory: int, target: Target) -> QRect:
        """Return where a part of a card stands in the viewport."""
        index = self._model.index(self._model.row_of(memory))
        rect = self.layout_of(index.data(RowRole)).place_of(target)
        return rect.translated(QPointF(self.visualRect(index).topLeft())).toAlignedRect()

    def open_field(self, memory: int) -> None:
        """Open the text of a card for correction."""
        at = self._model.row_of(memory)
        card = self._model.row(at).card if at >= 0 else None
        if card is None:
            return
        self.setCurrentIndex(self._model.index(at))
        field = self.inline.open(memory, card.text, editable=True)
        field.set_name(tr("Correct this memory"))
        field.saved.connect(self._on_saved)
        self.scrollTo(self._model.index(at))
        self._place_inline()

    def forget_layouts(self) -> None:
        """Lay everything out anew, after a change of look or language."""
        self._layouts.clear()
        self._heights = None
        self._relayout()

    def _on_saved(self, memory: int, text: str) -> None:
        self.inline.close()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.corrected.emit(memory, text)

    # ---- geometry

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._relayout()

    def _relayout(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def doItemsLayout(self) -> None:
        super().doItemsLayout()
        self._place_inline()

    def _leave_inline(self) -> None:
        self._delegate.hot = -1
        self.inline.close()

    def _place_inline(self) -> None:
        if self.inline.field is None:
            return
        at = self._model.row_of(self.inline.field.message)
        rect = self.visualRect(self._model.index(at))
        column = min(self.width(), self._look.px(COLUMN) + 2 * self._look.px(MARGIN))
        self.inline.place(QRect((self.width() - column) // 2, rect.top(), column, rect.height()))

    # ---- pointer

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._set_hot(-1)
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            said = target_words(self._target(event.pos()))
            QToolTip.showText(event.globalPos(), said, self.viewport())
            return True
        return super().viewportEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        self._set_hot(self.indexAt(point).row())
        shape = Qt.CursorShape.PointingHandCursor if self._target(point) else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        index, target = self.indexAt(point), self._target(point)
        if not index.isValid() or event.button() != Qt.MouseButton.LeftButton:
            return
        if self._model.flags(index) & Qt.ItemFlag.ItemIsEnabled:
            self.setCurrentIndex(index)
        if target:
            self._do(index.row(), target)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        index = self.indexAt(point)
        if index.isValid() and not self._target(point):
            self._do(index.row(), "edit")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        row = self._model.row(index.row()) if index.isValid() else None
        if row is None or row.card is None:
            return
        at = self.visualRect(index).center() if by_key else event.pos()
        menu = QMenu(self)
        for target, keys in _menu_of(row):
            text = target_words(target, pinned=row.card.memory.pinned)
            action = menu.addAction(f"{text}\t{keys}" if keys else text)
            action.triggered.connect(lambda _=False, what=target: self._do(index.row(), what))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.viewport().mapToGlobal(at))

    # ---- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if not index.isValid():
            super().keyPressEvent(event)
            return
        row, key = self._model.row(index.row()), event.key()
        keys = {
            Qt.Key.Key_F2: "edit",
            Qt.Key.Key_Delete: "forget",
            Qt.Key.Key_P: "pin",
            Qt.Key.Key_T: "earlier",
        }
        if event.matches(QKeySequence.StandardKey.Copy):
            self._do(index.row(), "copy")
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            restore = row.group == "forgotten" and row.card is not None
            self._do(index.row(), "fold" if row.folds else "restore" if restore else "edit")
        elif Qt.Key(key) in keys:
            self._do(index.row(), keys[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    # ---- acting

    def _do(self, at: int, what: str) -> None:
        row = self._model.row(at)
        if what in ("fold", "earlier"):
            self._model.toggle(at)
            self.setCurrentIndex(self._model.index(at))
        elif row.card is not None and what in {target for target, _ in _menu_of(row)}:
            memory = row.card.memory.memory
            if what == "edit":
                self.open_field(memory)
            else:
                self.acted.emit(what, memory)

    def _target(self, point: object) -> Target:
        index = self.indexAt(point)  # type: ignore[arg-type]
        if not index.isValid() or self.inline.is_at(self._memory_at(index.row())):
            return ""
        inside = QPointF(point) - QPointF(self.visualRect(index).topLeft())  # type: ignore[call-overload]
        return self.layout_of(self._model.row(index.row())).target_at(inside)

    def _memory_at(self, at: int) -> int:
        card = self._model.row(at).card
        return card.memory.memory if card is not None else 0

    def _set_hot(self, row: int) -> None:
        if row != self._delegate.hot:
            self._delegate.hot = row
            self.viewport().update()


def _menu_of(row: Row) -> list[tuple[str, str]]:
    """Return what can be done with a card, with the key that does it."""
    assert row.card is not None
    where = [("where", "")] if row.card.told else []
    if row.group == "forgotten":
        return [("restore", "Enter"), ("copy", "Ctrl+C"), *where]
    return [("edit", "F2"), ("pin", "P"), ("copy", "Ctrl+C"), *where, ("forget", "Del")]


def target_words(target: str, *, pinned: bool = False) -> str:
    """Return what a click on a part of a card does."""
    return {
        "edit": tr("Correct"),
        "pin": tr("No longer always keep in mind") if pinned else tr("Always keep in mind"),
        "copy": tr("Copy"),
        "where": tr("Show in the chat"),
        "forget": tr("Forget"),
        "restore": tr("Bring back"),
        "earlier": tr("What it said before"),
    }.get(target, "")
