"""The second step: how one is called, and whom to meet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from companion.domain.character import Character, PackReport
from companion.gui.controls.grid import FlowGrid
from companion.gui.inert import plain_label
from companion.gui.portraits import Portraits
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.welcome.portrait_button import PortraitButton
from companion.gui.welcome.step import step_box


class CharacterStep(QWidget):
    """`chosen` carries the character that is meant, also the first one by itself; `changed` that the name was set."""

    chosen = Signal(object)
    changed = Signal()

    def __init__(self, companion: Surface, look: Look, tasks: Tasks, portraits: Portraits) -> None:
        super().__init__()
        self._companion, self._look, self._tasks, self._portraits = companion, look, tasks, portraits
        self.character: Character | None = None
        box = step_box(
            self,
            lambda: (
                tr("Whom would you like to meet?"),
                tr("You can change at any time, and make characters of your own."),
            ),
        )
        self._name_title = plain_label(strong=True)
        self.name = QLineEdit(companion.settings.general.user_name)
        self.name.setMaxLength(40)
        self.name.textEdited.connect(self._set_name)
        self._name_title.setBuddy(self.name)
        self.people = FlowGrid(look.px(148))
        self._empty = plain_label(tone="muted", wrap=True)
        self._empty.hide()
        box.addWidget(self.people)
        box.addWidget(self._empty)
        box.addWidget(self._name_title)
        box.addWidget(self.name)
        box.addStretch(1)
        Texts(self).also(self._write)
        self._write()
        tasks.run(lambda: (companion.characters(), companion.default_character()), self._show)

    def _show(self, found: tuple[Sequence[PackReport], str]) -> None:
        reports, first = found
        people = [one.character for one in reports if one.character is not None]
        buttons = []
        for character in people:
            button = PortraitButton(character, self._look, self._portraits)
            button.clicked.connect(lambda _=False, one=character: self._choose(one))
            button.setChecked(character.id == first)
            buttons.append(button)
        self.people.set_widgets(buttons)
        self._empty.setVisible(not people)
        wanted = next((one for one in people if one.id == first), None)
        if wanted is not None and self.character is None:
            self._choose(wanted)

    def _choose(self, character: Character) -> None:
        self.character = character
        self.chosen.emit(character)

    def _set_name(self, name: str) -> None:
        self._companion.settings.general.user_name = name.strip()
        self.changed.emit()

    def _write(self) -> None:
        self._name_title.setText(tr("What should she call you?"))
        self.name.setPlaceholderText(tr("Your name, or leave it empty"))
        self.name.setAccessibleName(tr("What should she call you?"))
        self._empty.setText(tr("There are no characters here. Add one later from the sidebar."))
