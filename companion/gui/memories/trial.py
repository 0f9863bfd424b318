"""A sentence to try: what would come to her mind if one said it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from companion.domain.memory import Recollected
from companion.domain.remembering.address import to_user
from companion.errors import CompanionError
from companion.gui.buttons import push_button
from companion.gui.icons import icon
from companion.gui.inert import plain_label, tame
from companion.gui.memories.words import day
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_SHOWN: Final = 8
Recollect = Callable[[str], list[Recollected]]


class Trial(QWidget):
    """Folded at first. `recollect` runs in a task; `failed` carries its error."""

    failed = Signal(object)

    def __init__(self, look: Look, tasks: Tasks, recollect: Recollect) -> None:
        super().__init__()
        self._look, self._tasks, self._recollect = look, tasks, recollect
        self._asked = 0
        self._found: list[Recollected] | None = None
        self._shown: list[QWidget] = []
        self.fold = push_button("link", self)
        self.fold.setCheckable(True)
        self.field = QLineEdit()
        self.field.setMaxLength(400)
        self.ask = push_button(parent=self)
        self._answers = QVBoxLayout()
        self._answers.setSpacing(6)
        self._part = self._make_part()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(self._part)
        self.fold.toggled.connect(self._unfold)
        self.field.returnPressed.connect(self._run)
        self.ask.clicked.connect(self._run)
        look.changed.connect(self._draw)
        Texts(self).also(self._write)
        self._write()

    @property
    def answers(self) -> list[str]:
        """What is said to have come to her mind."""
        return [widget.accessibleName() for widget in self._shown]

    def _make_part(self) -> QFrame:
        part = QFrame()
        part.setProperty("look", "card")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.ask)
        inside = QVBoxLayout(part)
        inside.setContentsMargins(14, 12, 14, 12)
        inside.setSpacing(10)
        inside.addLayout(row)
        inside.addLayout(self._answers)
        part.hide()
        return part

    def _unfold(self, on: bool) -> None:
        self._part.setVisible(on)
        self._draw()
        if on:
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _run(self) -> None:
        text = self.field.text().strip()
        if not text:
            return
        self._asked += 1
        asked = self._asked
        self.ask.setEnabled(False)
        self._tasks.run(lambda: (asked, self._recollect(text)), self._show, self._fail)

    def _fail(self, error: CompanionError) -> None:
        self.ask.setEnabled(True)
        self.failed.emit(error)

    def _show(self, answer: tuple[int, list[Recollected]]) -> None:
        asked, found = answer
        if asked == self._asked:
            self.ask.setEnabled(True)
            self._found = found
            self._list(found[:_SHOWN])

    def _list(self, found: Sequence[Recollected]) -> None:
        for widget in self._shown:
            self._answers.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._shown = [_answer(one) for one in found] or [_nothing()]
        for widget in self._shown:
            self._answers.addWidget(widget)

    def _write(self) -> None:
        self.fold.setText(tr("Try what comes to her mind"))
        self.field.setPlaceholderText(tr("Say something, for example: where do I live?"))
        self.field.setAccessibleName(tr("A sentence to try"))
        self.ask.setText(tr("Try"))
        if self._found is not None:
            self._list(self._found[:_SHOWN])
        self._draw()

    def _draw(self) -> None:
        name = "down" if self.fold.isChecked() else "right"
        self.fold.setIcon(icon(name, self._look.tokens.accent, size=self._look.px(18)))


def _nothing() -> QWidget:
    label = plain_label(tr("Nothing would come to her mind."), tone="muted", wrap=True)
    label.setAccessibleName(label.text())
    return label


def _answer(one: Recollected) -> QWidget:
    widget = QWidget()
    kind = tr("memory") if one.memory is not None else tr("words from a chat")
    below = " · ".join(part for part in (kind, day(one.at) if one.at else "") if part)
    text = tame(to_user(one.text), 400)
    box = QVBoxLayout(widget)
    box.setContentsMargins(2, 0, 0, 0)
    box.setSpacing(0)
    box.addWidget(plain_label(text, wrap=True))
    box.addWidget(plain_label(below, size="small", tone="muted"))
    widget.setAccessibleName(text)
    return widget
