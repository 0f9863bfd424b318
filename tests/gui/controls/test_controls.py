from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from companion.gui.controls.bubble import Bubble
from companion.gui.controls.choice import ChoiceBox, Segments
from companion.gui.controls.grid import FlowGrid
from companion.gui.controls.sections import Sections
from companion.gui.controls.slider import ValueSlider
from companion.gui.controls.switch import Switch
from companion.gui.theme import Look

pytestmark = pytest.mark.gui


def turned() -> QWheelEvent:
    return QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_a_switch_is_thrown_by_keyboard(qtbot: QtBot, look: Look, key: Qt.Key) -> None:
    switch = Switch(look)
    qtbot.addWidget(switch)
    with qtbot.waitSignal(switch.clicked):
        qtbot.keyClick(switch, key)
    assert switch.isChecked()


def test_a_list_keeps_its_value_when_its_words_change(qtbot: QtBot) -> None:
    box = ChoiceBox()
    qtbot.addWidget(box)
    box.set_choices([("a", "One"), ("b", "Two")])
    box.set_value("b")
    box.set_choices([("a", "一"), ("b", "二")])
    assert (box.value(), box.currentText()) == ("b", "二")


def test_setting_a_value_tells_nobody(qtbot: QtBot) -> None:
    box, segments, slider = ChoiceBox(), Segments(), ValueSlider(0, 100)
    for widget in (box, segments, slider):
        qtbot.addWidget(widget)
    box.set_choices([("a", "A"), ("b", "B")])
    segments.set_choices([("a", "A"), ("b", "B")])
    told: list[object] = []
    box.picked.connect(told.append)
    segments.picked.connect(told.append)
    slider.value_changed.connect(told.append)
    box.set_value("b")
    segments.set_value("b")
    slider.set_value(40)
    assert told == []
    segments.button("a").click()
    assert told == ["a"]


def test_the_wheel_scrolls_the_page_and_changes_no_value(qtbot: QtBot) -> None:
    box, slider = ChoiceBox(), ValueSlider(0, 100)
    qtbot.addWidget(box)
    qtbot.addWidget(slider)
    box.set_choices([("a", "A"), ("b", "B")])
    slider.set_value(50)
    for widget in (box, slider.slider):
        event = turned()
        widget.wheelEvent(event)
        assert not event.isAccepted()
    assert box.value() == "a"
    assert slider.value() == 50


def test_a_hidden_part_is_not_shown(qtbot: QtBot, look: Look) -> None:
    parts = Sections(look)
    qtbot.addWidget(parts)
    parts.add("a", lambda: "A", QWidget())
    parts.add("b", lambda: "B", QWidget())
    parts.show_part("b")
    parts.set_part_visible("b", visible=False)
    assert parts.current == "a"
    parts.show_part("b")
    assert parts.current == "a"


def test_a_grid_replaces_what_it_shows(qtbot: QtBot) -> None:
    grid = FlowGrid(100)
    qtbot.addWidget(grid)
    grid.set_widgets([QLabel("a"), QLabel("b")])
    new = QLabel("c")
    grid.set_widgets([new])
    assert grid.widgets == (new,)


def test_a_bubble_is_as_high_as_its_text_and_opens_nothing(qtbot: QtBot, look: Look) -> None:
    bubble = Bubble(look)
    qtbot.addWidget(bubble)
    bubble.set_text("短")
    short = bubble.heightForWidth(300)
    bubble.set_text("很长的一句话。" * 40 + "<img src='file:///etc/passwd'>")
    assert bubble.heightForWidth(300) > 3 * short
    assert "<img" in bubble.accessibleName()
