from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from companion.gui.chat.microphone import MicrophoneButton
from companion.gui.theme import Look

pytestmark = pytest.mark.gui


@pytest.fixture
def button(qtbot: QtBot, look: Look) -> MicrophoneButton:
    made = MicrophoneButton(look)
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_click_turns_it_on_in_the_mode_used_last(button: MicrophoneButton) -> None:
    wishes: list[str] = []
    button.mode_chosen.connect(wishes.append)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    button.set_mode("hands_free")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wishes == ["hands_free", "off"]


def test_a_wish_is_not_shown_as_an_open_microphone(button: MicrophoneButton) -> None:
    closed = button.grab().toImage()
    button.set_mode("hands_free")
    wished = button.grab().toImage()
    assert not button.is_open
    button.set_stream(is_open=True, device="USB")
    opened = button.grab().toImage()
    assert closed != wished != opened
    assert "USB" in button.toolTip()


def test_the_ring_follows_the_level_only_while_the_stream_is_open(button: MicrophoneButton) -> None:
    before = button.grab().toImage()
    button.set_level(-20.0, 0.9)
    assert button.grab().toImage() == before
    button.set_stream(is_open=True, device="")
    quiet = button.grab().toImage()
    button.set_level(-20.0, 0.9)
    assert button.grab().toImage() != quiet


def test_push_to_talk_lasts_as_long_as_the_button_is_held(button: MicrophoneButton) -> None:
    held: list[bool] = []
    button.held.connect(held.append)
    button.set_mode("push_to_talk")
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert held == [True, False]


def test_holding_the_key_switches_to_push_to_talk_once(button: MicrophoneButton) -> None:
    wishes: list[str] = []
    held: list[bool] = []
    button.mode_chosen.connect(wishes.append)
    button.held.connect(held.append)
    button.hold(True)
    button.set_mode("push_to_talk")
    button.hold(True)
    button.hold(False)
    assert wishes == ["push_to_talk"]
    assert held == [True, False]


def test_its_menu_offers_all_modes_and_peace(button: MicrophoneButton) -> None:
    menu = button.menu()
    actions = [action for action in menu.actions() if not action.isSeparator()]
    assert [action.isChecked() for action in actions] == [True, False, False, False, False]
    assert all(action.toolTip() != action.text() for action in actions)
    menu.deleteLater()


def test_waiting_for_her_name_looks_different_from_hearing_all(button: MicrophoneButton) -> None:
    button.set_mode("on_call")
    button.set_stream(is_open=True, device="USB")
    free = button.grab().toImage()
    button.set_awaits_name(True)
    assert button.grab().toImage() != free
    assert "by name" in button.toolTip()


def test_while_it_is_quiet_a_click_ends_it_and_the_key_is_refused(button: MicrophoneButton) -> None:
    told: list[object] = []
    button.set_mode("push_to_talk")
    closed = button.grab().toImage()
    button.set_quiet(True)
    assert button.grab().toImage() != closed
    button.quiet_chosen.connect(told.append)
    button.held.connect(told.append)
    button.refused.connect(lambda: told.append("refused"))
    button.hold(True)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told == ["refused", False]
    assert "Click to end it" in button.toolTip()
