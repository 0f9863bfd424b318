"""The rules of the key on Windows, with that system's two libraries stood in for."""

from __future__ import annotations

import queue
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QKeyCombination, QObject, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from companion.gui.global_key import windows
from companion.gui.global_key.windows import WindowsKey

pytestmark = pytest.mark.gui
HOTKEY, QUIT = 0x0312, 0x0012


class RuleUser32:
    """Keeps to what user32 promises: one owner per key, messages in order, GetMessageW 0 on WM_QUIT."""

    def __init__(self) -> None:
        self.messages: queue.Queue[int] = queue.Queue()
        self.registered: dict[tuple[int, int], bool] = {}
        self.is_down = False

    def RegisterHotKey(self, window: object, id_: int, modifiers: int, code: int) -> int:
        if (modifiers, code) in self.registered:
            return 0
        self.registered[modifiers, code] = True
        return 1

    def UnregisterHotKey(self, window: object, id_: int) -> int:
        self.registered.clear()
        return 1

    def GetMessageW(self, message: object, *_: object) -> int:
        number = self.messages.get(timeout=20)
        message._obj.message = number  # type: ignore[attr-defined]
        return int(number != QUIT)

    def PostThreadMessageW(self, thread: int, number: int, *_: object) -> int:
        self.messages.put(number)
        return 1

    def GetAsyncKeyState(self, code: int) -> int:
        return -0x8000 if self.is_down else 0


@pytest.fixture
def user32(monkeypatch: pytest.MonkeyPatch) -> RuleUser32:
    made = RuleUser32()
    libraries = {"user32": made, "kernel32": SimpleNamespace(GetCurrentThreadId=lambda: 7)}
    monkeypatch.setattr(windows, "_library", lambda name: libraries[name])
    return made


def take(text: Qt.Key, told: Callable[[bool], None], parent: QObject) -> WindowsKey | None:
    return WindowsKey.take(QKeyCombination(Qt.KeyboardModifier.ControlModifier, text), told, parent)


def test_the_key_is_down_until_the_system_says_that_it_is_up(
    user32: RuleUser32, qapp: QApplication, qtbot: QtBot
) -> None:
    told: list[bool] = []
    key = take(Qt.Key.Key_F8, told.append, qapp)
    assert key is not None
    assert list(user32.registered) == [(2 | 0x4000, 0x77)]
    user32.is_down = True
    user32.messages.put(HOTKEY)
    qtbot.waitUntil(lambda: told == [True])
    user32.is_down = False
    qtbot.waitUntil(lambda: told == [True, False])
    key.close()
    assert user32.registered == {}


def test_a_key_that_another_program_has_is_refused(user32: RuleUser32, qapp: QApplication) -> None:
    user32.registered[2 | 0x4000, 0x77] = True
    assert take(Qt.Key.Key_F8, lambda _: None, qapp) is None


def test_closing_while_it_is_held_lets_go(user32: RuleUser32, qapp: QApplication, qtbot: QtBot) -> None:
    told: list[bool] = []
    key = take(Qt.Key.Key_Space, told.append, qapp)
    assert key is not None
    user32.is_down = True
    user32.messages.put(HOTKEY)
    qtbot.waitUntil(lambda: told == [True])
    key.close()
    assert told == [True, False]


def test_a_key_without_a_code_is_refused(user32: RuleUser32, qapp: QApplication) -> None:
    assert take(Qt.Key.Key_unknown, lambda _: None, qapp) is None
