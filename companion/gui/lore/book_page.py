"""Edit one lorebook of the user's: its name, its entries, how it is read; and try it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from companion.domain.character import Lorebook
from companion.errors import CompanionError
from companion.gui.characters.guard import LeaveGuard
from companion.gui.characters.labelled import GrowingText, Labelled, Line
from companion.gui.controls.save_bar import SaveBar
from companion.gui.controls.sections import in_column
from companion.gui.lore.book_settings import BookSettings
from companion.gui.lore.entries import EntriesEditor
from companion.gui.lore.tester import Tester
from companion.gui.notices import notice_text
from companion.gui.surface import BookInfo, Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr


class BookPage(QWidget):
    """`saved` carries the book's id, `left` asks to close the page. A book without id is new."""

    saved = Signal(str)
    left = Signal()

    def __init__(
        self,
        companion: Surface,
        look: Look,
        tasks: Tasks,
        book: Lorebook,
        *,
        character: str = "",
        entry: str = "",
        chat: Callable[[], str] | None = None,
    ) -> None:
        super().__init__()
        self._companion, self._tasks, self._book, self._character = companion, tasks, book, character
        self._may_leave = self._leave_after_save = False
        self.name, self.description = Line(120), GrowingText(least=1, most=6)
        self.entries, self.settings = EntriesEditor(look), BookSettings()
        self.tester = Tester(
            companion, look, tasks, character=lambda: character, books=lambda: (self._numbered(),), chat=chat
        )
        self.guard = LeaveGuard()
        self.bar = SaveBar()
        self.save_button = self.bar.save
        self._fields = {
            "name": Labelled(self.name, lambda: (tr("Name"), "")),
            "description": Labelled(
                self.description, lambda: (tr("What it is about"), tr("She does not read it."))
            ),
            "settings": Labelled(self.settings, lambda: (tr("How it is read"), "")),
        }
        self._build()
        self._connect()
        self._show(book)
        if entry:
            self.entries.choose_id(entry)
        self.setFocusProxy(self.entries.table if book.entries else self.name)
        Texts(self).also(self._write)
        self._write()

    @property
    def book(self) -> Lorebook:
        """What stands on the page now."""
        return replace(
            self._book,
            name=self.name.text().strip(),
            description=self.description.text(),
            entries=self.entries.entries,
            scan_depth=self.settings.value_of("scan_depth", self._book.scan_depth),
            token_budget=self.settings.value_of("token_budget", self._book.token_budget),
            recursive_scanning=self.settings.recursive.isChecked(),
        )

    @property
    def is_changed(self) -> bool:
        return self.book != self._clean

    @property
    def state_text(self) -> str:
        return self.bar.text

    def can_leave(self) -> bool:
        """Ask before unsaved changes are lost; called when the user goes back."""
        if self._may_leave or not self.is_changed:
            return True
        self.guard.ask()
        return False

    def save(self) -> None:
        """Save in a task; a book needs a name."""
        book = self.book
        if not book.name:
            self._fields["name"].set_problem(tr("The lorebook needs a name."))
            self.name.setFocus()
            self._leave_after_save = False
            return
        self._fields["name"].set_problem("")
        self.save_button.setEnabled(False)
        self.bar.say(tr("Saving…"))
        books, character, is_new = self._companion.books, self._character, not self._book.id

        def work() -> tuple[BookInfo, Lorebook]:
            info = books.save(book.id, book)
            if is_new and character:
                books.attach(info.id, character, on=True)
            return info, books.load(info.id)

        self._tasks.run(work, self._on_saved, self._on_failed)

    def _on_saved(self, saved: tuple[BookInfo, Lorebook]) -> None:
        info, self._book = saved
        self.save_button.setEnabled(True)
        self._show(self._book)
        self.guard.hide()
        self.bar.say(tr("Saved."))
        self.saved.emit(info.id)
        if self._leave_after_save:
            self._leave()

    def _on_failed(self, error: CompanionError) -> None:
        self.save_button.setEnabled(True)
        self._leave_after_save = False
        said = notice_text(error.what, error.hint, error.code)
        self.bar.say(said.whole, tone="danger")

    def _save_and_leave(self) -> None:
        self._leave_after_save = True
        self.save()

    def _leave(self) -> None:
        self._may_leave = True
        self.left.emit()

    def _show(self, book: Lorebook) -> None:
        self.name.set_text(book.name)
        self.description.set_text(book.description)
        self.entries.show_entries(book.entries)
        self.settings.show_values(
            scan_depth=book.scan_depth, token_budget=book.token_budget, recursive=book.recursive_scanning
        )
        # What the fields make of a book, such as other line ends, is no change of the user's.
        self._clean = self.book

    def _numbered(self) -> Lorebook:
        # Entries that are not saved yet have no id; the row stands for it.
        rows = (replace(one, id=one.id or f"row {row}") for row, one in enumerate(self.entries.model.entries))
        return replace(self.book, id="", entries=tuple(rows))

    def _go_to(self, _: str, entry: str) -> None:
        row = int(entry.removeprefix("row ")) if entry.startswith("row ") else -1
        self.entries.choose(row if row >= 0 else self.entries.model.row_of(entry))
        self.entries.table.setFocus()

    def _build(self) -> None:
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(16)
        trial = QFrame()
        trial.setProperty("look", "card")
        place = QVBoxLayout(trial)
        place.setContentsMargins(16, 14, 16, 14)
        place.addWidget(self.tester)
        for widget in (
            self._fields["name"], self._fields["description"], self.entries, trial, self._fields["settings"],
        ):  # fmt: skip
            inside.addWidget(widget)
        inside.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.guard)
        box.addWidget(in_column(inner), 1)
        box.addWidget(self.bar)

    def _connect(self) -> None:
        for signal in (
            self.name.edited,
            self.description.edited,
            self.settings.changed,
            self.entries.changed,
        ):
            signal.connect(self._on_edited)
        self.entries.changed.connect(self.tester.refresh)
        self.settings.changed.connect(self.tester.refresh)
        self.tester.entry_wanted.connect(self._go_to)
        self.save_button.clicked.connect(lambda: self.save())
        self.guard.save_wanted.connect(self._save_and_leave)
        self.guard.drop_wanted.connect(self._leave)
        keys = QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self)
        keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys.activated.connect(lambda: self.save())

    def _on_edited(self) -> None:
        self.guard.hide()
        self.bar.say(tr("Not saved yet.") if self.is_changed else "")

    def _write(self) -> None:
        self._on_edited()
