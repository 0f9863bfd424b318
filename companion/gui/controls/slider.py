"""A slider with its value beside it; it tells of a change when the hand lets go."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from companion.gui.inert import plain_label


class _CalmSlider(QSlider):
    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll unless the slider has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ValueSlider(QWidget):
    """Whole numbers from `least` to `most`; `shown` words a value. `value_changed` comes from the user alone."""

    value_changed = Signal(int)

    def __init__(
        self,
        least: int,
        most: int,
        *,
        step: int = 5,
        shown: Callable[[int], str] = "{} %".format,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._shown = shown
        self.slider = _CalmSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(least, most)
        self.slider.setSingleStep(step)
        self.slider.setPageStep(step * 2)
        self.slider.setTracking(False)
        self.slider.setMinimumHeight(32)
        self.slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._label = plain_label()
        self._label.setMinimumWidth(56)
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.slider, 1)
        row.addWidget(self._label)
        self.setFocusProxy(self.slider)
        self.slider.sliderMoved.connect(self._say)
        self.slider.valueChanged.connect(self._on_changed)
        self._say(self.slider.value())

    def value(self) -> int:
        return self.slider.value()

    def set_value(self, value: int) -> None:
        """Show `value` without telling."""
        self.slider.blockSignals(True)
        self.slider.setValue(value)
        self.slider.blockSignals(False)
        self._say(self.slider.value())

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.slider.setAccessibleName(name)

    def _on_changed(self, value: int) -> None:
        self._say(value)
        self.value_changed.emit(value)

    def _say(self, value: int) -> None:
        self._label.setText(self._shown(value))
