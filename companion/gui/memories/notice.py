"""A quiet line over the conversation when she remembers something new, with the way to correct it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from companion.domain import events
from companion.domain.memory import Memory
from companion.domain.remembering.address import card_text
from companion.errors import CompanionError
from companion.gui.buttons import icon_button, push_button
from companion.gui.icons import pixmap
from companion.gui.inert import plain_label, plain_name
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_SHOWN_MS: Final = 12_000
_QUOTED: Final = 48
_WIDEST: Final = 560


class RememberedNotice(QFrame):
    """Lies over the upper edge of `area` and moves nothing; goes by itself unless pointer or focus are on it.

    `edit_wanted` carries a memory, 0 for all of them; `forget_wanted` and `restore_wanted` one.
    """

    edit_wanted = Signal(int)
    forget_wanted = Signal(int)
    restore_wanted = Signal(int)

    def __init__(self, look: Look, area: QWidget) -> None:
        super().__init__(area)
        self.setProperty("look", "strip")
        self._look, self._area = look, area
        self._memory, self._words = 0, _nothing
        self._icon = plain_label()
        self._said: QLabel = plain_label(size="small")
        self.edit, self.forget, self.undo = (push_button("link", self) for _ in range(3))
        texts = Texts(self)
        self.close_button = icon_button(texts, look, "close", "Dismiss", size=16)
        self._timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 1, 4, 1)
        row.setSpacing(6)
        row.addWidget(self._icon)
        row.addWidget(self._said, 1)
        for button in (self.edit, self.forget, self.undo, self.close_button):
            row.addWidget(button)
        self.edit.clicked.connect(self._edit)
        self.forget.clicked.connect(self._forget)
        self.undo.clicked.connect(self._undo)
        self.close_button.clicked.connect(self.hide)
        self._timer.timeout.connect(self._end)
        look.changed.connect(self._write)
        texts.also(self._write)
        area.installEventFilter(self)
        self.hide()

    @property
    def said(self) -> str:
        return self._said.text()

    def tell(self, memories: Sequence[Memory]) -> None:
        """Tell of new cards, newest first."""
        newest = memories[0]
        self._memory = newest.memory if len(memories) == 1 else 0
        text, n = plain_name(card_text(newest), _QUOTED), len(memories)

        def words() -> str:
            if n == 1:
                return tr("She will remember: {text}", text=text)
            return tr("She will remember {n} new things", n=n)

        self._open(words, edit=True, forget=n == 1)
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._area, self.said))

    def _open(self, words: Callable[[], str], *, edit: bool = False, forget: bool = False) -> None:
        self._words = words
        self.edit.setVisible(edit)
        self.forget.setVisible(forget)
        self.undo.setVisible(not edit)
        self._write()
        self.show()
        self.raise_()
        self._timer.start()

    def _edit(self) -> None:
        self.hide()
        self.edit_wanted.emit(self._memory)

    def _forget(self) -> None:
        self.forget_wanted.emit(self._memory)
        self._open(lambda: tr("Forgotten."))

    def _undo(self) -> None:
        self.hide()
        self.restore_wanted.emit(self._memory)

    def _end(self) -> None:
        focus = self.focusWidget()
        if self.underMouse() or (focus is not None and focus.hasFocus()):
            self._timer.start()
        else:
            self.hide()

    def _write(self) -> None:
        self._said.setText(self._words())
        self.edit.setText(tr("Correct") if self._memory else tr("Have a look"))
        self.forget.setText(tr("Forget"))
        self.undo.setText(tr("Undo"))
        size = self._look.px(16)
        colour = self._look.tokens.accent.name()
        self._icon.setPixmap(pixmap("memory", colour, size, self.devicePixelRatioF()))
        self._place()

    def _place(self) -> None:
        wide = min(self._area.width() - 24, self._look.px(_WIDEST), self.sizeHint().width())
        self.setGeometry((self._area.width() - wide) // 2, 8, wide, self.sizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False


class RememberedWatch(QObject):
    """Tells through `notice` of cards that came from the open character's conversation since it was opened."""

    failed = Signal(object)

    def __init__(self, companion: Surface, tasks: Tasks, notice: RememberedNotice) -> None:
        super().__init__(notice)
        self._companion, self._tasks, self.notice = companion, tasks, notice
        self._character = ""
        self._latest: dict[str, int] = {}
        notice.forget_wanted.connect(self._forget)
        notice.restore_wanted.connect(self._restore)

    def take(self, event: events.Event) -> None:
        """Follow what is opened and what is remembered."""
        match event:
            case events.ChatOpened(chat, _):
                if chat.character != self._character:
                    self._character = chat.character
                    self.notice.hide()
                    self._read()
            case events.MemoriesChanged(character):
                if character == self._character:
                    self._read()
            case _:
                pass

    def _read(self) -> None:
        id_, memories = self._character, self._companion.log.memories
        self._tasks.run(lambda: (id_, memories.cards(id_, all_states=True)), self._show, self._fail)

    def _show(self, read: tuple[str, list[Memory]]) -> None:
        id_, cards = read
        known = self._latest.get(id_)
        self._latest[id_] = max([known or 0, *(one.memory for one in cards)])
        if known is None or id_ != self._character or not self._is_wanted():
            return
        new = [one for one in cards if one.memory > known and _is_proposed(one)]
        if new:
            self.notice.tell(sorted(new, key=lambda one: -one.memory))

    def _is_wanted(self) -> bool:
        return self._companion.settings.recall.tell

    def _forget(self, memory: int) -> None:
        self._tasks.run(lambda: self._companion.log.memories.forget(memory), _done, self._fail)

    def _restore(self, memory: int) -> None:
        self._tasks.run(lambda: self._companion.log.memories.restore(memory), _done, self._fail)

    def _fail(self, error: CompanionError) -> None:
        self.failed.emit(error)


def _is_proposed(memory: Memory) -> bool:
    return memory.state == "active" and memory.origin == "conversation"


def _done(_: object) -> None:
    """Nothing is left to do."""


def _nothing() -> str:
    return ""
