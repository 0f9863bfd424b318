"""Tray, quiet times and staying when the window is closed, through the real window; the tray itself is claimed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from companion.domain import commands as do
from companion.domain import events
from companion.domain.messages import TurnId
from companion.gui.quiet import QuietWatch
from companion.gui.theme import Look
from companion.gui.window import MainWindow

pytestmark = pytest.mark.gui


@pytest.fixture
def tray_window(qtbot: QtBot, look: Look, companion: Any) -> Iterator[MainWindow]:
    made = MainWindow(companion, look, has_tray=lambda: True)
    qtbot.addWidget(made)
    made.show()
    made.begin()
    qtbot.waitUntil(lambda: made.director.character is not None)
    yield made
    made.close_now()
    made.deleteLater()


def action(window: MainWindow, text: str) -> QAction:
    return next(one for one in window.background.tray.menu.actions() if one.text() == text)


class Unsaved(QWidget):
    def can_leave(self) -> bool:
        return False


class Clock:
    def __init__(self, hour: int) -> None:
        self.hour = hour

    def __call__(self) -> datetime:
        return datetime(2026, 3, 1, self.hour, 0)


# ---- closing


def test_closing_ends_the_program_unless_it_was_told_to_stay(tray_window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(tray_window.left):
        tray_window.close()


def test_a_window_that_stays_is_hidden_and_everything_goes_on(
    tray_window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    companion.settings.background.keep_running = True
    ended: list[bool] = []
    tray_window.left.connect(lambda: ended.append(True))
    tray_window.close()
    assert not tray_window.isVisible()
    assert not ended
    companion.bus.publish(events.ListeningChanged("hands_free", True, "USB"))
    qtbot.waitUntil(lambda: tray_window.director.attention.is_open)
    tray_window.background.talk_key.held.emit(True)
    assert companion.posted[-1] == do.Talk(True)


def test_where_there_is_no_tray_the_window_cannot_get_lost(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    companion.settings.background.keep_running = True
    with qtbot.waitSignal(window.left):
        window.close()
    assert not window.background.tray.is_there


def test_a_hidden_window_paints_no_stage(tray_window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    timer = tray_window.stage_part._timer  # type: ignore[attr-defined]
    qtbot.waitUntil(timer.isActive)
    companion.settings.background.keep_running = True
    tray_window.close()
    companion.bus.publish(events.StateChanged("idle", "speaking"))
    companion.bus.publish(events.HeardTo(TurnId(1), 0.1, 1))
    qtbot.waitUntil(lambda: tray_window.director.attention.state == "speaking")
    assert not timer.isActive()
    tray_window.background.show_up()
    qtbot.waitUntil(timer.isActive)


def test_a_minimised_window_has_a_still_stage(tray_window: MainWindow, qtbot: QtBot) -> None:
    tray_window.showMinimized()
    qtbot.waitUntil(lambda: tray_window.stage_part._reduced)  # type: ignore[attr-defined]
    tray_window.background.show_up()
    qtbot.waitUntil(lambda: not tray_window.stage_part._reduced)  # type: ignore[attr-defined]


def test_it_is_told_once_where_the_window_went(tray_window: MainWindow, companion: Any) -> None:
    told: list[str] = []
    companion.settings.background.keep_running = True
    tray_window.background.tray.tell = lambda title, text: told.append(title)  # type: ignore[method-assign]
    for _ in range(2):
        tray_window.close()
        tray_window.background.toggle_shown()
    assert told == ["顾小满"]


def test_quit_in_the_menu_ends_a_program_that_stays(
    tray_window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    companion.settings.background.keep_running = True
    tray_window.close()
    with qtbot.waitSignal(tray_window.left):
        action(tray_window, "退出").trigger()


def test_quit_shows_the_page_that_holds_something_unsaved(tray_window: MainWindow, companion: Any) -> None:
    companion.settings.background.keep_running = True
    tray_window.open_page(Unsaved(), "x")
    tray_window.close()
    ended: list[bool] = []
    tray_window.left.connect(lambda: ended.append(True))
    tray_window.quit()
    assert tray_window.isVisible()
    assert not ended
    tray_window.close()
    assert not tray_window.isVisible()  # only that one request was meant


def test_logging_out_is_not_held_up(tray_window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    companion.settings.background.keep_running = True
    tray_window.end_with_session()
    with qtbot.waitSignal(tray_window.left):
        tray_window.close()


# ---- the menu


def test_the_menu_hides_and_shows_the_window(tray_window: MainWindow) -> None:
    action(tray_window, "隐藏窗口").trigger()
    assert not tray_window.isVisible()
    action(tray_window, "显示窗口").trigger()
    assert tray_window.isVisible()


def test_the_menu_chooses_how_she_listens(tray_window: MainWindow, companion: Any) -> None:
    action(tray_window, "叫她的名字").trigger()
    assert companion.settings.ears.mode == "on_call"
    assert do.Listen("on_call") in companion.posted
    assert action(tray_window, "叫她的名字").isChecked()
    assert not action(tray_window, "麦克风已关闭").isChecked()


def test_the_menu_leads_to_the_settings(tray_window: MainWindow) -> None:
    tray_window.hide()
    action(tray_window, "设置…").trigger()
    assert tray_window.isVisible()
    assert not tray_window.pages.is_home


def test_the_icon_goes_when_it_is_not_wanted(tray_window: MainWindow, companion: Any) -> None:
    assert tray_window.background.tray.is_there
    companion.settings.background.tray = False
    tray_window.apply_settings()
    assert not tray_window.background.tray.is_there


# ---- peace


def test_do_not_disturb_closes_the_microphone_and_is_kept(
    tray_window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    tray_window.director.listen("hands_free")
    saved = companion.saved
    action(tray_window, "请勿打扰").trigger()
    assert companion.quiet
    assert companion.posted[-1] == do.Listen("off")
    assert companion.saved > saved
    assert companion.settings.background.do_not_disturb
    assert tray_window.panel.composer.microphone.is_quiet
    qtbot.waitUntil(lambda: not tray_window.director.attention.is_open)
    action(tray_window, "请勿打扰").trigger()
    assert not companion.quiet
    assert companion.posted[-1] == do.Listen("hands_free")
    assert tray_window.panel.composer.microphone.mode == "hands_free"


def test_while_it_is_quiet_nothing_is_offered_to_be_heard_again(tray_window: MainWindow) -> None:
    assert tray_window.panel.rows.can_speak
    tray_window.background.switch_quiet(True)
    assert not tray_window.panel.rows.can_speak
    tray_window.apply_settings()
    assert not tray_window.panel.rows.can_speak
    tray_window.background.switch_quiet(False)
    assert tray_window.panel.rows.can_speak


def test_do_not_disturb_has_a_key_and_the_microphones_key_ends_it(
    tray_window: MainWindow, companion: Any
) -> None:
    shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(tray_window, Qt.Key.Key_D, shift)
    assert companion.quiet
    QTest.keyClick(tray_window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert not companion.quiet


def test_do_not_disturb_ends_what_she_is_saying(
    tray_window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    companion.bus.publish(events.StateChanged("idle", "speaking"))
    qtbot.waitUntil(lambda: tray_window.director.attention.state == "speaking")
    tray_window.background.switch_quiet(True)
    assert do.Interrupt() in companion.posted


def test_choosing_to_be_listened_to_ends_it(tray_window: MainWindow, companion: Any) -> None:
    tray_window.background.switch_quiet(True)
    action(tray_window, "自由对话").trigger()
    assert not companion.quiet
    assert companion.posted[-1] == do.Listen("hands_free")


def test_the_key_to_talk_is_refused_with_a_way_out(tray_window: MainWindow, companion: Any) -> None:
    tray_window.background.switch_quiet(True)
    companion.posted.clear()
    QTest.keyPress(tray_window, Qt.Key.Key_F8)
    QTest.keyRelease(tray_window, Qt.Key.Key_F8)
    assert companion.posted == []
    assert tray_window.panel.banner.keys == ("quiet",)
    tray_window.panel.banner.chosen.emit("quiet")
    assert not companion.quiet
    assert tray_window.panel.banner.keys == ()


def test_the_settings_page_follows_the_tray(tray_window: MainWindow) -> None:
    tray_window.open_named("settings")
    row = tray_window.pages.content.cards["background"].row("do_not_disturb")  # type: ignore[union-attr]
    tray_window.background.switch_quiet(True)
    assert row.control.widget.isChecked()


def test_the_daily_hours_begin_and_end_by_the_clock(companion: Any, qapp: object) -> None:
    clock = Clock(22)
    companion.settings.background.quiet_hours = True
    watch = QuietWatch(companion, now=clock)
    told: list[bool] = []
    watch.changed.connect(told.append)
    watch.take_up()
    for clock.hour in (23, 3, 8):
        watch.look()
    assert told == [True, False]
    assert companion.posted == [do.Listen("off"), do.Listen("off")]


def test_the_daily_hours_ended_by_hand_begin_again_the_next_day(companion: Any, qapp: object) -> None:
    clock = Clock(23)
    companion.settings.background.quiet_hours = True
    watch = QuietWatch(companion, now=clock)
    watch.take_up()
    watch.switch(False)
    assert not companion.quiet
    watch.take_up()
    assert not companion.quiet
    for clock.hour in (12, 23):
        watch.look()
    assert companion.quiet
