"""How she begins, and how she talks: greetings and example dialogues."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from companion.gui.buttons import icon_button, push_button
from companion.gui.characters.form import column
from companion.gui.characters.labelled import GrowingText, Labelled
from companion.gui.icons import icon
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.packs.editor import CharacterDraft


class OpeningForm(QWidget):
    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.first_mes = GrowingText(least=3)
        self.examples = GrowingText(least=6, most=22)
        self.greetings: list[GrowingText] = []
        self._list = QWidget()
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(8)
        self.add = push_button(parent=self)
        self.add.clicked.connect(self._add)
        more = QWidget()
        inside = QVBoxLayout(more)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self._list)
        line = QHBoxLayout()
        line.addWidget(self.add)
        line.addStretch(1)
        inside.addLayout(line)
        self._fields = {
            "first_mes": Labelled(
                self.first_mes,
                lambda: (
                    tr("First words"),
                    tr("{char} stands for her name, {user} for yours.", char="{{char}}", user="{{user}}"),
                ),
            ),
            "alternate_greetings": Labelled(
                more, lambda: (tr("Other greetings"), tr("A new chat can begin with any of them."))
            ),
            "mes_example": Labelled(
                self.examples,
                lambda: (
                    tr("Example dialogues"),
                    tr(
                        "They shape how she talks more than anything else. Begin each with {start}.",
                        start="<START>",
                    ),
                ),
            ),
        }
        column(self, *self._fields.values())
        self.first_mes.edited.connect(self.changed)
        self.examples.edited.connect(self.changed)
        look.changed.connect(self._draw)
        Texts(self).also(self._write)
        self._write()

    @property
    def fields(self) -> dict[str, Labelled]:
        return self._fields

    def show_draft(self, draft: CharacterDraft) -> None:
        """Show the draft without telling."""
        self.first_mes.set_text(draft.first_mes)
        self.examples.set_text(draft.mes_example)
        for row in self._list.findChildren(_Greeting):
            self._rows.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.greetings = []
        for text in draft.alternate_greetings:
            self._append(text)

    def put_into(self, draft: CharacterDraft) -> CharacterDraft:
        """Return the draft with what stands here; empty greetings are left out."""
        return replace(
            draft,
            first_mes=self.first_mes.text(),
            mes_example=self.examples.text(),
            alternate_greetings=tuple(one.text() for one in self.greetings if one.text().strip()),
        )

    def _add(self) -> None:
        self._append("").setFocus()

    def _append(self, text: str) -> GrowingText:
        row = _Greeting(self._look)
        row.text.set_text(text)
        row.text.edited.connect(self.changed)
        row.removed.connect(lambda: self._remove(row))
        self._rows.addWidget(row)
        self.greetings.append(row.text)
        return row.text

    def _remove(self, row: _Greeting) -> None:
        self.greetings.remove(row.text)
        self._rows.removeWidget(row)
        row.hide()
        row.deleteLater()
        self.add.setFocus()
        self.changed.emit()

    def _write(self) -> None:
        self.add.setText(tr("Add a greeting"))
        self._draw()

    def _draw(self) -> None:
        self.add.setIcon(icon("add", self._look.tokens.text, size=self._look.px(16)))


class _Greeting(QWidget):
    removed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.text = GrowingText(least=2, most=8)
        texts = Texts(self)
        texts.put(self.text.setAccessibleName, "Other greeting")
        remove = icon_button(texts, look, "delete", "Take this greeting away")
        remove.clicked.connect(self.removed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        row.addWidget(remove)
