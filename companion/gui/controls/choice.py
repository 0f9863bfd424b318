"""One of several values: side by side where they are few and short, in a list else."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from companion.gui.buttons import push_button
from companion.gui.icons import pixmap
from companion.gui.inert import plain_name

Choices = Sequence[tuple[str, str]]


class ChoiceBox(QComboBox):
    """A list of (value, label); `picked` carries the value that the user chose."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setMaxVisibleItems(14)
        self.activated.connect(lambda at: self.picked.emit(str(self.itemData(at))))

    def set_choices(self, choices: Choices) -> None:
        """Replace the list; the present value stays if it is in the new one."""
        present = self.value()
        self.blockSignals(True)
        self.clear()
        for value, label in choices:
            self.addItem(plain_name(label, 80), value)
            self.setItemData(self.count() - 1, label, Qt.ItemDataRole.ToolTipRole)
        self.blockSignals(False)
        if self.findData(present) >= 0:
            self.set_value(present)

    def value(self) -> str:
        data = self.currentData()
        return "" if data is None else str(data)

    def set_value(self, value: str) -> None:
        """Show `value` without telling; one that is not in the list is passed over."""
        at = self.findData(value)
        if at >= 0 and at != self.currentIndex():
            self.blockSignals(True)
            self.setCurrentIndex(at)
            self.blockSignals(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Add the mark of a list, which a styled box lacks."""
        super().paintEvent(event)
        size = max(12, round(self.fontMetrics().height() * 0.75))
        group = QPalette.ColorGroup.Normal if self.isEnabled() else QPalette.ColorGroup.Disabled
        colour = self.palette().color(group, QPalette.ColorRole.Text)
        painter = QPainter(self)
        painter.setOpacity(0.75)
        x, y = self.width() - size - 10, (self.height() - size) // 2
        painter.drawPixmap(x, y, pixmap("down", colour.name(), size, self.devicePixelRatioF()))
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll unless the list has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Segments(QWidget):
    """Buttons side by side, one of them pressed; `picked` carries the value that the user chose."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_choices(self, choices: Choices) -> None:
        """Show these values; buttons whose values stay only change their words."""
        if list(self._buttons) != [value for value, _ in choices]:
            self._make([value for value, _ in choices])
        for value, label in choices:
            self._buttons[value].setText(label)
            self._buttons[value].setAccessibleName(label)

    def value(self) -> str:
        return next((value for value, button in self._buttons.items() if button.isChecked()), "")

    def set_value(self, value: str) -> None:
        """Show `value` without telling."""
        if value in self._buttons:
            self._buttons[value].setChecked(True)

    def button(self, value: str) -> QPushButton:
        return self._buttons[value]

    def _make(self, values: Sequence[str]) -> None:
        present = self.value()
        for button in self._buttons.values():
            self._group.removeButton(button)
            self._row.removeWidget(button)
            button.deleteLater()
        self._buttons = {}
        for value in values:
            button = push_button("segment", self)
            button.setCheckable(True)
            button.setChecked(value == present)
            button.clicked.connect(lambda _=False, value=value: self.picked.emit(value))
            self._group.addButton(button)
            self._row.addWidget(button)
            self._buttons[value] = button
