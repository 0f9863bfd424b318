"""The steps of the job with a mark each, how far the present one is, and a way to stop."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.icons import pixmap
from companion.gui.inert import plain_label, plain_name
from companion.gui.sentences import said
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.voices.words import duration_words, stage_name
from companion.jobs.events import JobEvent

_MARKS = {"done": ("check", "accent"), "failed": ("warning", "danger"), "running": ("right", "accent")}
_SIZE = 16


class StepsView(QFrame):
    """`stop_wanted` asks to save and stop."""

    stop_wanted = Signal()

    def __init__(self, look: Look, stages: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._states: dict[str, str] = dict.fromkeys(stages, "pending")
        self._marks = {stage: plain_label() for stage in stages}
        self._names = {stage: plain_label() for stage in stages}
        self._last: JobEvent | None = None
        self._stopping = False
        self.setProperty("look", "card")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self._now = plain_label(tone="muted", wrap=True)
        self.stop = push_button(parent=self)
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 14, 18, 14)
        box.setSpacing(6)
        for stage in stages:
            box.addLayout(_row(self._marks[stage], self._names[stage]))
        box.addSpacing(8)
        box.addWidget(self.bar)
        foot = QHBoxLayout()
        foot.addWidget(self._now, 1)
        foot.addWidget(self.stop)
        box.addLayout(foot)
        self.stop.clicked.connect(self._on_stop)
        look.changed.connect(self._draw)
        Texts(self).also(self._write)
        self._write()
        self.show_running(False)

    @property
    def now_text(self) -> str:
        return self._now.text()

    def state_of(self, stage: str) -> str:
        return self._states[stage]

    def show_states(self, states: dict[str, str]) -> None:
        """Show the states of a job that is not running."""
        self._states |= {stage: state for stage, state in states.items() if stage in self._states}
        self._write()

    def show_running(self, on: bool) -> None:
        """Show bar and stop button, or hide them."""
        self._stopping = False
        self.stop.setEnabled(True)
        for widget in (self.bar, self._now, self.stop):
            widget.setVisible(on)

    def take(self, event: JobEvent) -> None:
        """Follow the job."""
        if event.stage not in self._states:
            return
        if event.state is not None:
            self._states[event.stage] = "running" if event.state == "finalizing" else event.state
            self.bar.setRange(0, 0)
            self._last = None
        if event.kind == "progress" and event.total:
            self.bar.setRange(0, event.total)
            self.bar.setValue(event.done)
            self._last = event
        self._write(event.msg if event.kind in ("message", "quiet") else "")

    def _on_stop(self) -> None:
        self._stopping = True
        self.stop.setEnabled(False)
        self._write()
        self.stop_wanted.emit()

    def _write(self, msg: str = "") -> None:
        for stage, label in self._names.items():
            label.setText(stage_name(stage))
            label.setProperty("weight", "strong" if self._states[stage] == "running" else "")
            label.setProperty("tone", "muted" if self._states[stage] == "pending" else "text")
            label.style().unpolish(label)
            label.style().polish(label)
        self.stop.setText(tr("Save and stop"))
        self.bar.setAccessibleName(tr("How far the present step is"))
        self._now.setText(self._line(msg))
        self._draw()

    def _line(self, msg: str) -> str:
        if self._stopping:
            return tr("Saving what is done…")
        if self._last is None:
            return plain_name(said(msg), 160)
        parts = [tr("{done} of {total}", done=self._last.done, total=self._last.total)]
        if self._last.eta_s is not None and self._last.done < self._last.total:
            parts.append(tr("about {time} left", time=duration_words(self._last.eta_s)))
        return " · ".join(parts)

    def _draw(self) -> None:
        size = self._look.px(_SIZE)
        for stage, label in self._marks.items():
            state = self._states[stage]
            name, tone = _MARKS.get(state, ("more", "outline"))
            colour = getattr(self._look.tokens, tone).name()
            label.setPixmap(pixmap(name, colour, size, self.devicePixelRatioF()))
            label.setAccessibleName(_state_words(state))


def _row(mark: QLabel, name: QLabel) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(10)
    row.addWidget(mark, 0, Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(name, 1)
    return row


def _state_words(state: str) -> str:
    return {
        "done": tr("done"),
        "running": tr("at work"),
        "failed": tr("did not work"),
        "cancelled": tr("stopped"),
        "stale": tr("is done again"),
    }.get(state, tr("to come"))
