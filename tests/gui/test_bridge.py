from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from companion.conversation.bus import EventBus
from companion.domain.events import ChatsChanged, Event, HeardTo, HearingLevel, ReplyDelta, UserPartial
from companion.domain.messages import TurnId
from companion.gui.bridge import EventBridge

pytestmark = pytest.mark.gui
TURN = TurnId(1)


def collected(bus: EventBus) -> tuple[EventBridge, list[Event]]:
    bridge, got = EventBridge(bus), []
    bridge.arrived.connect(got.append)
    return bridge, got


def test_events_of_other_threads_arrive_in_order_on_the_gui_thread(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge, got = collected(bus)
    threads: list[QThread] = []
    bridge.arrived.connect(lambda _: threads.append(QThread.currentThread()))
    worker = threading.Thread(target=lambda: [bus.publish(UserPartial(str(n))) for n in range(200)])
    worker.start()
    worker.join()
    qtbot.waitUntil(lambda: len(got) == 200)
    assert [one.text for one in got if isinstance(one, UserPartial)] == [str(n) for n in range(200)]
    application = QApplication.instance()
    assert application is not None
    assert set(threads) == {application.thread()}
    bridge.close()


def test_streamed_text_is_merged_and_nothing_of_it_is_lost(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge, got = collected(bus)
    text = "你好，今天也辛苦了。Good evening." * 20
    for letter in text:
        bus.publish(ReplyDelta(TURN, letter))
    qtbot.waitUntil(lambda: "".join(one.text for one in got if isinstance(one, ReplyDelta)) == text)
    assert len(got) == 1
    bridge.close()


def test_thoughts_words_and_turns_are_not_merged_with_one_another(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge, got = collected(bus)
    sent = [ReplyDelta(TURN, "a", True), ReplyDelta(TURN, "b"), ReplyDelta(TurnId(2), "c")]
    for event in sent:
        bus.publish(event)
    qtbot.waitUntil(lambda: len(got) == 3)
    assert got == sent
    bridge.close()


def test_an_event_does_not_overtake_the_text_before_it(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge, got = collected(bus)
    bus.publish(ReplyDelta(TURN, "一"))
    bus.publish(ChatsChanged("xiaoman"))
    bus.publish(ReplyDelta(TURN, "二"))
    qtbot.waitUntil(lambda: len(got) == 3)
    assert got == [ReplyDelta(TURN, "一"), ChatsChanged("xiaoman"), ReplyDelta(TURN, "二")]
    bridge.close()


def test_of_levels_and_positions_only_the_latest_is_shown(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge, got = collected(bus)
    for n in range(50):
        bus.publish(HearingLevel(-float(n), 0.5))
        bus.publish(HeardTo(TURN, n / 10, n))
    qtbot.waitUntil(lambda: len(got) == 2)
    assert got == [HearingLevel(-49.0, 0.5), HeardTo(TURN, 4.9, 49)]
    bridge.close()


def test_a_closed_bridge_is_silent(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge, got = collected(bus)
    bus.publish(UserPartial("before"))
    bridge.close()
    bus.publish(UserPartial("after"))
    other, heard = collected(bus)
    bus.publish(UserPartial("end"))
    qtbot.waitUntil(lambda: bool(heard))
    assert got == []
    other.close()
