"""The control that fits a setting: switch, list, slider, number, text, device, model, key or time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QLineEdit, QSpinBox, QWidget

from companion.gui.controls.choice import ChoiceBox, Segments
from companion.gui.controls.key_field import KeyField
from companion.gui.controls.language import shows_chinese
from companion.gui.controls.slider import ValueSlider
from companion.gui.controls.switch import Switch
from companion.gui.controls.time_field import TimeField
from companion.gui.preferences.choosers import DeviceChooser, ModelChooser
from companion.gui.preferences.fields import SettingField
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import tr
from companion.settings import Effect

Changed = Callable[[Any], None]
# Half-width characters that fit side by side.
_SIDE_BY_SIDE: Final = 28


@dataclass(frozen=True, slots=True)
class Control:
    """`show` puts a value in without telling; `translate` takes up the words of the language."""

    widget: QWidget
    show: Callable[[Any], None]
    translate: Callable[[], None] = lambda: None


class CalmSpinBox(QSpinBox):
    """A number; the wheel scrolls the page unless it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # A styled box leaves no room before its text.
        self.lineEdit().setTextMargins(6, 0, 6, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def make_control(
    field: SettingField, companion: Surface, look: Look, tasks: Tasks, changed: Changed
) -> Control:
    """Return the control of `field`; `changed` gets each value that the user sets."""
    match field.shape:
        case "switch":
            return _switch(look, changed)
        case "choice":
            return _choice(field, changed)
        case "percent":
            slider = ValueSlider(field.least, field.most, shown=lambda n: tr("{n} %", n=n))
            slider.value_changed.connect(changed)
            return Control(slider, slider.set_value)
        case "number":
            return _number(field, changed)
        case "device":
            devices = DeviceChooser(companion, tasks, "input" if field.detail == "input" else "output")
            devices.picked.connect(changed)
            return Control(devices, devices.set_value)
        case "model":
            models = ModelChooser(
                companion, tasks, "recogniser" if field.detail == "recogniser" else "language"
            )
            models.picked.connect(changed)
            return Control(models, models.set_value)
        case "key":
            key = KeyField()
            key.picked.connect(changed)
            return Control(key, key.set_value)
        case "time":
            time = TimeField()
            time.picked.connect(changed)
            return Control(time, time.set_value)
        case _:
            return _text(field, changed)


def _switch(look: Look, changed: Changed) -> Control:
    switch = Switch(look)
    switch.clicked.connect(lambda checked: changed(bool(checked)))
    return Control(switch, lambda value: switch.setChecked(bool(value)))


def _choice(field: SettingField, changed: Changed) -> Control:
    is_short = sum(_breadth(label) for _, label in field.labels(chinese=False)) <= _SIDE_BY_SIDE
    widget: Segments | ChoiceBox = Segments() if is_short else ChoiceBox()
    widget.picked.connect(changed)

    def translate() -> None:
        widget.set_choices(field.labels(chinese=shows_chinese()))

    translate()
    return Control(widget, widget.set_value, translate)


def _breadth(label: str) -> int:
    return sum(1 if character.isascii() else 2 for character in label)


def _number(field: SettingField, changed: Changed) -> Control:
    box = CalmSpinBox()
    box.setRange(field.least, field.most)
    box.setSingleStep(512 if field.most > 10_000 else 50 if field.most > 1_000 and field.least > 100 else 1)
    box.setKeyboardTracking(False)
    box.setGroupSeparatorShown(True)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setFixedWidth(120)

    def show(value: Any) -> None:
        box.blockSignals(True)
        box.setValue(int(value))
        box.blockSignals(False)

    box.valueChanged.connect(changed)
    return Control(box, show)


def _text(field: SettingField, changed: Changed) -> Control:
    line = QLineEdit()
    if field.longest:
        line.setMaxLength(field.longest)
    if field.shape == "secret":
        line.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit)
    if field.effect is Effect.RELOAD:
        # Each letter would start the worker anew.
        line.editingFinished.connect(lambda: changed(line.text()))
    else:
        line.textEdited.connect(changed)

    def show(value: Any) -> None:
        if line.text() != value:
            line.setText(str(value))

    return Control(line, show)
