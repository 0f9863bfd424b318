"""The new voice beside a real recording: listen, keep it, train on, or go back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.icons import icon
from companion.gui.inert import plain_label
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.voices.player import Player
from companion.gui.voices.words import similarity_words
from companion.voice_training.view import JobView


class ResultView(QFrame):
    """`kept`, `revert_wanted` and `report_wanted` say what was chosen; `more_wanted` carries a length such as `1h`."""

    kept = Signal()
    more_wanted = Signal(str)
    revert_wanted = Signal()
    report_wanted = Signal(object)

    def __init__(self, look: Look, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._player = look, player
        self._view: JobView | None = None
        self._is_reverted = False
        self._players: dict[Path, QPushButton] = {}
        self.setProperty("look", "card")
        self._title = plain_label(size="lead", strong=True)
        self._line = plain_label(wrap=True)
        self._figures = plain_label(tone="muted", wrap=True)
        self._plays = QHBoxLayout()
        self._plays.setSpacing(10)
        self.keep, self.more = push_button("primary", self), push_button(parent=self)
        self.revert, self.report = push_button(parent=self), push_button("link", self)
        grid = QGridLayout()
        grid.setSpacing(10)
        for column, button in enumerate((self.keep, self.more, self.revert)):
            grid.addWidget(button, 0, column)
        grid.setColumnStretch(3, 1)
        grid.addWidget(self.report, 0, 4, Qt.AlignmentFlag.AlignRight)
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 16, 18, 16)
        box.setSpacing(10)
        box.addWidget(self._title)
        box.addWidget(self._line)
        box.addLayout(self._plays)
        box.addWidget(self._figures)
        box.addLayout(grid)
        self.keep.clicked.connect(self.kept)
        self.more.clicked.connect(lambda: self.more_wanted.emit("1h"))
        self.revert.clicked.connect(self.revert_wanted)
        self.report.clicked.connect(self._open_report)
        player.changed.connect(lambda _: self._draw())
        look.changed.connect(self._draw)
        Texts(self).also(self._write)
        self._write()

    @property
    def text(self) -> str:
        return "\n".join(label.text() for label in (self._title, self._line, self._figures))

    @property
    def players(self) -> list[QPushButton]:
        return list(self._players.values())

    def show_job(self, view: JobView) -> None:
        """Show the result of a job that is done."""
        self._view = view
        for button in self._players.values():
            self._plays.removeWidget(button)
            button.deleteLater()
        while self._plays.count():
            self._plays.takeAt(0)
        files = [*((view.real,) if view.real is not None else ()), *view.previews]
        self._players = {path: push_button(parent=self) for path in files}
        for path, button in self._players.items():
            button.clicked.connect(lambda _=False, path=path: self._player.play(path))
            self._plays.addWidget(button)
        self._plays.addStretch(1)
        self._write()

    def show_reverted(self, on: bool) -> None:
        """Show which of the two voices she has now."""
        self._is_reverted = on
        self._write()

    @property
    def is_reverted(self) -> bool:
        return self._is_reverted

    def _open_report(self) -> None:
        if self._view is not None and self._view.report is not None:
            self.report_wanted.emit(self._view.report)

    def _write(self) -> None:
        figures = self._view.figures if self._view is not None else {}
        is_similar = figures.get("kind") == "similar"
        self._title.setText(
            tr("She has a similar voice now") if is_similar else tr("She speaks with the new voice now")
        )
        self._line.setText(
            tr("Not yet as good as it should be: more time or more recordings help. Listen and decide.")
            if figures.get("passes") is False
            else tr("Listen to a recording and to her, and decide.")
        )
        self._figures.setText(_figure_words(figures))
        self._figures.setVisible(bool(self._figures.text()))
        self.keep.setText(tr("Keep it"))
        self.more.setText(tr("Train one more hour"))
        self.more.setVisible(not is_similar)
        self.revert.setText(
            tr("Take the new voice again") if self._is_reverted else tr("Take the old voice again")
        )
        self.keep.setEnabled(not self._is_reverted)
        self.report.setText(tr("All figures…"))
        self.report.setVisible(self._view is not None and self._view.report is not None)
        self._draw()

    def _draw(self) -> None:
        size, colour = self._look.px(16), self._look.tokens.text
        n = 0
        for path, button in self._players.items():
            is_real = self._view is not None and path == self._view.real
            n += not is_real
            name = tr("The recording") if is_real else tr("Her, {n}", n=n)
            is_playing = self._player.playing == str(path)
            button.setText(tr("Stop") if is_playing else name)
            button.setAccessibleName(name)
            button.setIcon(icon("close" if is_playing else "replay", colour, size=size))


def _figure_words(figures: Mapping[str, Any]) -> str:
    """Return the measured figures in words, each beside that of the real recordings."""
    parts = []
    if (similar := _number(figures, "similarity")) is not None:
        words = tr("Likeness {n} ({words})", n=f"{similar:.2f}", words=similarity_words(similar))
        parts.append(_beside(words, _number(figures, "similarity_real"), ".2f"))
    if (wrong := _number(figures, "error_rate")) is not None:
        words = tr("not understood {n} %", n=f"{100 * wrong:.0f}")
        real = _number(figures, "error_rate_real")
        parts.append(_beside(words, None if real is None else 100 * real, ".0f"))
    if (clean := _number(figures, "ovrl")) is not None:
        parts.append(
            _beside(tr("clearness {n} of 5", n=f"{clean:.1f}"), _number(figures, "ovrl_real"), ".1f")
        )
    return tr("; ").join(parts)


def _beside(words: str, real: float | None, form: str) -> str:
    return words if real is None else tr("{words}, recordings {n}", words=words, n=format(real, form))


def _number(figures: Mapping[str, Any], name: str) -> float | None:
    value = figures.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
