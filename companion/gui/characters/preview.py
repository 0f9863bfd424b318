"""How a chat with the draft will begin: her figure, her first words, and how full her memory is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from companion.domain.character import Character, FaceAssets
from companion.domain.macros import expand
from companion.domain.prompt import user_name_for
from companion.gui.buttons import push_button
from companion.gui.characters.token_bar import TokenBar
from companion.gui.characters.tokens import TokenCounts
from companion.gui.controls.bubble import Bubble
from companion.gui.inert import plain_label, plain_name
from companion.gui.stage.widget import StageWidget
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.packs.editor import CharacterDraft


class Preview(QWidget):
    """`show_draft` brings everything up to date; the stage reads its pictures in a task."""

    def __init__(self, look: Look, tasks: Tasks, face: FaceAssets, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._face, self._draft, self._user = face, CharacterDraft(), ""
        self._shown: tuple[FaceAssets, str, str] | None = None
        self._greeting = 0
        self.stage = StageWidget(tasks=tasks)
        self.stage.setMinimumHeight(150)
        self.stage.set_reduced_motion(look.reduced_motion)
        self.bubble = Bubble(look)
        self._name = plain_label(strong=True)
        self._other = push_button("link", self)
        self._other.clicked.connect(self._next_greeting)
        self.tokens = TokenBar(look)
        words = QWidget()
        inside = QVBoxLayout(words)
        inside.setContentsMargins(18, 14, 18, 14)
        inside.setSpacing(8)
        inside.addWidget(self._name)
        inside.addWidget(self.bubble)
        inside.addWidget(self._other)
        inside.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(words)
        area.setMinimumHeight(120)
        counts = QFrame()
        counts.setProperty("look", "sunken")
        below = QVBoxLayout(counts)
        below.setContentsMargins(18, 12, 18, 14)
        below.addWidget(self.tokens)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.stage, 5)
        box.addWidget(area, 4)
        box.addWidget(counts)
        look.changed.connect(self._on_look)
        Texts(self).also(self._write)

    def set_face(self, face: FaceAssets) -> None:
        """Tell what the pack has to draw."""
        self._face, self._shown = face, None

    def show_draft(self, draft: CharacterDraft, user_name: str) -> None:
        """Show the opening of a chat with `draft`."""
        self._draft, self._user = draft, user_name
        face = (
            FaceAssets(portrait=draft.portrait, background=self._face.background)
            if draft.portrait
            else self._face
        )
        shown = (face, draft.accent, draft.nickname or draft.name)
        if shown != self._shown:
            self._shown = shown
            self.stage.set_character(*shown)
        self._write()

    def show_counts(self, counts: TokenCounts) -> None:
        """Show how full her memory is."""
        self.tokens.show_counts(counts)

    def _on_look(self) -> None:
        self.stage.set_reduced_motion(self._look.reduced_motion)

    def _next_greeting(self) -> None:
        self._greeting += 1
        self._write()

    def _write(self) -> None:
        draft = self._draft
        greetings = [text for text in (draft.first_mes, *draft.alternate_greetings) if text.strip()]
        name = draft.nickname.strip() or draft.name.strip()
        person = Character("", name, Path(), language=draft.language)
        self._name.setText(plain_name(name) or tr("Without a name yet"))
        self._other.setVisible(len(greetings) > 1)
        at = self._greeting % len(greetings) if greetings else 0
        self._other.setText(tr("Another greeting ({at} of {n})", at=at + 1, n=len(greetings)))
        text = expand(greetings[at], char=name, user=user_name_for(person, self._user)) if greetings else ""
        self.bubble.set_text(text or tr("She says nothing first; you begin."))
