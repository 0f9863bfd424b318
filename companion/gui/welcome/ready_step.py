"""The last step: she greets."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from companion.domain.character import Character
from companion.domain.macros import expand
from companion.domain.prompt import user_name_for
from companion.gui.controls.bubble import Bubble
from companion.gui.inert import plain_label, plain_name
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.welcome.step import StepHead


class ReadyStep(QWidget):
    """`meet` shows a character's greeting, as her chat will begin."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._name = ""
        self._head = StepHead(self._words)
        self.bubble = Bubble(look)
        self._hint = plain_label(size="small", tone="muted", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(14)
        box.addWidget(self._head)
        box.addSpacing(6)
        box.addWidget(self.bubble)
        box.addWidget(self._hint)
        box.addStretch(1)
        Texts(self).also(self._write)
        self._write()

    def meet(self, character: Character | None, user_name: str) -> None:
        """Show who waits, and what she says first."""
        self._name = plain_name(character.shown_name) if character is not None else ""
        greeting = ""
        if character is not None:
            user = user_name_for(character, user_name)
            greeting = expand(character.first_mes, char=character.shown_name, user=user)
        self.bubble.set_text(greeting)
        self.bubble.setVisible(bool(greeting))
        self._head.write()

    def _words(self) -> tuple[str, str]:
        if self._name:
            return tr("{name} is waiting for you", name=self._name), tr(
                "That is all. The rest comes by itself."
            )
        return tr("That is all"), tr("Choose a character on the left, then say something.")

    def _write(self) -> None:
        self._hint.setText(tr("Write below, or hold F8 and speak. F1 shows everything the keyboard can do."))
