"""What the recordings are good for: minutes kept, minutes dropped and why, what to record next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label, plain_name
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.voices.words import duration_words, level_words, reason_words


class VerdictView(QFrame):
    """Shows `verdict.json` of a job; `review_wanted` leads to the pieces."""

    review_wanted = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._verdict: Mapping[str, Any] = {}
        self.setProperty("look", "card")
        self._level = plain_label(size="lead", strong=True)
        self._meaning = plain_label(wrap=True)
        self._kept = plain_label(wrap=True)
        self._dropped = plain_label(tone="muted", wrap=True)
        self._next_title = plain_label(strong=True, wrap=True)
        self._next = plain_label(wrap=True)
        self.copy, self.review = push_button(parent=self), push_button(parent=self)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addWidget(self.review)
        buttons.addWidget(self.copy)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 16, 18, 16)
        box.setSpacing(8)
        for label in (self._level, self._meaning, self._kept, self._dropped):
            box.addWidget(label)
        box.addSpacing(8)
        box.addWidget(self._next_title)
        box.addWidget(self._next)
        box.addLayout(buttons)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText("\n".join(self.sentences)))
        self.review.clicked.connect(self.review_wanted)
        Texts(self).also(self._write)
        self._write()

    @property
    def sentences(self) -> list[str]:
        """The sentences to record next."""
        return [str(one) for one in self._verdict.get("record_next") or ()]

    @property
    def text(self) -> str:
        labels = (self._level, self._meaning, self._kept, self._dropped, self._next_title, self._next)
        return "\n".join(label.text() for label in labels if label.text())

    def show_verdict(self, verdict: Mapping[str, Any]) -> None:
        """Show a verdict; an empty one hides the card."""
        self._verdict = verdict
        self.setVisible(bool(verdict))
        self._write()

    def _write(self) -> None:
        verdict = self._verdict
        self.copy.setText(tr("Copy the sentences"))
        self.review.setText(tr("Go through the pieces again"))
        title, meaning = level_words(str(verdict.get("level", "")))
        self._level.setText(title)
        self._meaning.setText(meaning)
        kept_s, n_kept = float(verdict.get("kept_s", 0.0)), int(verdict.get("n_kept", 0))
        self._kept.setText(tr("{time} can be used, in {n} pieces.", time=duration_words(kept_s), n=n_kept))
        dropped = [one for one in verdict.get("dropped") or () if isinstance(one, Mapping)]
        reasons = [
            tr(
                "{reason}: {n} ({time})",
                reason=reason_words(str(one.get("reason"))),
                n=one.get("n_clips"),
                time=duration_words(float(one.get("seconds") or 0.0)),
            )
            for one in dropped
        ]
        self._dropped.setText(tr("Left out: {reasons}", reasons=tr(", ").join(reasons)) if reasons else "")
        self._dropped.setVisible(bool(reasons))
        self._next_title.setText(tr("These sentences would help most if you recorded more:"))
        numbered = [f"{n}. {plain_name(one, 200)}" for n, one in enumerate(self.sentences, start=1)]
        self._next.setText("\n".join(numbered))
        for widget in (self._next_title, self._next, self.copy):
            widget.setVisible(bool(numbered))
