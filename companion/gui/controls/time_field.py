"""A time of the day."""

from __future__ import annotations

from PySide6.QtCore import QTime, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QTimeEdit, QWidget

_FORMAT = "HH:mm"


class TimeField(QTimeEdit):
    """`picked` carries the time as `HH:mm`; the wheel scrolls the page unless the field has the focus."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDisplayFormat(_FORMAT)
        self.setKeyboardTracking(False)
        self.setWrapping(True)
        self.setFixedWidth(120)
        # A styled box leaves no room before its text.
        self.lineEdit().setTextMargins(6, 0, 6, 0)
        self.timeChanged.connect(lambda time: self.picked.emit(time.toString(_FORMAT)))

    def value(self) -> str:
        return self.time().toString(_FORMAT)

    def set_value(self, time: str) -> None:
        """Show `time` without telling."""
        self.blockSignals(True)
        self.setTime(QTime.fromString(time, _FORMAT))
        self.blockSignals(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
