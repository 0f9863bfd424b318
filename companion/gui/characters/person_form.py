"""Who she is: name, language, description, personality, scene."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from companion.gui.characters.form import column
from companion.gui.characters.labelled import GrowingText, Labelled, Line
from companion.gui.controls.choice import Segments
from companion.gui.translation import Texts, tr
from companion.packs.editor import CharacterDraft


class PersonForm(QWidget):
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name, self.nickname = Line(80), Line(40)
        self.language = Segments()
        self.description, self.personality, self.scenario = (
            GrowingText(least=5),
            GrowingText(least=3),
            GrowingText(least=2),
        )
        self._fields = {
            "name": Labelled(self.name, lambda: (tr("Name"), "")),
            "nickname": Labelled(self.nickname, lambda: (tr("What she is called"), "")),
            "language": Labelled(self.language, lambda: (tr("She speaks"), "")),
            "description": Labelled(
                self.description,
                lambda: (
                    tr("About her"),
                    tr("Who she is, how she looks, what she does. Write it to her: “You are …”."),
                ),
            ),
            "personality": Labelled(
                self.personality, lambda: (tr("Character"), tr("How she talks and what she is like."))
            ),
            "scenario": Labelled(
                self.scenario, lambda: (tr("Scene"), tr("Where you two are when you meet."))
            ),
        }
        names = QWidget()
        row = QHBoxLayout(names)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        row.addWidget(self._fields["name"], 1)
        row.addWidget(self._fields["nickname"], 1)
        column(
            self,
            names,
            *(self._fields[name] for name in ("language", "description", "personality", "scenario")),
        )
        for field in (self.name, self.nickname, self.description, self.personality, self.scenario):
            field.edited.connect(self.changed)
        self.language.picked.connect(lambda _: self.changed.emit())
        Texts(self).also(self._write)
        self._write()

    @property
    def fields(self) -> dict[str, Labelled]:
        return self._fields

    def show_draft(self, draft: CharacterDraft) -> None:
        """Show the draft without telling."""
        self.name.set_text(draft.name)
        self.nickname.set_text(draft.nickname)
        self.language.set_value(draft.language)
        self.description.set_text(draft.description)
        self.personality.set_text(draft.personality)
        self.scenario.set_text(draft.scenario)

    def put_into(self, draft: CharacterDraft) -> CharacterDraft:
        """Return the draft with what stands here."""
        return replace(
            draft,
            name=self.name.text(),
            nickname=self.nickname.text(),
            language=cast(Literal["zh", "en"], self.language.value() or draft.language),
            description=self.description.text(),
            personality=self.personality.text(),
            scenario=self.scenario.text(),
        )

    def _write(self) -> None:
        self.nickname.setPlaceholderText(tr("Empty: her name."))
        self.language.set_choices([("zh", tr("Chinese")), ("en", tr("English"))])
