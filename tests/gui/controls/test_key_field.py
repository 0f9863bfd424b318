from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from companion.gui.controls.key_field import KeyField
from companion.gui.controls.time_field import TimeField
from companion.gui.theme import Look

pytestmark = pytest.mark.gui


@pytest.fixture
def field(qtbot: QtBot, look: Look) -> KeyField:
    made = KeyField()
    made.set_value("F8")
    qtbot.addWidget(made)
    made.show()
    made.button.setFocus()
    qtbot.waitUntil(made.button.hasFocus)
    return made


def test_a_click_and_a_key_choose_it(field: KeyField) -> None:
    told: list[str] = []
    field.picked.connect(told.append)
    QTest.mouseClick(field.button, Qt.MouseButton.LeftButton)
    assert field.button.text() == "Press a key…"
    QTest.keyClick(field.button, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert told == ["Ctrl+Space"]
    assert field.button.text() == "Ctrl+Space"


def test_a_key_that_is_needed_elsewhere_is_refused_and_another_is_waited_for(field: KeyField) -> None:
    told: list[str] = []
    field.picked.connect(told.append)
    QTest.mouseClick(field.button, Qt.MouseButton.LeftButton)
    QTest.keyClick(field.button, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert "already used" in field.refused
    QTest.keyClick(field.button, Qt.Key.Key_Tab)
    assert "needed for writing" in field.refused
    assert field.button.hasFocus()
    QTest.keyClick(field.button, Qt.Key.Key_F9)
    assert told == ["F9"]
    assert field.refused == ""


def test_esc_and_leaving_keep_the_key(field: KeyField) -> None:
    for leave in (lambda: QTest.keyClick(field.button, Qt.Key.Key_Escape), field.button.clearFocus):
        QTest.mouseClick(field.button, Qt.MouseButton.LeftButton)
        leave()
        assert field.value() == "F8"
        assert field.button.text() == "F8"
        field.button.setFocus()


def test_a_time_is_told_only_when_the_user_sets_it(qtbot: QtBot) -> None:
    field = TimeField()
    qtbot.addWidget(field)
    told: list[str] = []
    field.picked.connect(told.append)
    field.set_value("23:00")
    assert (field.value(), told) == ("23:00", [])
    field.stepUp()
    assert told == ["00:00"]
