from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from companion.gui.shortcuts import ShortcutPage, shortcuts, shown_keys
from companion.gui.window import MainWindow

pytestmark = pytest.mark.gui


def test_no_two_actions_of_the_window_share_their_keys() -> None:
    keys = Counter(QKeySequence(one.keys).toString() for one in shortcuts() if not one.elsewhere)
    assert [key for key, n in keys.items() if n > 1 or not key] == []


def test_the_window_has_an_action_for_every_key_it_promises(window: MainWindow) -> None:
    bound = {action.shortcut().toString() for action in window.actions()}
    promised = {QKeySequence(one.keys).toString() for one in shortcuts() if not one.elsewhere}
    assert promised <= bound


def test_keys_are_named_as_on_a_chinese_keyboard(chinese: None) -> None:
    assert shown_keys("Shift+Return") == "Shift+回车"
    assert shown_keys("Space") == "空格"


def test_the_overview_shows_every_key(qtbot: QtBot) -> None:
    page = ShortcutPage()
    qtbot.addWidget(page)
    shown = {child.text() for child in page.widget().findChildren(QLabel)}
    for one in shortcuts():
        assert one.text in shown
