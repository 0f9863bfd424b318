"""How a lorebook is read: how far back, how much at once, and whether entries call each other."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QSpinBox, QWidget

from companion.gui.inert import plain_label
from companion.gui.translation import Texts, tr


class BookSettings(QWidget):
    """`changed` tells of the user's changes alone."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scan_depth, self.token_budget = _spin(1000), _spin(100_000)
        self.token_budget.setSingleStep(50)
        self.recursive = QCheckBox()
        self._names = (plain_label(tone="muted", wrap=True), plain_label(tone="muted", wrap=True))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        for row, box in enumerate((self.scan_depth, self.token_budget)):
            grid.addWidget(self._names[row], row, 0)
            grid.addWidget(box, row, 1, Qt.AlignmentFlag.AlignRight)
            box.valueChanged.connect(lambda _: self.changed.emit())
        grid.addWidget(self.recursive, 2, 0, 1, 2)
        self.recursive.toggled.connect(lambda _: self.changed.emit())
        Texts(self).also(self._write)
        self._write()

    def show_values(self, *, scan_depth: int, token_budget: int, recursive: bool) -> None:
        """Show these without telling."""
        for box, value in ((self.scan_depth, scan_depth), (self.token_budget, token_budget)):
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)
        self.recursive.blockSignals(True)
        self.recursive.setChecked(recursive)
        self.recursive.blockSignals(False)

    def value_of(self, name: str, present: int) -> int:
        """Return `scan_depth` or `token_budget` as shown; `present` where it lies beyond what can be shown."""
        box: QSpinBox = getattr(self, name)
        return present if max(box.minimum(), min(present, box.maximum())) == box.value() else box.value()

    def _write(self) -> None:
        words = (
            tr("Messages she looks back for keywords"),
            tr("How much of it she has in mind at once, at most"),
        )
        for label, box, text in zip(self._names, (self.scan_depth, self.token_budget), words, strict=True):
            label.setText(text)
            box.setAccessibleName(text)
        self.recursive.setText(tr("An entry may call up others by mentioning their keywords"))


def _spin(most: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, most)
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setFixedWidth(110)
    # A styled box leaves no room before its text.
    box.lineEdit().setTextMargins(6, 0, 6, 0)
    return box
