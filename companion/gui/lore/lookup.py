"""Ask her documents: a question, the passages that answer it, and the way to where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from companion.domain.passages import FoundPassage
from companion.errors import CompanionError
from companion.gui.buttons import push_button
from companion.gui.inert import plain_label, tame
from companion.gui.lore.chapters import marks
from companion.gui.lore.marked_text import MarkedText, Spans
from companion.gui.lore.words import fit_of, place_of
from companion.gui.notices import notice_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_PAUSE_MS: Final = 300
_MOST: Final = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """A passage, and where words of the question stand in its text."""

    found: FoundPassage
    marks: Spans


class AnswerCard(QFrame):
    """`source_wanted` carries the passage."""

    source_wanted = Signal(object)

    def __init__(self, look: Look, answer: Answer, rank: int) -> None:
        super().__init__()
        self.answer, self._rank = answer, rank
        self.setProperty("look", "card")
        self._place = plain_label(size="small", tone="muted", wrap=True)
        self._fit = plain_label(size="small", tone="accent" if answer.found.confident else "muted")
        self.text = MarkedText(look, grows=True)
        self.open = push_button("link", self)
        top = QHBoxLayout()
        top.addWidget(self._place, 1)
        top.addWidget(self._fit, 0, Qt.AlignmentFlag.AlignTop)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 10, 14, 8)
        box.setSpacing(6)
        box.addLayout(top)
        box.addWidget(self.text)
        box.addWidget(self.open, 0, Qt.AlignmentFlag.AlignLeft)
        self.open.clicked.connect(lambda: self.source_wanted.emit(answer.found))
        self.text.show_text(answer.found.text, strong=answer.marks)
        Texts(self).also(self._write)
        self._write()

    def _write(self) -> None:
        place = place_of(self.answer.found.passage)
        self._place.setText(place)
        self._fit.setText(fit_of(self.answer.found, self._rank))
        self.open.setText(tr("Open in the source"))
        self.open.setAccessibleName(f"{self.open.text()}: {place}")
        self.text.setAccessibleName(place)


class Lookup(QWidget):
    """`source_wanted` carries a found passage."""

    source_wanted = Signal(object)

    def __init__(self, companion: Surface, look: Look, tasks: Tasks, character: str) -> None:
        super().__init__()
        self._companion, self._look, self._tasks, self._character = companion, look, tasks, character
        self.field = QLineEdit()
        self.field.setClearButtonEnabled(True)
        self.field.setMaxLength(400)
        self._said = plain_label(tone="muted", wrap=True)
        self.cards: list[AnswerCard] = []
        self._shown: list[Answer] | None = None
        self._is_running = self._again = False
        self._later = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._later.timeout.connect(self.run)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(10)
        self._box.addWidget(self.field)
        self._box.addWidget(self._said)
        self._box.addStretch(1)
        self.setFocusProxy(self.field)
        self.field.textEdited.connect(lambda _: self._later.start())
        self.field.textChanged.connect(lambda text: None if text else self._show([]))
        self.field.returnPressed.connect(self.run)
        Texts(self).also(self._write)
        self._write()

    @property
    def said(self) -> str:
        return self._said.text()

    def ask(self, text: str) -> None:
        """Search for `text`."""
        self.field.setText(text)
        self.run()

    def run(self) -> None:
        """Search in a task; what is typed meanwhile is searched after it."""
        self._later.stop()
        query, lore, id_ = self.field.text().strip(), self._companion.lore, self._character
        if not query:
            self._show([])
        elif self._is_running:
            self._again = True
        else:
            self._is_running = True
            self._tasks.run(
                lambda: [
                    Answer(one, marks(one.text, query))
                    for one in map(_tamed, lore.search(id_, query, limit=_MOST))
                ],
                self._on_found,
                self._on_failed,
            )

    def _on_found(self, answers: list[Answer]) -> None:
        self._is_running = False
        if self._again:
            self._again = False
            self.run()
        else:
            self._show(answers)

    def _on_failed(self, error: CompanionError) -> None:
        self._is_running = self._again = False
        self._show([])
        said = notice_text(error.what, error.hint, error.code)
        self._said.setText(said.whole)

    def _show(self, answers: Sequence[Answer]) -> None:
        for card in self.cards:
            self._box.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [AnswerCard(self._look, one, rank) for rank, one in enumerate(answers, 1)]
        for at, card in enumerate(self.cards):
            card.source_wanted.connect(self.source_wanted)
            self._box.insertWidget(2 + at, card)
        self._shown = list(answers)
        self._say()

    def _say(self) -> None:
        if not self.field.text().strip():
            said = tr("Ask as you would ask her. What is found here is what she can draw on.")
        elif not self._shown:
            said = tr("Nothing was found. Say it in other words.")
        elif not self._shown[0].found.confident:
            said = tr("Nothing really answers this; these come nearest.")
        else:
            said = ""
        self._said.setText(said)
        self._said.setVisible(bool(said))

    def _write(self) -> None:
        self.field.setPlaceholderText(tr("For example: how did they meet?"))
        self.field.setAccessibleName(tr("Look something up in her documents"))
        self._say()


def _tamed(found: FoundPassage) -> FoundPassage:
    return replace(found, text=tame(found.text, 4_000))
