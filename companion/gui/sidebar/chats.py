"""The chats of the open character: titles, previews, renaming in place, deleting with a way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from companion.domain.messages import ChatInfo
from companion.gui.chat.rows import day_label
from companion.gui.inert import plain_name
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

ChatRole: Final = Qt.ItemDataRole.UserRole + 1
_LONGEST_TITLE: Final = 80
_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_ROW: Final = 56


class ChatModel(QAbstractListModel):
    """Chats, last used first."""

    renamed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chats: list[ChatInfo] = []

    def show(self, chats: Sequence[ChatInfo]) -> None:
        """Show these chats; where the rows are the same ones nothing is selected anew."""
        wanted = sorted(chats, key=lambda one: -one.last_seq)
        if [one.chat for one in wanted] == [one.chat for one in self._chats]:
            self._chats = wanted
            if wanted:
                self.dataChanged.emit(self.index(0), self.index(len(wanted) - 1))
            return
        self.beginResetModel()
        self._chats = wanted
        self.endResetModel()

    def chat(self, row: int) -> ChatInfo:
        return self._chats[row]

    def row_of(self, chat: str) -> int:
        return next((row for row, one in enumerate(self._chats) if one.chat == chat), -1)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._chats)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        chat = self._chats[index.row()]
        if role == ChatRole:
            return chat
        if role == Qt.ItemDataRole.EditRole:
            return chat.title or chat_title(chat)
        if role == Qt.ItemDataRole.DisplayRole:
            return chat_title(chat)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return tr(
                "{title}, {n} messages, {day}", title=chat_title(chat), n=chat.n_messages, day=chat_day(chat)
            )
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        title = plain_name(str(value), _LONGEST_TITLE)
        chat = self._chats[index.row()]
        if title and title != chat.title:
            self.renamed.emit(chat.chat, title)
        return True


class ChatDelegate(QStyledItemDelegate):
    """Paints title, day and the last words; edits the title in place."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.current = ""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, self._look.px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        chat: ChatInfo = index.data(ChatRole)
        tokens, px = self._look.tokens, self._look.px
        rect = QRectF(option.rect)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = rect.adjusted(px(8), px(2), -px(8), -px(2))
        painter.setPen(
            QPen(tokens.accent, 2) if state & QStyle.StateFlag.State_HasFocus else Qt.PenStyle.NoPen
        )
        hovered = state & QStyle.StateFlag.State_MouseOver
        is_current = chat.chat == self.current
        painter.setBrush(tokens.tint if is_current else tokens.hover if hovered else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(inside, px(8), px(8))
        self._paint_words(painter, chat, inside.adjusted(px(10), px(6), -px(10), -px(6)))
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setMaxLength(_LONGEST_TITLE)
        editor.setAccessibleName(tr("Name of the chat"))
        return editor

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        if isinstance(editor, QLineEdit):
            model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect
        editor.setGeometry(rect.adjusted(8, 6, -8, -6))

    def _paint_words(self, painter: QPainter, chat: ChatInfo, rect: QRectF) -> None:
        tokens, half = self._look.tokens, rect.height() / 2
        small = self._look.font("small")
        day = chat_day(chat)
        day_wide = QFontMetricsF(small).horizontalAdvance(day) + self._look.px(8)
        strong = self._look.font("body", weight=QFont.Weight.Medium)
        elide, middle = Qt.TextElideMode.ElideRight, Qt.AlignmentFlag.AlignVCenter
        painter.setFont(strong)
        painter.setPen(tokens.text)
        title = QFontMetricsF(strong).elidedText(chat_title(chat), elide, rect.width() - day_wide)
        painter.drawText(QRectF(rect.left(), rect.top(), rect.width() - day_wide, half), middle, title)
        painter.setFont(small)
        painter.setPen(tokens.muted)
        right = Qt.AlignmentFlag.AlignRight | middle
        painter.drawText(QRectF(rect.right() - day_wide, rect.top(), day_wide, half), right, day)
        preview = QFontMetricsF(small).elidedText(plain_name(chat.preview, 200), elide, rect.width())
        painter.drawText(QRectF(rect.left(), rect.top() + half, rect.width(), half), middle, preview)


class ChatList(QListView):
    """`chosen` carries a chat to open; `deleted` and `renamed` what to do with one; `export_wanted` its id.

    `purge_wanted` carries one to delete for good, after a question.
    """

    chosen = Signal(str)
    deleted = Signal(str)
    renamed = Signal(str, str)
    export_wanted = Signal(str)
    purge_wanted = Signal(str)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ChatModel(self)
        self._delegate = ChatDelegate(look, self)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed)
        Texts(self).put(self.setAccessibleName, "Chats")
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)
        self._model.renamed.connect(self.renamed)
        look.changed.connect(self.viewport().update)

    @property
    def rows(self) -> ChatModel:
        return self._model

    def set_current(self, chat: str) -> None:
        """Mark the open chat."""
        self._delegate.current = chat
        row = self._model.row_of(chat)
        if row >= 0 and not self.hasFocus():
            self.setCurrentIndex(self._model.index(row))
        self.viewport().update()

    def rename_current(self) -> None:
        """Open the title of the open chat for editing."""
        row = self._model.row_of(self._delegate.current)
        if row >= 0:
            self.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.setCurrentIndex(self._model.index(row))
            self.edit(self._model.index(row))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.currentIndex().isValid():
            self.deleted.emit(self._model.chat(self.currentIndex().row()).chat)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: Any) -> None:
        by_key = event.reason() == event.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if index.isValid():
            at = self.visualRect(index).center() if by_key else event.pos()
            self._menu(index, self.viewport().mapToGlobal(at))

    def _menu(self, index: QModelIndex, at: QPoint) -> None:
        chat = self._model.chat(index.row()).chat
        menu = QMenu(self)
        menu.addAction(tr("Rename") + "\tF2").triggered.connect(lambda: self.edit(index))
        menu.addAction(tr("Save as a file…")).triggered.connect(lambda: self.export_wanted.emit(chat))
        menu.addSeparator()
        menu.addAction(tr("Delete") + "\tDel").triggered.connect(lambda: self.deleted.emit(chat))
        menu.addAction(tr("Delete for good…")).triggered.connect(lambda: self.purge_wanted.emit(chat))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _choose(self, index: QModelIndex) -> None:
        chat = self._model.chat(index.row()).chat
        if chat != self._delegate.current:
            self.chosen.emit(chat)


def chat_title(chat: ChatInfo) -> str:
    """Return a chat's name; one without has the day it began."""
    if chat.title:
        return plain_name(chat.title)
    return day_label(datetime.fromtimestamp(chat.created_at).date())


def chat_day(chat: ChatInfo) -> str:
    """Return when a chat was last used: a time today, else a day."""
    when = datetime.fromtimestamp(chat.updated_at)
    if when.date() == date.today():
        return when.strftime("%H:%M")
    return f"{when.month}/{when.day}"
