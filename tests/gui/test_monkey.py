"""G-07: whatever one presses in whatever order, nothing breaks and the window closes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from companion.domain import events
from companion.domain.messages import TurnId
from companion.gui.theme import Look
from companion.gui.window import MainWindow

pytestmark = pytest.mark.gui
KEYS = [
    *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End),
    *(
        Qt.Key.Key_Return,
        Qt.Key.Key_Escape,
        Qt.Key.Key_Tab,
        Qt.Key.Key_Space,
        Qt.Key.Key_Delete,
        Qt.Key.Key_F2,
    ),
    *(
        Qt.Key.Key_F,
        Qt.Key.Key_N,
        Qt.Key.Key_Z,
        Qt.Key.Key_R,
        Qt.Key.Key_E,
        Qt.Key.Key_L,
        Qt.Key.Key_B,
        Qt.Key.Key_M,
    ),
    *(Qt.Key.Key_Backslash, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_F1, Qt.Key.Key_F8, Qt.Key.Key_T),
]
MODIFIERS = [
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
]
WORDS = [
    "你好",
    "（笑）**好**",
    "a" * 3_000,
    "![x](file:///x)",
    "\u202e反\u200b",
    "\n\n",
    "> > > q",
    "🙂" * 50,
    "|a|b|",
]


def play(window: MainWindow, companion: Any, look: Look, draw: random.Random, n: int) -> None:
    for _ in range(n):
        actions: list[Callable[[], object]] = [
            lambda: QTest.keyClick(window.focusWidget() or window, draw.choice(KEYS), draw.choice(MODIFIERS)),
            lambda: click(window, draw),
            lambda: companion.bus.publish(some_event(companion, draw)),
            lambda: QTest.keyClicks(window.panel.composer.field, draw.choice(["x", "yo", "abc"])),
            lambda: window.panel.say(draw.choice(WORDS)),
            lambda: window.resize(draw.randint(720, 1200), draw.randint(520, 800)),
            lambda: look.set(choice=draw.choice(("light", "dark")), zoom=draw.choice((80, 100, 150))),
            lambda: companion.answer(text=draw.choice(WORDS), finish=draw.random() < 0.8),
            lambda: window.panel.view.verticalScrollBar().setValue(draw.randint(0, 5_000)),
        ]
        draw.choice(actions)()
        QApplication.processEvents()
        for menu in window.findChildren(QMenu):
            menu.close()
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            dialog.close()


def click(window: MainWindow, draw: random.Random) -> None:
    at = QPoint(draw.randrange(window.width()), draw.randrange(window.height()))
    target = window.childAt(at) or window
    local = QPointF(target.mapFrom(window, at))
    button = draw.choice((Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton))
    kinds = [QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease]
    if draw.random() < 0.1:
        kinds.append(QEvent.Type.MouseButtonDblClick)
    for kind in kinds:
        if not target.isVisible():
            return
        none = Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, local, target.mapToGlobal(local), button, button, none)
        QApplication.sendEvent(target, event)


def some_event(companion: Any, draw: random.Random) -> events.Event:
    turn = TurnId(draw.randrange(20))
    path = companion.path()
    made: list[events.Event] = [
        events.ReplyDelta(turn, draw.choice(WORDS), draw.random() < 0.3),
        events.HearingLevel(draw.uniform(-90, 0), draw.random()),
        events.UserPartial(draw.choice([*WORDS, ""])),
        events.StateChanged("idle", draw.choice(("thinking", "speaking", "idle", "hearing", "loading")), ""),
        events.TurnFailed(
            turn, draw.choice(("voice", "language", "storage")), "It broke.", "Try again.", "failed"
        ),
        events.WorkerLost(draw.choice(("language", "speech", "audio")), "aborted", draw.random() < 0.5),
        events.WorkerReady(draw.choice(("language", "speech", "audio")), 1.0),
        events.Notice(draw.choice(WORDS), "Hint.", "missing"),
        events.ListeningChanged("hands_free", draw.random() < 0.5, "USB"),
        events.DeviceChanged("output", "", "Gone."),
        events.CharactersChanged(),
        events.HeardTo(turn, 1.0, 3),
        events.SpeakingFinished(turn),
        events.ReplyFinished(turn, draw.choice(path), True, events.TurnTimings())
        if path
        else events.CharactersChanged(),
        events.ChatChanged(companion.log.chat(companion.chat), tuple(path[: draw.randrange(len(path) + 1)])),
    ]
    return draw.choice(made)


@pytest.mark.parametrize("seed", range(4))
def test_two_hundred_random_actions_leave_a_window_that_works(
    window: MainWindow, companion: Any, look: Look, qtbot: QtBot, seed: int
) -> None:
    play(window, companion, look, random.Random(seed), 200)
    while not window.pages.is_home:
        assert window.pages.back()
    window.home.show_search(on=False)
    companion.changed()
    window.panel.say("最后一句")
    model = window.panel.model
    qtbot.waitUntil(lambda: any(model.entry(row).text == "最后一句" for row in range(model.rowCount())))
    assert window.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_random_actions_leave_a_window_that_works(
    window: MainWindow, companion: Any, look: Look
) -> None:
    play(window, companion, look, random.Random(99), 10_000)
    assert window.close()
