"""Search in all chats: a field, a list of hits, a way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from PySide6.QtCore import QModelIndex, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from companion.domain.messages import SearchHit
from companion.gui.buttons import icon_button
from companion.gui.chat.rows import day_label
from companion.gui.controls.value_list import Index, ValueModel, ValueRole, paint_ground, paint_line
from companion.gui.inert import plain_label, plain_name
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_PAUSE_MS: Final = 200
_ROW: Final = 64
Search = Callable[[str, str | None], list[SearchHit]]


class HitDelegate(QStyledItemDelegate):
    """Paints where a hit stands and its words, the match in strong accent."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.names: dict[str, str] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, self._look.px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        hit: SearchHit = index.data(ValueRole)
        px = self._look.px
        rect = QRectF(option.rect).adjusted(px(12), px(2), -px(12), -px(2))
        painter.save()
        paint_ground(painter, option, self._look, rect)
        inside = rect.adjusted(px(12), px(7), -px(12), -px(7))
        half = inside.height() / 2
        self._paint_place(painter, hit, QRectF(inside.left(), inside.top(), inside.width(), half))
        self._paint_words(painter, hit, QRectF(inside.left(), inside.top() + half, inside.width(), half))
        painter.restore()

    def _paint_place(self, painter: QPainter, hit: SearchHit, rect: QRectF) -> None:
        who = tr("You") if hit.role == "user" else self.names.get(hit.character, hit.character)
        place = " · ".join(part for part in (plain_name(who), plain_name(hit.title), _day(hit)) if part)
        paint_line(painter, place, self._look.font("small"), self._look.tokens.muted, rect)

    def _paint_words(self, painter: QPainter, hit: SearchHit, rect: QRectF) -> None:
        tokens, x = self._look.tokens, rect.left()
        plain, strong = self._look.font("body"), self._look.font("body", weight=QFont.Weight.DemiBold)
        parts = (
            (hit.excerpt[: hit.start], plain, tokens.text),
            (hit.excerpt[hit.start : hit.end], strong, tokens.accent),
            (hit.excerpt[hit.end :], plain, tokens.text),
        )
        for text, font, colour in parts:
            room = rect.right() - x
            if text and room > 0:
                x += paint_line(painter, text, font, colour, QRectF(x, rect.top(), room, rect.height()))


class SearchPanel(QWidget):
    """`hit_chosen` carries a SearchHit; `left` that the search is over. `search` runs in a task."""

    hit_chosen = Signal(object)
    left = Signal()

    def __init__(self, look: Look, tasks: Tasks, search: Search, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._tasks, self._search = tasks, search
        self._texts = Texts(self)
        self._asked, self._character = 0, ""
        self._field = QLineEdit(self)
        self._everyone = QCheckBox(self)
        self._status = plain_label(tone="muted", wrap=True)
        self.hits = ValueModel(_hit_words, self)
        self._delegate = HitDelegate(look, self)
        self._list = QListView(self)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._fill(look)
        self._pause.timeout.connect(self._run)
        self._field.textChanged.connect(lambda _: self._pause.start())
        self._field.returnPressed.connect(self._enter)
        self._everyone.toggled.connect(lambda _: self._run())
        self._list.clicked.connect(self._choose)
        self._list.activated.connect(self._choose)

    def open(self, text: str, character: str, names: dict[str, str]) -> None:
        """Begin a search; `names` maps the characters' ids to their names."""
        self._character = character
        self._delegate.names = names
        if text:
            self._field.setText(text)
        self._field.selectAll()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._run()

    @property
    def status(self) -> str:
        """What is said about the search."""
        return self._status.text()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() == Qt.Key.Key_Down and self._field.hasFocus() and self.hits.rowCount():
            self._list.setFocus(Qt.FocusReason.OtherFocusReason)
            self._list.setCurrentIndex(self.hits.index(0))
        else:
            super().keyPressEvent(event)

    def _fill(self, look: Look) -> None:
        self._list.setModel(self.hits)
        self._list.setItemDelegate(self._delegate)
        self._list.setMouseTracking(True)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._texts.put(self._list.setAccessibleName, "What was found")
        self._texts.put(self._field.setPlaceholderText, "Search in chats")
        self._texts.put(self._field.setAccessibleName, "Search in chats")
        self._texts.put(self._everyone.setText, "All characters")
        self._texts.also(self._run)
        back = icon_button(self._texts, look, "back", "Back")
        back.clicked.connect(self.left)
        self._field.setClearButtonEnabled(True)
        bar = QFrame(self)
        bar.setProperty("look", "bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 10, 16, 10)
        row.setSpacing(10)
        row.addWidget(back)
        row.addWidget(self._field, 1)
        row.addWidget(self._everyone)
        self._status.setContentsMargins(28, 14, 24, 6)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(bar)
        box.addWidget(self._status)
        box.addWidget(self._list, 1)

    def _run(self) -> None:
        self._pause.stop()
        self._asked += 1
        asked, text = self._asked, self._field.text().strip()
        if not text:
            self._show(asked, [], "")
            return
        character = None if self._everyone.isChecked() else self._character or None
        self._tasks.run(lambda: self._search(text, character), lambda hits: self._show(asked, hits, text))

    def _show(self, asked: int, hits: list[SearchHit], text: str) -> None:
        if asked != self._asked:
            return
        self.hits.show(hits)
        if not text:
            self._status.setText(tr("Type a word; the newest chats come first."))
        elif hits:
            self._status.setText(tr("{n} places", n=len(hits)))
        else:
            self._status.setText(tr("Nothing found for “{text}”.", text=plain_name(text)))

    def _enter(self) -> None:
        if self.hits.rowCount():
            self._choose(self.hits.index(0))

    def _choose(self, index: QModelIndex) -> None:
        self.hit_chosen.emit(self.hits.value(index.row()))


def _day(hit: SearchHit) -> str:
    return day_label(datetime.fromtimestamp(hit.created_at).date())


def _hit_words(hit: SearchHit) -> str:
    return f"{hit.title} {_day(hit)}: {hit.excerpt}"
