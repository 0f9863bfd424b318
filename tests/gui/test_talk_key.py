from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from companion.domain import commands as do
from companion.gui.talk_key import combination_of, refusal
from companion.gui.window import MainWindow

pytestmark = pytest.mark.gui
CTRL = Qt.KeyboardModifier.ControlModifier


def talks(companion: Any) -> list[bool]:
    return [one.held for one in companion.posted if isinstance(one, do.Talk)]


def take(window: MainWindow, companion: Any, key: str) -> None:
    companion.settings.ears.talk_key = key
    window.apply_settings()


def test_the_key_works_while_a_text_is_written_and_writes_nothing(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    take(window, companion, "Ctrl+Space")
    field = window.panel.composer.field
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    QTest.keyPress(field, Qt.Key.Key_Space, CTRL)
    assert talks(companion) == [True]
    QTest.keyRelease(field, Qt.Key.Key_Space)  # Ctrl was let go first
    assert talks(companion) == [True, False]
    assert field.toPlainText() == ""


def test_another_key_than_the_chosen_one_does_nothing(window: MainWindow, companion: Any) -> None:
    take(window, companion, "F9")
    QTest.keyPress(window, Qt.Key.Key_F8)
    assert talks(companion) == []
    QTest.keyPress(window, Qt.Key.Key_F9)
    QTest.keyRelease(window, Qt.Key.Key_F9)
    assert talks(companion) == [True, False]


def test_the_key_works_on_pages_too(window: MainWindow, companion: Any) -> None:
    window.open_named("settings")
    QTest.keyPress(window, Qt.Key.Key_F8)
    QTest.keyRelease(window, Qt.Key.Key_F8)
    assert talks(companion) == [True, False]


def test_a_key_whose_release_goes_elsewhere_is_let_go(window: MainWindow, companion: Any) -> None:
    QTest.keyPress(window, Qt.Key.Key_F8)
    window.background.window_left()
    assert talks(companion) == [True, False]


def test_a_key_held_in_another_program_is_not_ended_by_this_window(
    window: MainWindow, companion: Any
) -> None:
    window.background.global_key.held.emit(True)
    window.background.window_left()
    assert talks(companion) == [True]
    window.background.global_key.held.emit(False)
    assert talks(companion) == [True, False]


def test_the_button_and_the_overview_name_the_key(window: MainWindow, companion: Any) -> None:
    companion.settings.ears.mode = "push_to_talk"
    take(window, companion, "Ctrl+F9")
    assert "Ctrl+F9" in window.panel.composer.microphone.toolTip()


@pytest.mark.parametrize(
    "key", ["F8", "F13", "Insert", "Pause", "Ctrl+Space", "Alt+Q", "Meta+T", "Ctrl+Alt+K"]
)
def test_keys_that_write_nothing_may_be_taken(key: str) -> None:
    combination = combination_of(key)
    assert combination is not None
    assert refusal(combination) == ""


@pytest.mark.parametrize(
    "key", ["A", "Shift+A", "5", "Space", "Return", "Tab", "Left", "Ctrl+M", "F1", "Ctrl+N"]
)
def test_keys_that_are_needed_are_refused_with_a_reason(key: str) -> None:
    combination = combination_of(key)
    assert combination is not None
    assert refusal(combination) != ""


def test_nonsense_names_no_key() -> None:
    assert combination_of("") is None
    assert combination_of("Ctrl+K, Ctrl+B") is None
    assert combination_of("F8") == QKeyCombination(Qt.Key.Key_F8)
