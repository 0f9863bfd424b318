"""Two people speak in the recordings: hear both, and say whose voice is wanted."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.voices.player import Player
from companion.voice_training.view import JobView


class SpeakerQuestion(QFrame):
    """`answered` carries 0 for the more frequent speaker, 1 for the other."""

    answered = Signal(int)

    def __init__(self, look: Look, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        del look
        self._player = player
        self._view: JobView | None = None
        self.setProperty("look", "card")
        self._title = plain_label(size="lead", strong=True, wrap=True)
        self._line = plain_label(tone="muted", wrap=True)
        self._names = [plain_label(), plain_label()]
        self.listen = [push_button(parent=self), push_button(parent=self)]
        self.choose = [push_button("primary", self), push_button("primary", self)]
        grid = QGridLayout()
        grid.setSpacing(10)
        for row in range(2):
            grid.addWidget(self._names[row], row, 0)
            grid.addWidget(self.listen[row], row, 1)
            grid.addWidget(self.choose[row], row, 2)
            self.listen[row].clicked.connect(lambda _=False, row=row: self._play(row))
            self.choose[row].clicked.connect(lambda _=False, row=row: self.answered.emit(row))
        grid.setColumnStretch(0, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 16, 18, 16)
        box.setSpacing(10)
        box.addWidget(self._title)
        box.addWidget(self._line)
        box.addLayout(grid)
        player.changed.connect(lambda _: self._write())
        Texts(self).also(self._write)
        self._write()

    @property
    def text(self) -> str:
        return "\n".join(label.text() for label in (self._title, self._line, *self._names))

    def show_job(self, view: JobView) -> None:
        """Show the two speakers of a job."""
        self._view = view
        self._write()

    def _file(self, row: int) -> Path | None:
        if self._view is None or len(self._view.speakers) <= row or not self._view.speakers[row]:
            return None
        return self._view.folder / "clips" / f"{self._view.speakers[row][0]}.wav"

    def _play(self, row: int) -> None:
        if (path := self._file(row)) is not None:
            self._player.play(path)

    def _write(self) -> None:
        self._title.setText(tr("Two people speak in these recordings"))
        self._line.setText(tr("Whose voice is it to be? Only her pieces are used."))
        groups = self._view.speakers if self._view is not None else ()
        words = (tr("The first voice"), tr("The second voice"))
        for row in range(2):
            n = len(groups[row]) if len(groups) > row else 0
            self._names[row].setText(tr("{name}, {n} pieces", name=words[row], n=n))
            self._set(self.listen[row], row, words[row])
            self.choose[row].setText(tr("This one"))
            self.choose[row].setAccessibleName(f"{tr('This one')}: {words[row]}")

    def _set(self, button: QPushButton, row: int, name: str) -> None:
        playing = bool(self._player.playing) and self._player.playing == str(self._file(row))
        button.setText(tr("Stop") if playing else tr("Listen"))
        button.setAccessibleName(f"{button.text()}: {name}")
