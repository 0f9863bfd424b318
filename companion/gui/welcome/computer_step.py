"""The fourth step: what this computer has, and what that means."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from companion.errors import CompanionError
from companion.gui.buttons import push_button
from companion.gui.icons import pixmap
from companion.gui.inert import plain_label
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.welcome.findings import Findings, find_out, parts_of, sentences_of
from companion.gui.welcome.step import step_box


class ComputerStep(QWidget):
    """Looks when it is first shown; `found` carries the findings."""

    found = Signal(object)
    models_wanted = Signal()

    def __init__(self, companion: Surface, look: Look, tasks: Tasks) -> None:
        super().__init__()
        self._companion, self._look, self._tasks = companion, look, tasks
        self._findings: Findings | None = None
        self._asked = False
        box = step_box(
            self,
            lambda: (tr("Your computer"), tr("She lives here, so how quickly she answers depends on it.")),
        )
        self._waiting = plain_label(tone="muted")
        self._parts = QFrame()
        self._parts.setProperty("look", "card")
        self._grid = QGridLayout(self._parts)
        self._grid.setContentsMargins(16, 12, 16, 12)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._meaning = QWidget()
        self._lines = QVBoxLayout(self._meaning)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(8)
        self._models = push_button("link", self)
        self._models.clicked.connect(self.models_wanted)
        box.addWidget(self._waiting)
        box.addWidget(self._parts)
        box.addWidget(self._meaning)
        box.addWidget(self._models)
        box.addStretch(1)
        self._parts.hide()
        look.changed.connect(self._fill)
        Texts(self).also(self._write)
        self._write()

    @property
    def said(self) -> list[str]:
        """The sentences that are shown."""
        return [label.text() for label in self._meaning.findChildren(QLabel) if label.text()]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._asked:
            self._asked = True
            self._tasks.run(lambda: find_out(self._companion), self._show, self._failed)

    def _show(self, findings: Findings) -> None:
        self._findings = findings
        self._fill()
        self.found.emit(findings)

    def _failed(self, error: CompanionError) -> None:
        self._asked = False
        self._waiting.setText(tr("The computer could not be looked at. You can go on all the same."))

    def _fill(self) -> None:
        if self._findings is None:
            return
        self._waiting.hide()
        self._parts.show()
        _empty(self._grid)
        _empty(self._lines)
        for row, (name, value) in enumerate(parts_of(self._findings.hardware)):
            self._grid.addWidget(plain_label(name, tone="muted"), row, 0)
            self._grid.addWidget(plain_label(value, wrap=True), row, 1)
        for good, sentence in sentences_of(self._findings):
            self._lines.addWidget(self._line(sentence, good=good))

    def _line(self, sentence: str, *, good: bool) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(2, 0, 0, 0)
        row.setSpacing(10)
        mark, size = plain_label(), self._look.px(18)
        colour = self._look.tokens.listening if good else self._look.tokens.danger
        mark.setPixmap(pixmap("check" if good else "warning", colour.name(), size, self.devicePixelRatioF()))
        mark.setFixedSize(QSize(size, size))
        row.addWidget(mark)
        row.addWidget(plain_label(sentence, wrap=True), 1)
        return line

    def _write(self) -> None:
        self._waiting.setText(tr("Having a look…"))
        self._models.setText(tr("Choose another model"))
        self._fill()


def _empty(layout: QGridLayout | QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
