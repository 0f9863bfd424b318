"""The user's lorebooks: which of them she uses, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from companion.domain.character import Character, Lorebook
from companion.errors import CompanionError
from companion.gui.buttons import icon_button, push_button
from companion.gui.controls.invitation import Invitation
from companion.gui.controls.sections import in_column
from companion.gui.controls.switch import Switch
from companion.gui.controls.undo_strip import UndoStrip
from companion.gui.icons import icon
from companion.gui.inert import plain_label, plain_name
from companion.gui.lore.words import entries_text
from companion.gui.notices import notice_text
from companion.gui.surface import BookInfo, Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr


@dataclass(frozen=True, slots=True)
class _Shelf:
    books: tuple[BookInfo, ...]
    used: frozenset[str]


class BookCard(QFrame):
    """The signals carry the book's id; `switched` also whether she uses it now."""

    switched = Signal(str, bool)
    edit_wanted = Signal(str)
    export_wanted = Signal(str)
    remove_wanted = Signal(str)

    def __init__(self, look: Look, info: BookInfo, *, used: bool, who: str) -> None:
        super().__init__()
        self.info, self._who = info, who
        self.setProperty("look", "card")
        texts = Texts(self)
        self._name = plain_label(strong=True, wrap=True)
        self._below = plain_label(size="small", tone="danger" if info.error else "muted", wrap=True)
        self._uses = plain_label(size="small", tone="muted")
        self.used = Switch(look)
        self.used.setChecked(used)
        self.used.setEnabled(not info.error)
        self.edit = icon_button(texts, look, "edit", "Edit")
        self.export = icon_button(texts, look, "export", "Save to a file…")
        self.remove = icon_button(texts, look, "delete", "Take this lorebook away")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._name)
        words.addWidget(self._below)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 8, 10)
        row.setSpacing(6)
        row.addLayout(words, 1)
        for widget in (self._uses, self.used, self.edit, self.export, self.remove):
            row.addWidget(widget)
        self.edit.setVisible(not info.error)
        self.export.setVisible(not info.error)
        self.used.clicked.connect(lambda on: self.switched.emit(info.id, on))
        self.edit.clicked.connect(lambda: self.edit_wanted.emit(info.id))
        self.export.clicked.connect(lambda: self.export_wanted.emit(info.id))
        self.remove.clicked.connect(lambda: self.remove_wanted.emit(info.id))
        texts.also(self._write)
        self._write()

    def _write(self) -> None:
        name = plain_name(self.info.name or self.info.id, 60)
        self._name.setText(name)
        said = notice_text(self.info.error, "", "book").what if self.info.error else ""
        self._below.setText(said or entries_text(self.info.n_entries))
        self._uses.setText(tr("{name} uses it", name=self._who) if self._who else "")
        self.used.setVisible(bool(self._who))
        self.used.setAccessibleName(f"{self._uses.text()}: {name}")
        for button, verb in (
            (self.edit, tr("Edit")),
            (self.export, tr("Save to a file…")),
            (self.remove, tr("Take this lorebook away")),
        ):
            button.setAccessibleName(f"{verb}: {name}")


class BooksPage(QWidget):
    """`edit_wanted` carries a book's id, empty for a new one; `own_wanted` asks for her own in the editor."""

    edit_wanted = Signal(str)
    own_wanted = Signal()
    changed = Signal()

    def __init__(self, companion: Surface, look: Look, tasks: Tasks, character: Character | None) -> None:
        super().__init__()
        self._companion, self._look, self._tasks, self._character = companion, look, tasks, character
        self._shelf = _Shelf((), frozenset())
        self._removed = ""
        self.new, self.add = push_button("primary", self), push_button(parent=self)
        self._intro = plain_label(tone="muted", wrap=True)
        self._problem = plain_label(tone="danger", wrap=True)
        self._empty = Invitation(look, "book")
        self.undo = UndoStrip(look)
        self.own = push_button("link", self)
        self.cards: list[BookCard] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self._build()
        self._connect()
        self.setFocusProxy(self.new)
        Texts(self).also(self._write)
        self._write()
        self._problem.hide()
        self.refresh()

    def refresh(self) -> None:
        """Read the shelf anew."""
        books, id_ = self._companion.books, self._character.id if self._character is not None else ""
        self._tasks.run(lambda: _read(books.books(), books.attached(id_) if id_ else ()), self._show)

    def can_leave(self) -> bool:
        """Carry out what could still be undone."""
        self._remove_now()
        return True

    def add_files(self, paths: Sequence[str]) -> None:
        """Take in lorebook files; she uses them from then on."""
        books, id_ = self._companion.books, self._character.id if self._character is not None else ""

        def work() -> list[CompanionError]:
            failed = []
            for path in paths:
                try:
                    info = books.install(Path(path))
                    if id_:
                        books.attach(info.id, id_, on=True)
                except CompanionError as error:
                    failed.append(error)
            return failed

        self._remove_now()
        self._tasks.run(work, self._on_added, self._on_failed)

    def choose_files(self) -> None:
        """Ask for lorebook files."""
        dialog = self._dialog(tr("Add a lorebook"), [tr("Lorebooks (*.json)")])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self.add_files)
        dialog.open()

    def choose_export(self, book: str) -> None:
        """Ask where and in which form a book is to be saved."""
        world = tr("For SillyTavern (*.json)")
        dialog = self._dialog(tr("Save the lorebook"), [tr("Lorebook of cards (*.json)"), world])
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.fileSelected.connect(
            lambda path: self.export(book, path, for_sillytavern=dialog.selectedNameFilter() == world)
        )
        dialog.open()

    def export(self, book: str, path: str, *, for_sillytavern: bool = False) -> None:
        """Write a book to a file."""
        books = self._companion.books
        if for_sillytavern:
            self._run(lambda: books.export(book, Path(path), form="world_info"))
        else:
            self._run(lambda: books.export(book, Path(path), form="lorebook_v3"))

    def _run(self, work: Callable[[], None]) -> None:
        self._problem.hide()

        def done(_: None) -> None:
            self.changed.emit()
            self.refresh()

        self._tasks.run(work, done, self._on_failed)

    def _switch(self, book: str, on: bool) -> None:
        books, character = self._companion.books, self._character
        if character is not None:
            self._run(lambda: books.attach(book, character.id, on=on))

    def _remove(self, book: str) -> None:
        self._remove_now()
        self._removed = book
        name = next((one.name for one in self._shelf.books if one.id == book), book)
        self.undo.offer(tr("{title} was taken away.", title=plain_name(name, 40)), self._bring_back)
        self._show(self._shelf)

    def _bring_back(self) -> None:
        self._removed = ""
        self._show(self._shelf)

    def _remove_now(self) -> None:
        book, self._removed = self._removed, ""
        self.undo.hide()
        if book:
            books = self._companion.books
            self._run(lambda: books.remove(book))

    def _on_added(self, failed: list[CompanionError]) -> None:
        told = [notice_text(one.what, one.hint, one.code) for one in failed]
        self._problem.setText("\n".join(one.whole for one in told))
        self._problem.setVisible(bool(told))
        self.changed.emit()
        self.refresh()

    def _on_failed(self, error: CompanionError) -> None:
        self._on_added([error])

    def _show(self, shelf: _Shelf) -> None:
        self._shelf = shelf
        for card in self.cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        who = plain_name(self._character.shown_name, 16) if self._character is not None else ""
        self.cards = [
            BookCard(self._look, one, used=one.id in shelf.used, who=who)
            for one in shelf.books
            if one.id != self._removed
        ]
        for card in self.cards:
            card.switched.connect(self._switch)
            card.edit_wanted.connect(self.edit_wanted)
            card.export_wanted.connect(self.choose_export)
            card.remove_wanted.connect(self._remove)
            self._list.addWidget(card)
        self._empty.setVisible(not self.cards)

    def _build(self) -> None:
        inner = QWidget()
        bar = QHBoxLayout()
        bar.setSpacing(10)
        bar.addWidget(self.own)
        bar.addStretch(1)
        bar.addWidget(self.add)
        bar.addWidget(self.new)
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(14)
        box.addWidget(self._intro)
        box.addLayout(bar)
        for widget in (self._problem, self.undo):
            box.addWidget(widget)
        box.addWidget(self._empty, 100)
        box.addLayout(self._list)
        box.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(in_column(inner))

    def _connect(self) -> None:
        self.new.clicked.connect(lambda: self.edit_wanted.emit(""))
        self.add.clicked.connect(self.choose_files)
        self.own.clicked.connect(self.own_wanted)
        self._look.changed.connect(self._draw)

    def _dialog(self, title: str, filters: list[str]) -> QFileDialog:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters(filters)
        return dialog

    def _write(self) -> None:
        self._intro.setText(
            tr(
                "Knowledge that several characters can share: a world, its people, its rules. Each may use several."
            )
        )
        self._empty.show_words(
            tr("No lorebook yet"), tr("Those of other programs work too: drop one on the window.")
        )
        self.new.setText(tr("New lorebook"))
        self.add.setText(tr("Add from a file…"))
        character = self._character
        self.own.setVisible(character is not None)
        if character is not None:
            n = len(character.lore.entries)
            self.own.setText(tr("Her own: {n} entries in her card", n=f"{n:,}"))
        self._draw()

    def _draw(self) -> None:
        size = self._look.px(16)
        self.new.setIcon(icon("add", self._look.tokens.on_accent, size=size))
        self.add.setIcon(icon("import", self._look.tokens.text, size=size))


def _read(books: Sequence[BookInfo], attached: Sequence[Lorebook]) -> _Shelf:
    return _Shelf(tuple(books), frozenset(one.id for one in attached))
