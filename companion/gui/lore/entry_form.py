"""One lorebook entry to write on: what matters at once, the rest folded away."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from companion.domain.character import LoreEntry
from companion.gui.buttons import push_button
from companion.gui.characters.labelled import GrowingText, Labelled, Line
from companion.gui.characters.lore_model import keys_of, keys_text, size_of
from companion.gui.icons import icon
from companion.gui.lore.entry_more import EntryMore
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr


class EntryForm(QFrame):
    """`edited` carries the entry as the user changed it; only what was changed differs from the one shown."""

    edited = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._entry = LoreEntry((), "")
        self.setProperty("look", "card")
        self.name, self.keys, self.content = (
            Line(120),
            GrowingText(least=1, most=4),
            GrowingText(least=4, most=14),
        )
        self.fields = {
            "keys": Labelled(
                self.keys, lambda: (tr("Keywords"), tr("She remembers it when one of them is mentioned."))
            ),
            "lore": Labelled(self.content, lambda: (tr("What she knows"), "")),
            "lore_name": Labelled(self.name, lambda: (tr("Name"), tr("Only for you, to find it again."))),
        }
        self.more = EntryMore()
        self.fold = push_button("link", self)
        self.fold.setCheckable(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 14, 16, 16)
        box.setSpacing(12)
        for field in self.fields.values():
            box.addWidget(field)
        box.addWidget(self.fold)
        box.addWidget(self.more)
        self.more.hide()
        self.keys.edited.connect(self._on_keys)
        self.name.edited.connect(lambda: self._put(replace(self._entry, name=self.name.text())))
        self.content.edited.connect(self._on_content)
        self.more.edited.connect(self._put)
        self.fold.toggled.connect(self._on_fold)
        look.changed.connect(self._draw)
        Texts(self).also(self._write)
        self._write()

    @property
    def entry(self) -> LoreEntry:
        return self._entry

    def show_entry(self, entry: LoreEntry) -> None:
        """Show an entry without telling."""
        same = entry == self._entry
        self._entry = entry
        if same:
            return
        # What is being typed is not put in order under the user's hands.
        if keys_of(self.keys.text(), use_regex=entry.use_regex) != entry.keys:
            self.keys.set_text(keys_text(entry))
        self.name.set_text(entry.name)
        self.content.set_text(entry.content)
        self.more.show_entry(entry)
        self._count()

    def _put(self, entry: LoreEntry) -> None:
        if entry != self._entry:
            if entry.use_regex != self._entry.use_regex:
                self.keys.set_text(keys_text(entry))
            self._entry = entry
            self.more.show_entry(entry)
            self._count()
            self.edited.emit(entry)

    def _on_keys(self) -> None:
        self._put(replace(self._entry, keys=keys_of(self.keys.text(), use_regex=self._entry.use_regex)))

    def _on_content(self) -> None:
        # A card's own line ends come back as they were unless the text itself is changed.
        if self.content.text() != self._entry.content.replace("\r\n", "\n").replace("\r", "\n"):
            self._put(replace(self._entry, content=self.content.text()))

    def _count(self) -> None:
        n = size_of(self._entry.content)
        self.fields["lore"].set_count(tr("about {n}", n=f"{n:,}") if n else "")

    def _on_fold(self, on: bool) -> None:
        self.more.setVisible(on)
        self._draw()

    def _write(self) -> None:
        self.fold.setText(tr("More: when and where she remembers it"))
        self._count()
        self._draw()

    def _draw(self) -> None:
        shape = "down" if self.fold.isChecked() else "right"
        self.fold.setIcon(icon(shape, self._look.tokens.accent, size=self._look.px(14)))
