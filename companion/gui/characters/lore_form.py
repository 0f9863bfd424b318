"""What she knows of her world: the entries of her own lorebook, the others she uses, and a place to try them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QTableView, QVBoxLayout, QWidget

from companion.domain.character import Lorebook
from companion.errors import CompanionError
from companion.gui.buttons import push_button
from companion.gui.characters.labelled import GrowingText, Labelled
from companion.gui.characters.lore_model import LoreModel
from companion.gui.inert import plain_label, plain_name
from companion.gui.lore.book_settings import BookSettings
from companion.gui.lore.entries import EntriesEditor
from companion.gui.lore.tester import Tester
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.packs.editor import CharacterDraft


class LoreForm(QWidget):
    """`books_wanted` asks for the page of lorebooks, `entry_wanted` for an entry of another book (ids)."""

    changed = Signal()
    books_wanted = Signal()
    entry_wanted = Signal(str, str)

    def __init__(
        self, companion: Surface, look: Look, tasks: Tasks, *, chat: Callable[[], str] | None = None
    ) -> None:
        super().__init__()
        self._companion, self._tasks = companion, tasks
        self._draft = CharacterDraft()
        self._attached: tuple[Lorebook, ...] = ()
        self.entries = EntriesEditor(look)
        self.settings = BookSettings()
        self.tester = Tester(
            companion, look, tasks, character=lambda: self._draft.id, books=self._books, chat=chat
        )
        self._intro = plain_label(tone="muted", wrap=True)
        self._others = plain_label(tone="muted", wrap=True)
        self.manage = push_button(parent=self)
        self._fields = {
            **self.entries.form.fields,
            "book": Labelled(self.settings, lambda: (tr("How it is read"), "")),
        }
        others = QHBoxLayout()
        others.addWidget(self._others, 1)
        others.addWidget(self.manage)
        self._books_row = QWidget()
        self._books_row.setLayout(others)
        others.setContentsMargins(0, 0, 0, 0)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(14)
        for widget in (self._intro, self.entries, _card(self.tester), self._books_row, self._fields["book"]):
            box.addWidget(widget)
        box.addStretch(1)
        self.entries.changed.connect(self._on_changed)
        self.settings.changed.connect(self._on_changed)
        self.tester.entry_wanted.connect(self.show_entry)
        self.manage.clicked.connect(self.books_wanted)
        Texts(self).also(self._write)
        self._write()

    # The table and its texts, under the names of the editor's other parts.

    @property
    def model(self) -> LoreModel:
        return self.entries.model

    @property
    def table(self) -> QTableView:
        return self.entries.table

    @property
    def keys(self) -> GrowingText:
        return self.entries.form.keys

    @property
    def content(self) -> GrowingText:
        return self.entries.form.content

    @property
    def fields(self) -> dict[str, Labelled]:
        return self._fields

    def show_draft(self, draft: CharacterDraft) -> None:
        """Show the draft without telling."""
        is_other = draft.id != self._draft.id
        self._draft = draft
        self.entries.show_entries(draft.lore)
        self.settings.show_values(
            scan_depth=draft.scan_depth, token_budget=draft.token_budget, recursive=draft.recursive_scanning
        )
        self._books_row.setVisible(bool(draft.id))
        if is_other:
            self.refresh_books()

    def put_into(self, draft: CharacterDraft) -> CharacterDraft:
        """Return the draft with what stands here; entries without content and keys are left out."""
        return replace(
            draft,
            lore=self.entries.entries,
            scan_depth=self.settings.value_of("scan_depth", draft.scan_depth),
            token_budget=self.settings.value_of("token_budget", draft.token_budget),
            recursive_scanning=self.settings.recursive.isChecked(),
        )

    def refresh_books(self) -> None:
        """Ask anew which other lorebooks she uses."""
        if id_ := self._draft.id:
            self._tasks.run(lambda: self._companion.books.attached(id_), self._show_books, self._no_books)

    def show_entry(self, book: str, entry: str) -> None:
        """Go to an entry; `entry` is its id, or its row in the present order for one that is not saved yet."""
        if book:
            self.entry_wanted.emit(book, entry)
        elif self.model.row_of(entry) >= 0:
            self.entries.choose_id(entry)
        elif entry.startswith("row "):
            self.entries.choose(int(entry.removeprefix("row ")))
        self.table.setFocus()

    def _books(self) -> Sequence[Lorebook]:
        # Entries that are not saved yet have no id; the row stands for it.
        rows = (replace(one, id=one.id or f"row {row}") for row, one in enumerate(self.model.entries))
        own = Lorebook(
            tuple(rows),
            scan_depth=max(1, self.settings.scan_depth.value()),
            token_budget=self.settings.token_budget.value(),
            recursive_scanning=self.settings.recursive.isChecked(),
        )
        return (own, *self._attached)

    def _on_changed(self) -> None:
        self.tester.refresh()
        self.changed.emit()

    def _show_books(self, books: Sequence[Lorebook]) -> None:
        self._attached = tuple(books)
        self._write_books()

    def _no_books(self, error: CompanionError) -> None:
        self._show_books(())

    def _write_books(self) -> None:
        names = "、".join(plain_name(one.name or one.id, 30) for one in self._attached[:5])
        self._others.setText(
            tr("She also uses: {names}", names=names) if names else tr("She uses no other lorebook.")
        )

    def _write(self) -> None:
        self._intro.setText(
            tr(
                "She has these in mind only when they come up, so there may be many. “Always” keeps one in mind."
            )
        )
        self.manage.setText(tr("Lorebooks…"))
        self._write_books()


def _card(content: QWidget) -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "card")
    inside = QVBoxLayout(frame)
    inside.setContentsMargins(16, 14, 16, 14)
    inside.addWidget(content)
    return frame
