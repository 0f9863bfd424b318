"""What she knows of her world: a table of entries, and the chosen one below it to write on."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from companion.gui.buttons import icon_button, push_button
from companion.gui.characters.labelled import GrowingText, Labelled
from companion.gui.characters.lore_model import (
    CONSTANT,
    CONTENT,
    ENABLED,
    KEYS,
    LoreModel,
    keys_of,
    keys_text,
)
from companion.gui.icons import icon
from companion.gui.inert import plain_label
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.packs.editor import CharacterDraft


class LoreForm(QWidget):
    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.model = LoreModel(self)
        self.table = self._make_table()
        self._intro = plain_label(tone="muted", wrap=True)
        self._empty = plain_label(tone="muted", wrap=True)
        texts = Texts(self)
        self.add = push_button(parent=self)
        self.remove = icon_button(texts, look, "delete", "Take this entry away")
        self.keys, self.content = GrowingText(least=1, most=4), GrowingText(least=4, most=14)
        self._fields = {
            "keys": Labelled(
                self.keys, lambda: (tr("Keywords"), tr("She remembers it when one of them is mentioned."))
            ),
            "lore": Labelled(self.content, lambda: (tr("What she knows"), "")),
        }
        self._detail = QFrame()
        self._detail.setProperty("look", "card")
        inside = QVBoxLayout(self._detail)
        inside.setContentsMargins(16, 14, 16, 16)
        inside.setSpacing(12)
        for field in self._fields.values():
            inside.addWidget(field)
        bar = QHBoxLayout()
        bar.addWidget(self.add)
        bar.addStretch(1)
        bar.addWidget(self.remove)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        for widget in (self._intro, self.table, self._empty):
            box.addWidget(widget)
        box.addLayout(bar)
        box.addWidget(self._detail)
        box.addStretch(1)
        self._connect()
        texts.also(self._write)
        self._write()
        self._show_detail()

    @property
    def fields(self) -> dict[str, Labelled]:
        return self._fields

    def show_draft(self, draft: CharacterDraft) -> None:
        """Show the draft without telling."""
        if draft.lore != self.model.entries:
            self.model.show_entries(draft.lore)
        if draft.lore and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        self._fit()
        self._show_detail()

    def put_into(self, draft: CharacterDraft) -> CharacterDraft:
        """Return the draft with what stands here; entries without content and keys are left out."""
        return replace(
            draft, lore=tuple(one for one in self.model.entries if one.content.strip() or one.keys)
        )

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setProperty("look", "table")
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for narrow in (ENABLED, CONSTANT):
            header.setSectionResizeMode(narrow, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(KEYS, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(CONTENT, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(KEYS, 170)
        return table

    def _connect(self) -> None:
        self.model.edited.connect(self._on_edited)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_detail())
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.keys.edited.connect(self._on_keys)
        self.content.edited.connect(self._on_content)
        self._look.changed.connect(self._draw)

    def _on_edited(self) -> None:
        self._fit()
        self.changed.emit()

    def _add(self) -> None:
        row = self.model.append()
        self.table.selectRow(row)
        self._show_detail()
        self.keys.setFocus()

    def _remove(self) -> None:
        row = self.table.currentIndex().row()
        if row >= 0:
            self.model.remove(row)
            self._show_detail()
            self.table.setFocus()

    def _on_keys(self) -> None:
        row = self.table.currentIndex().row()
        if row >= 0:
            entry = self.model.entry(row)
            keys = keys_of(self.keys.text(), use_regex=entry.use_regex)
            self.model.change(row, replace(entry, keys=keys))

    def _on_content(self) -> None:
        row = self.table.currentIndex().row()
        if row >= 0:
            self.model.change(row, replace(self.model.entry(row), content=self.content.text()))

    def _show_detail(self) -> None:
        row = self.table.currentIndex().row()
        there = 0 <= row < self.model.rowCount()
        self._detail.setVisible(there)
        self.remove.setEnabled(there)
        if there:
            entry = self.model.entry(row)
            if keys_of(self.keys.text(), use_regex=entry.use_regex) != entry.keys:
                self.keys.set_text(keys_text(entry))
            self.content.set_text(entry.content)

    def _fit(self) -> None:
        n = self.model.rowCount()
        self.table.setVisible(n > 0)
        self._empty.setVisible(n == 0)
        height = self._look.px(36)
        self.table.verticalHeader().setDefaultSectionSize(height)
        self.table.setFixedHeight(
            self.table.horizontalHeader().sizeHint().height() + min(8, max(1, n)) * height + 4
        )

    def _write(self) -> None:
        self._intro.setText(
            tr(
                "She has these in mind only when they come up, so there may be many. “Always” keeps one in mind."
            )
        )
        self._empty.setText(tr("Nothing yet. People, places and stories of her world belong here."))
        self.add.setText(tr("Add an entry"))
        self.table.setAccessibleName(tr("What she knows of her world"))
        self._draw()

    def _draw(self) -> None:
        self.add.setIcon(icon("add", self._look.tokens.text, size=self._look.px(16)))
        self._fit()
