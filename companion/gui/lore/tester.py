"""Try a text: which entries she would remember, why, and which nearly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QModelIndex, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from companion.domain.character import Lorebook, LoreEntry
from companion.domain.lore import Scan
from companion.errors import CompanionError
from companion.gui.buttons import push_button
from companion.gui.characters.labelled import GrowingText, Labelled
from companion.gui.controls.value_list import Index, ValueModel, ValueRole, paint_ground, paint_line
from companion.gui.icons import pixmap
from companion.gui.inert import plain_label
from companion.gui.lore.words import entry_title, fired_reason, passed_reason
from companion.gui.notices import notice_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_PAUSE_MS: Final = 250
_ROWS: Final = 7
_ROW: Final = 52


@dataclass(frozen=True, slots=True)
class Outcome:
    """An entry and what became of it; `book` and `entry` are ids."""

    book: str
    entry: str
    title: str
    reason: str
    remembered: bool
    size: int = 0


def outcomes_of(scan: Scan) -> list[Outcome]:
    """Return what stands in a scan, remembered ones first, in the order in which she reads them."""

    def made(book: str, entry: LoreEntry, reason: str, *, remembered: bool, size: int = 0) -> Outcome:
        title = entry_title(entry.keys, entry.name, entry.content)
        return Outcome(book, entry.id, title, reason, remembered, size)

    told = [
        made(one.book, one.entry, fired_reason(one), remembered=True, size=one.n_tokens)
        for one in (*scan.prefix, *scan.fired)
    ]
    return told + [made(one.book, one.entry, passed_reason(one), remembered=False) for one in scan.passed]


class OutcomeDelegate(QStyledItemDelegate):
    """Paints a mark for remembered or not, the entry's name and the reason below it."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, self._look.px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        one: Outcome = index.data(ValueRole)
        tokens, px = self._look.tokens, self._look.px
        rect = QRectF(option.rect).adjusted(px(2), px(1), -px(2), -px(1))
        painter.save()
        paint_ground(painter, option, self._look, rect)
        size = px(18)
        colour = tokens.accent if one.remembered else tokens.muted
        mark = pixmap(
            "check" if one.remembered else "close", colour.name(), size, painter.device().devicePixelRatioF()
        )
        painter.drawPixmap(round(rect.left() + px(10)), round(rect.center().y() - size / 2), mark)
        inside = rect.adjusted(px(38), px(6), -px(12), -px(6))
        self._paint_words(painter, one, inside)
        painter.restore()

    def _paint_words(self, painter: QPainter, one: Outcome, inside: QRectF) -> None:
        tokens = self._look.tokens
        strong = self._look.font(
            "body", weight=QFont.Weight.DemiBold if one.remembered else QFont.Weight.Normal
        )
        small = self._look.font("small")
        half = inside.height() / 2
        top = QRectF(inside.left(), inside.top(), inside.width(), half)
        below = QRectF(inside.left(), inside.top() + half, inside.width(), half)
        painter.setFont(small)
        painter.setPen(tokens.muted)
        side = f"{one.size:,}" if one.size else ""
        painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, side)
        paint_line(painter, one.reason, small, tokens.muted, below)
        title = top.adjusted(0, 0, -self._look.px(60), 0)
        paint_line(painter, one.title, strong, tokens.text if one.remembered else tokens.muted, title)


class Tester(QWidget):
    """`entry_wanted` carries book id and entry id. `books` and `chat` are asked for at each try."""

    entry_wanted = Signal(str, str)

    def __init__(
        self,
        companion: Surface,
        look: Look,
        tasks: Tasks,
        *,
        character: Callable[[], str],
        books: Callable[[], Sequence[Lorebook]],
        chat: Callable[[], str] | None = None,
    ) -> None:
        super().__init__()
        self._companion, self._look, self._tasks = companion, look, tasks
        self._character, self._books, self._chat = character, books, chat
        self.text = GrowingText(least=3, most=8)
        self.field = Labelled(
            self.text,
            lambda: (
                tr("Try it"),
                tr("Write or paste what is said; below stands what she then has in mind."),
            ),
        )
        self.take_chat = push_button(parent=self)
        self.take_chat.setVisible(chat is not None)
        self._sum = plain_label(size="small", tone="muted", wrap=True)
        self.model = ValueModel(_outcome_words, self)
        self.list = self._make_list()
        self._later = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._later.timeout.connect(self.run)
        self._asked = self._is_running = False
        row = QHBoxLayout()
        row.addWidget(self._sum, 1)
        row.addWidget(self.take_chat)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        box.addWidget(self.field)
        box.addLayout(row)
        box.addWidget(self.list)
        self.text.edited.connect(self._later.start)
        self.take_chat.clicked.connect(self._take_chat)
        self.list.clicked.connect(self._go)
        self.list.activated.connect(self._go)
        look.changed.connect(self._fit)
        Texts(self).also(self._write)
        self._write()
        self._show(Scan())

    def refresh(self) -> None:
        """Try again after the entries changed, if there is a text."""
        if self.text.text().strip():
            self._later.start()

    def run(self) -> None:
        """Scan the text in a task; a text written meanwhile is scanned after it."""
        self._later.stop()
        text = self.text.text()
        if not text.strip():
            self._show(Scan())
            return
        if self._is_running:
            self._asked = True
            return
        self._is_running = True
        character, books = self._character(), list(self._books())
        self._tasks.run(
            lambda: self._companion.try_lore(character, books, text), self._on_scan, self._on_failed
        )

    @property
    def sum_text(self) -> str:
        return self._sum.text()

    def _on_scan(self, scan: Scan) -> None:
        self._is_running = False
        if self._asked:
            self._asked = False
            self.run()
        else:
            self._show(scan)

    def _on_failed(self, error: CompanionError) -> None:
        self._is_running = self._asked = False
        said = notice_text(error.what, error.hint, error.code)
        self._sum.setText(said.whole)

    def _show(self, scan: Scan) -> None:
        self.model.show(outcomes_of(scan))
        told, nearly = len(scan.prefix) + len(scan.fired), len(scan.passed)
        size = scan.n_tokens + sum(one.n_tokens for one in scan.prefix)
        if told or nearly:
            said = tr("{n} remembered, about {size}", n=told, size=f"{size:,}")
            missed = tr("{n} nearly", n=nearly) if nearly else ""
            self._sum.setText(" · ".join(filter(None, (said, missed))))
        elif self.text.text().strip():
            self._sum.setText(tr("Nothing in her world is touched by this."))
        else:
            self._sum.setText("")
        self._fit()

    def _take_chat(self) -> None:
        if self._chat is not None:
            self.text.setPlainText(self._chat())
            self.run()

    def _go(self, index: QModelIndex) -> None:
        one = self.model.value(index.row())
        self.entry_wanted.emit(one.book, one.entry)

    def _make_list(self) -> QListView:
        view = QListView()
        view.setModel(self.model)
        view.setItemDelegate(OutcomeDelegate(self._look, view))
        view.setMouseTracking(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        return view

    def _fit(self) -> None:
        n = self.model.rowCount()
        self.list.setVisible(n > 0)
        self.list.setFixedHeight(min(_ROWS, max(1, n)) * self._look.px(_ROW) + 4)

    def _write(self) -> None:
        self.take_chat.setText(tr("Take the open chat"))
        self.list.setAccessibleName(tr("What she has in mind"))
        self.run()


def _outcome_words(one: Outcome) -> str:
    state = tr("remembered") if one.remembered else tr("not remembered")
    return f"{one.title}, {state}: {one.reason}"
