"""The entries of one lorebook: find, add, copy, move, take away, and write on the chosen one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from companion.domain.character import LoreEntry
from companion.gui.buttons import icon_button, push_button
from companion.gui.characters.lore_model import (
    CONSTANT,
    CONTENT,
    ENABLED,
    KEYS,
    NAME,
    SIZE,
    LoreModel,
    LoreOrder,
    size_of,
)
from companion.gui.controls.undo_strip import UndoStrip
from companion.gui.icons import icon
from companion.gui.inert import plain_label
from companion.gui.lore.entry_form import EntryForm
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_ROWS: Final = 8
_NARROW: Final = 600


class EntriesEditor(QWidget):
    """`changed` tells of the user's changes alone."""

    changed = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.model = LoreModel(self)
        self.order = LoreOrder(self.model, self)
        self.table = self._make_table()
        texts = Texts(self)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.add = push_button(parent=self)
        self.up = icon_button(texts, look, "up", "Let her read it earlier (Alt+Up)")
        self.down = icon_button(texts, look, "down", "Let her read it later (Alt+Down)")
        self.copy = icon_button(texts, look, "copy", "Duplicate this entry")
        self.remove = icon_button(texts, look, "delete", "Take this entry away")
        self._empty = plain_label(tone="muted", wrap=True)
        self._sum = plain_label(size="small", tone="muted")
        self.undo = UndoStrip(look)
        self.form = EntryForm(look)
        self._removed: tuple[int, LoreEntry] | None = None
        self._build()
        self._connect()
        texts.also(self._write)
        self._write()
        self._show_form()

    # ---- reading and showing

    @property
    def entries(self) -> tuple[LoreEntry, ...]:
        """All entries but those without content and keys."""
        return tuple(one for one in self.model.entries if one.content.strip() or one.keys)

    def show_entries(self, entries: tuple[LoreEntry, ...]) -> None:
        """Show these without telling; the first is chosen if none was."""
        if entries != self.model.entries:
            row = self.row
            self.model.show_entries(entries)
            self.undo.hide()
            if row >= 0:
                self.choose(min(row, len(entries) - 1))
        if entries and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        self._fit()
        self._show_form()

    def choose(self, row: int) -> None:
        """Go to the entry at `row` of the book, out of a search if need be."""
        if not 0 <= row < self.model.rowCount():
            return
        shown = self.order.mapFromSource(self.model.index(row, KEYS))
        if not shown.isValid():
            self.search.clear()
            shown = self.order.mapFromSource(self.model.index(row, KEYS))
        self.table.selectRow(shown.row())
        self.table.scrollTo(shown)

    def choose_id(self, id_: str) -> None:
        """Go to the entry that the book calls `id_`."""
        self.choose(self.model.row_of(id_))

    @property
    def row(self) -> int:
        """The chosen entry's row in the book, or -1."""
        return self.order.mapToSource(self.table.currentIndex()).row()

    # ---- doing

    def add_entry(self) -> None:
        self._go_to(self.model.append(LoreEntry((), "", insertion_order=self._last_order())))
        self.form.keys.setFocus()

    def duplicate(self) -> None:
        """Put a copy of the chosen entry at the end of its equals in order."""
        if self.row >= 0:
            self._go_to(self.model.append(replace(self.model.entry(self.row), id="")))

    def shift(self, by: int) -> None:
        """Let the chosen entry change places with the one before (-1) or after it (1)."""
        index = self.table.currentIndex()
        other = index.siblingAtRow(index.row() + by)
        if index.isValid() and other.isValid():
            row, target = self.row, self.order.mapToSource(other).row()
            keeps_row = self.model.entry(row).insertion_order != self.model.entry(target).insertion_order
            self.model.swap(row, target)
            self.choose(row if keeps_row else target)

    def remove_entry(self) -> None:
        """Take the chosen entry away; until the next one there is a way back."""
        row = self.row
        if row >= 0:
            shown = self.table.currentIndex().row()
            self._removed = (row, self.model.entry(row))
            self.model.remove(row)
            self.table.selectRow(min(shown, self.order.rowCount() - 1))
            self._show_form()
            self.table.setFocus()
            self.undo.offer(tr("The entry was taken away."), self._bring_back)

    def _bring_back(self) -> None:
        if self._removed is not None:
            row, entry = self._removed
            self._removed = None
            self.model.insert(min(row, self.model.rowCount()), entry)
            self._go_to(min(row, self.model.rowCount() - 1))

    def _go_to(self, row: int) -> None:
        self.choose(row)
        self._show_form()

    def _last_order(self) -> float:
        return max((one.insertion_order for one in self.model.entries), default=100)

    # ---- parts

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setProperty("look", "table")
        table.setModel(self.order)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        # The widest of a thousand rows is not looked for; the heads say how wide these are.
        header.setResizeContentsPrecision(0)
        for narrow in (ENABLED, CONSTANT, SIZE):
            header.setSectionResizeMode(narrow, QHeaderView.ResizeMode.ResizeToContents)
        for wide in (NAME, KEYS):
            header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(CONTENT, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(NAME, 110)
        table.setColumnWidth(KEYS, 160)
        return table

    def _build(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.search, 1)
        bar.addWidget(self.add)
        tools = QHBoxLayout()
        tools.setSpacing(2)
        tools.addWidget(self._sum, 1)
        for button in (self.up, self.down, self.copy, self.remove):
            tools.addWidget(button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        box.addLayout(bar)
        box.addWidget(self.table)
        box.addWidget(self._empty)
        box.addLayout(tools)
        box.addWidget(self.undo)
        box.addWidget(self.form)

    def _connect(self) -> None:
        self.model.edited.connect(self._on_edited)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_form())
        self.search.textChanged.connect(self._on_find)
        self.form.edited.connect(self._on_form)
        self.add.clicked.connect(self.add_entry)
        self.copy.clicked.connect(self.duplicate)
        self.remove.clicked.connect(self.remove_entry)
        self.up.clicked.connect(lambda: self.shift(-1))
        self.down.clicked.connect(lambda: self.shift(1))
        self._look.changed.connect(self._draw)
        for keys, call in (
            ("Alt+Up", lambda: self.shift(-1)),
            ("Alt+Down", lambda: self.shift(1)),
            ("Del", self.remove_entry),
        ):
            shortcut = QShortcut(QKeySequence(keys), self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(call)

    def _on_edited(self) -> None:
        self._fit()
        self._show_form()
        self.changed.emit()

    def _on_form(self, entry: LoreEntry) -> None:
        if self.row >= 0:
            self.model.change(self.row, entry)

    def _on_find(self, text: str) -> None:
        self.order.set_wanted(text)
        if self.order.rowCount() and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        self._fit()
        self._show_form()

    def _show_form(self) -> None:
        row = self.row
        there = 0 <= row < self.model.rowCount()
        self.form.setVisible(there)
        shown: QModelIndex = self.table.currentIndex()
        self.up.setEnabled(there and shown.row() > 0)
        self.down.setEnabled(there and shown.row() < self.order.rowCount() - 1)
        self.copy.setEnabled(there)
        self.remove.setEnabled(there)
        if there:
            self.form.show_entry(self.model.entry(row))

    def _fit(self) -> None:
        n, total = self.order.rowCount(), self.model.rowCount()
        self.table.setVisible(n > 0)
        self._empty.setVisible(n == 0)
        self.search.setVisible(total > _ROWS or bool(self.search.text()))
        self._empty.setText(
            tr("No entry holds these words.")
            if total
            else tr("Nothing yet. People, places and stories of her world belong here.")
        )
        size = sum(size_of(one.content) for one in self.model.entries if one.enabled)
        said = tr("{n} entries, about {size} in all", n=f"{total:,}", size=f"{size:,}")
        self._sum.setText(said if total else "")
        height = self._look.px(36)
        self.table.verticalHeader().setDefaultSectionSize(height)
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(head + min(_ROWS, max(1, n)) * height + 4)
        self._choose_columns()

    def _choose_columns(self) -> None:
        named = any(one.name or one.comment for one in self.model.entries)
        narrow = self.width() < self._look.px(_NARROW)
        self.table.setColumnHidden(NAME, narrow or not named)
        self.table.setColumnHidden(SIZE, narrow)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choose_columns()

    def _write(self) -> None:
        self.add.setText(tr("Add an entry"))
        self.search.setPlaceholderText(tr("Search the entries"))
        self.search.setAccessibleName(tr("Search the entries"))
        self.table.setAccessibleName(tr("What she knows of her world"))
        self._draw()

    def _draw(self) -> None:
        self.add.setIcon(icon("add", self._look.tokens.text, size=self._look.px(16)))
        self._fit()
