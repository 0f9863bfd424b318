"""What she remembers: cards to read, search, correct, pin and forget, and some of one's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from companion.domain import commands as do
from companion.domain import events
from companion.domain.character import Character
from companion.domain.memory import Memory, MemoryKind
from companion.domain.remembering.address import from_user
from companion.domain.remembering.statements import place_of
from companion.errors import CompanionError
from companion.gui.banner import Banner
from companion.gui.buttons import icon_button, push_button
from companion.gui.characters.guard import LeaveGuard
from companion.gui.controls.switch import Switch
from companion.gui.controls.undo_strip import UndoStrip
from companion.gui.icons import icon
from companion.gui.inert import plain_label, plain_name
from companion.gui.memories.collection import Card, collect
from companion.gui.memories.empty import EmptyMemories
from companion.gui.memories.export import export_cards
from companion.gui.memories.farewell import Farewell
from companion.gui.memories.layout import COLUMN, MARGIN
from companion.gui.memories.model import MemoryModel
from companion.gui.memories.trial import Trial
from companion.gui.memories.view import MemoryList
from companion.gui.memories.writing import Writing
from companion.gui.notices import notice_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_PAUSE_MS: Final = 120
_QUOTED: Final = 40
_LIST_LEAST: Final = 72
T = TypeVar("T")


class MemoriesPage(QWidget):
    """`message_wanted` carries (chat, message) to show. `edit` is a card to open for correction at once."""

    message_wanted = Signal(str, int)

    def __init__(
        self, companion: Surface, look: Look, tasks: Tasks, character: Character, *, edit: int = 0
    ) -> None:
        super().__init__()
        self._companion, self._look, self._tasks = companion, look, tasks
        self._character, self._edit, self._new = character, edit, 0
        self._asked, self._stale = 0, False
        self.model = MemoryModel(self)
        self.list = MemoryList(self.model, look)
        self.field = QLineEdit()
        self.add = push_button("primary", self)
        self.status = plain_label(size="small", tone="muted")
        self.remember = Switch(look)
        self._remember_words = plain_label(size="small", tone="muted")
        self.trial = Trial(look, tasks, lambda text: companion.recollect_for_test(character.id, text))
        self.writing, self.farewell = Writing(), Farewell()
        self.banner, self.guard = Banner(look), LeaveGuard()
        self.undo = UndoStrip(look)
        self.empty = EmptyMemories(look, character.shown_name)
        self._middle = QStackedWidget()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._texts = Texts(self)
        self.more = icon_button(self._texts, look, "more", "More")
        self._build()
        self._connect()
        self._write()
        self.refresh()

    # ---- for the window

    def refresh(self) -> None:
        """Read the cards anew."""
        self._asked += 1
        asked, log, id_ = self._asked, self._companion.log, self._character.id
        self._tasks.run(lambda: (asked, collect(log, id_)), self._show, self._fail)

    def take(self, event: events.Event) -> None:
        """Follow what she learns meanwhile."""
        if isinstance(event, events.MemoriesChanged) and event.character == self._character.id:
            self.refresh()

    def correct(self, memory: int) -> None:
        """Open a card for correction, as soon as it is here."""
        self._edit = memory
        self._show_edit()

    def can_leave(self) -> bool:
        """Ask before words that are not saved are lost."""
        if self.writing.is_begun or self._edited_text() is not None:
            self.guard.ask()
            return False
        return True

    # ---- set-up

    def _build(self) -> None:
        self._middle.addWidget(self.list)
        self._middle.addWidget(self.empty)
        self._middle.setMinimumHeight(_LIST_LEAST)  # a form above it is never cut
        self.field.setClearButtonEnabled(True)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.field, 1)
        bar.addWidget(self.add)
        bar.addWidget(self.more)
        second = QHBoxLayout()
        second.setSpacing(6)
        second.addWidget(self.status, 1)
        second.addWidget(self._remember_words)
        second.addWidget(self.remember)
        column = _column(self._look)
        inside = QVBoxLayout(column)
        inside.setContentsMargins(0, 14, 0, 6)
        inside.setSpacing(6)
        inside.addLayout(bar)
        inside.addLayout(second)
        for widget in (self.trial, self.writing, self.farewell):
            inside.addWidget(widget)
        foot = _column(self._look)
        below = QVBoxLayout(foot)
        below.setContentsMargins(0, 4, 0, 10)
        below.addWidget(self.undo)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.guard)
        box.addWidget(self.banner)
        box.addLayout(_centred(column, self._look))
        box.addWidget(self._middle, 1)
        box.addLayout(_centred(foot, self._look))
        self.setFocusProxy(self.list)

    def _connect(self) -> None:
        self.list.acted.connect(self._act)
        self.list.corrected.connect(self._correct)
        self.field.textChanged.connect(lambda _: self._pause.start())
        self.field.returnPressed.connect(self._search)
        self._pause.timeout.connect(self._search)
        self.add.clicked.connect(self.writing.open)
        self.more.clicked.connect(
            lambda: self._menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height())))
        )
        self.writing.written.connect(self._add)
        self.writing.left.connect(self._leave_form)
        self.farewell.confirmed.connect(self._forget_all)
        self.farewell.left.connect(self._leave_form)
        self.trial.failed.connect(self._fail)
        self.guard.save_wanted.connect(self._save_begun)
        self.guard.drop_wanted.connect(self._drop_begun)
        self.remember.clicked.connect(lambda on: self._set("remember", on))
        self.model.modelReset.connect(self._choose_middle)
        self.list.inline.changed.connect(lambda _: self._catch_up())
        self.banner.chosen.connect(self.banner.clear)
        self._look.changed.connect(self._draw)
        self._texts.also(self._write)

    # ---- showing

    def _show(self, read: tuple[int, list[Card]]) -> None:
        asked, cards = read
        if asked != self._asked:
            return
        if self.list.inline.field is not None:
            self._stale = True  # read again when the field closes
            return
        self._stale = False
        index = self.list.currentIndex()
        card = self.model.row(index.row()).card if index.isValid() else None
        at, scrolled = index.row(), self.list.verticalScrollBar().value()
        self.model.show(cards)
        row = self.model.row_of(card.memory.memory) if card is not None else -1
        if card is not None and self.model.rowCount():
            keep = row if row >= 0 else min(at, self.model.rowCount() - 1)
            self.list.setCurrentIndex(self.model.index(keep))
        self.list.doItemsLayout()
        self.list.verticalScrollBar().setValue(scrolled)
        self._write_status()
        self._choose_middle()
        self._reveal_new()
        self._show_edit()

    def _reveal_new(self) -> None:
        row = self.model.row_of(self._new) if self._new else -1
        if row >= 0:
            self._new = 0
            self.list.setCurrentIndex(self.model.index(row))
            self.list.scrollTo(self.model.index(row))

    def _show_edit(self) -> None:
        if self._edit and self.model.row_of(self._edit) >= 0:
            memory, self._edit = self._edit, 0
            self.list.open_field(memory)

    def _choose_middle(self) -> None:
        words = self.field.text().strip() if self.model.n_known else ""
        self.empty.show_search(words)
        self._middle.setCurrentWidget(self.list if self.model.rowCount() else self.empty)

    def _search(self) -> None:
        self._pause.stop()
        self.model.search(self.field.text())
        self._write_status()

    def _catch_up(self) -> None:
        if self._stale and self.list.inline.field is None:
            self.refresh()

    def _edited_text(self) -> str | None:
        """Return what stands in the open field if it is not what the card says."""
        field = self.list.inline.field
        row = self.model.row_of(field.message) if field is not None else -1
        card = self.model.row(row).card if row >= 0 else None
        changed = field is not None and card is not None and field.text.strip() not in ("", card.text)
        return field.text.strip() if field is not None and changed else None

    # ---- acting

    def _act(self, what: str, memory: int) -> None:
        memories = self._companion.log.memories
        card = self.model.row(self.model.row_of(memory)).card
        if card is None:
            return
        if self._edited_text() is None:
            self.list.inline.close()
        match what:
            case "pin":
                pinned = not card.memory.pinned
                self._run(lambda: memories.pin(memory, pinned))
            case "forget":
                said = tr("Forgotten: {text}", text=plain_name(card.text, _QUOTED))
                self._run(lambda: memories.forget(memory), lambda _: self._offer_undo(said, memory))
            case "restore":
                self._run(lambda: memories.restore(memory))
            case "copy":
                QGuiApplication.clipboard().setText(card.text)
            case "where" if card.told is not None:
                self.message_wanted.emit(card.told.chat, card.told.message)
            case _:
                pass

    def _offer_undo(self, said: str, memory: int) -> None:
        self.undo.offer(said, lambda: self._run(lambda: self._companion.log.memories.restore(memory)))

    def _correct(self, memory: int, text: str) -> None:
        row = self.model.row_of(memory)
        card = self.model.row(row).card if row >= 0 else None
        if card is not None and card.memory.origin != "pack":
            # The prompt speaks of the user in the third person, whatever the page calls him.
            text = from_user(text, card.memory.text)
        self._run(lambda: self._companion.log.memories.correct(memory, text), self._keep_in_view)

    def _add(self, text: str, kind: MemoryKind) -> None:
        id_ = self._character.id
        # What it is about is understood as in a chat, so that it takes the place of what it corrects.
        slot, value = place_of(text)
        memories = self._companion.log.memories
        self._run(lambda: memories.add(id_, text, kind=kind, slot=slot, value=value), self._added)

    def _added(self, memory: Memory) -> None:
        self._leave_form()
        self.field.clear()
        self._search()
        self._keep_in_view(memory)

    def _keep_in_view(self, memory: Memory) -> None:
        self._new = memory.memory

    def _forget_all(self) -> None:
        id_ = self._character.id
        self.undo.hide()
        self._run(lambda: self._companion.log.memories.forget_character(id_), lambda _: self._leave_form())

    def _leave_form(self) -> None:
        self.writing.hide()
        self.farewell.hide()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _save_begun(self) -> None:
        self.guard.hide()
        edited, field = self._edited_text(), self.list.inline.field
        if edited is not None and field is not None:
            field.saved.emit(field.message, edited)
        elif self.writing.is_begun:
            self.writing.save.click()

    def _drop_begun(self) -> None:
        self.guard.hide()
        self.list.inline.close()
        self._leave_form()

    def _run(self, work: Callable[[], T], done: Callable[[T], None] = lambda _: None) -> None:
        """Change memories in a task, then do `done` with the result and read them anew."""
        self._tasks.run(lambda: partial(done, work()), self._finish, self._fail)

    def _finish(self, done: Callable[[], None]) -> None:
        self.banner.clear("error")
        done()
        self.refresh()
        # What is summed up of the open chat may tell it otherwise: read now, while nobody waits.
        self._companion.post(do.Reload())

    def _fail(self, error: CompanionError) -> None:
        told = notice_text(error.what, error.hint, error.code)
        self.banner.say("error", told.whole)

    # ---- files, settings, words

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        save = menu.addAction(tr("Save as a file…"))
        save.triggered.connect(self._choose_export)
        save.setEnabled(self.model.n_known > 0)
        tell = menu.addAction(tr("Tell in the chat what she will remember"))
        tell.setCheckable(True)
        tell.setChecked(self._companion.settings.recall.tell)
        tell.toggled.connect(lambda on: self._set("tell", on))
        menu.addSeparator()
        forget = menu.addAction(tr("Forget everything…"))
        forget.triggered.connect(lambda: self.farewell.ask(self.model.n_known))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _choose_export(self) -> None:
        dialog = QFileDialog(self, tr("Save the memories"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters([tr("Text (*.md)"), tr("Memories with all details (*.json)")])
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("md")
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix("json" if ".json" in chosen else "md")
        )
        dialog.fileSelected.connect(self.export)
        dialog.open()

    def export(self, path: str) -> None:
        """Write all memories to a file: Markdown if it ends in .md, else JSON."""
        cards, name = self.model.cards, self._character.shown_name
        self._tasks.run(lambda: (export_cards(cards, name, Path(path)), path), self._exported, self._fail)

    def _exported(self, written: tuple[int, str]) -> None:
        n, path = written
        said = tr("Saved: {name}, {n} memories", name=plain_name(Path(path).name), n=n)
        self.banner.say("saved", said, button=tr("OK"), tone="info")

    def _set(self, name: str, on: bool) -> None:
        setattr(self._companion.settings.recall, name, on)
        try:
            self._companion.save_settings()
        except CompanionError as error:
            self._fail(error)

    def _write_status(self) -> None:
        n = self.model.n_known
        words = self.field.text().strip()
        if words and n:
            self.status.setText(tr("{n} of {all} memories", n=self.model.n_found, all=n))
        elif n == 1:
            self.status.setText(tr("1 memory"))
        else:
            self.status.setText(tr("{n} memories", n=n) if n else "")

    def _write(self) -> None:
        self.field.setPlaceholderText(tr("Search in memories"))
        self.field.setAccessibleName(tr("Search in memories"))
        self.add.setText(tr("Write one"))
        self.add.setAccessibleName(tr("Write a memory of your own"))
        self._remember_words.setText(tr("Remember new things"))
        self.remember.setAccessibleName(tr("Remember new things"))
        self.remember.setChecked(self._companion.settings.recall.remember)
        self._write_status()
        self._draw()

    def _draw(self) -> None:
        size = self._look.px(16)
        self.add.setIcon(icon("add", self._look.tokens.on_accent, size=size))


def _column(look: Look) -> QWidget:
    """Return a widget as wide as the cards at most."""
    column = QWidget()
    column.setMaximumWidth(look.px(COLUMN))
    column.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return column


def _centred(column: QWidget, look: Look) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(look.px(MARGIN), 0, look.px(MARGIN), 0)
    row.addStretch(1)
    row.addWidget(column, 1000)
    row.addStretch(1)
    return row
