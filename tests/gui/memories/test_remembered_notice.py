"""The quiet line about what she will remember, in the whole window."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from companion.domain import events
from companion.gui.memories.page import MemoriesPage
from companion.gui.window import MainWindow

pytestmark = pytest.mark.gui


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window after it has learned which cards there are already."""
    qtbot.waitUntil(lambda: window.remembered._latest.get("xiaoman") is not None)
    return window


def learn(companion: Any, text: str, said: str) -> int:
    message = companion.log.add(companion.chat, "user", said).message
    card = companion.log.memories.add("xiaoman", text, message=message, origin="conversation")
    companion.bus.publish(events.MemoriesChanged("xiaoman"))
    return int(card.memory)


def test_a_new_memory_is_told_without_moving_the_conversation(
    qtbot: QtBot, opened: MainWindow, companion: Any
) -> None:
    view, notice = opened.panel.view, opened.remembered.notice
    before = (view.geometry(), view.verticalScrollBar().value())
    learn(companion, "用户叫小林。", "叫我小林就好。")
    qtbot.waitUntil(notice.isVisible)
    assert notice.said == "她记住了：你叫小林。"
    assert (view.geometry(), view.verticalScrollBar().value()) == before
    assert view.rect().contains(notice.geometry())


def test_it_is_forgotten_from_there_and_taken_back(qtbot: QtBot, opened: MainWindow, companion: Any) -> None:
    notice = opened.remembered.notice
    memory = learn(companion, "用户叫小林。", "叫我小林就好。")
    qtbot.waitUntil(notice.isVisible)
    notice.forget.click()
    qtbot.waitUntil(lambda: companion.log.memories.memory(memory).state == "forgotten")
    notice.undo.click()
    qtbot.waitUntil(lambda: companion.log.memories.memory(memory).state == "active")
    assert not notice.isVisible()


def test_it_leads_to_the_card_open_for_correction(qtbot: QtBot, opened: MainWindow, companion: Any) -> None:
    notice = opened.remembered.notice
    memory = learn(companion, "用户叫小林。", "叫我小林就好。")
    qtbot.waitUntil(notice.isVisible)
    notice.edit.click()
    page = opened.pages.content
    assert isinstance(page, MemoriesPage)
    qtbot.waitUntil(lambda: page.list.inline.is_at(memory))


def test_several_at_once_are_counted(qtbot: QtBot, opened: MainWindow, companion: Any) -> None:
    message = companion.log.add(companion.chat, "user", "……").message
    for text in ("用户叫小林。", "用户住在上海。"):
        companion.log.memories.add("xiaoman", text, message=message, origin="conversation")
    companion.bus.publish(events.MemoriesChanged("xiaoman"))
    qtbot.waitUntil(lambda: opened.remembered.notice.said == "她记住了 2 件新的事")
    assert not opened.remembered.notice.forget.isVisible()


def test_what_the_user_wrote_or_another_remembers_is_not_told(
    qtbot: QtBot, opened: MainWindow, companion: Any
) -> None:
    latest = companion.log.memories.add("xiaoman", "喝茶不加糖。").memory
    companion.log.memories.add("wren", "No sugar.", origin="conversation")
    companion.bus.publish(events.MemoriesChanged("wren"))
    companion.bus.publish(events.MemoriesChanged("xiaoman"))
    qtbot.waitUntil(lambda: opened.remembered._latest["xiaoman"] == latest)
    assert not opened.remembered.notice.isVisible()


def test_nothing_is_told_where_that_is_switched_off(qtbot: QtBot, opened: MainWindow, companion: Any) -> None:
    companion.settings.recall.tell = False
    memory = learn(companion, "用户叫小林。", "叫我小林就好。")
    qtbot.waitUntil(lambda: opened.remembered._latest["xiaoman"] == memory)
    assert not opened.remembered.notice.isVisible()


def test_it_goes_by_itself(qtbot: QtBot, opened: MainWindow, companion: Any) -> None:
    notice = opened.remembered.notice
    learn(companion, "用户叫小林。", "叫我小林就好。")
    qtbot.waitUntil(notice.isVisible)
    notice._timer.timeout.emit()
    assert not notice.isVisible()
