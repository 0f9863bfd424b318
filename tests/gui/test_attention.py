from __future__ import annotations

from typing import Literal

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from companion.domain import events
from companion.domain.messages import TurnId
from companion.domain.state import State
from companion.gui import attention as attention_module
from companion.gui.attention import Attention
from companion.gui.translation import apply_language
from companion.gui.tray_icon import Badge, badge_of, tray_icon

pytestmark = pytest.mark.gui


@pytest.fixture
def attention(qapp: QApplication) -> Attention:
    apply_language(qapp, "en")
    return Attention()


def be(attention: Attention, state: State) -> None:
    attention.take(events.StateChanged(attention.state, state))


def open_(attention: Attention, *, mode: Literal["on_call", "hands_free"] = "hands_free") -> None:
    attention.set_mode(mode)
    attention.take(events.ListeningChanged(mode, True, "USB"))


def test_it_tells_once_of_each_change(attention: Attention) -> None:
    told: list[bool] = []
    attention.changed.connect(lambda: told.append(attention.is_open))
    attention.take(events.ListeningChanged("hands_free", True, "USB"))
    attention.take(events.ListeningChanged("hands_free", True, "USB"))
    attention.take(events.HearingLevel(-30.0, 0.1))
    attention.take(events.ListeningChanged("hands_free", False))
    assert told == [True, False]


def test_her_name_is_waited_for_only_by_an_open_microphone_on_call(attention: Attention) -> None:
    be(attention, "listening")
    attention.set_mode("on_call")
    assert not attention.awaits_name
    open_(attention, mode="on_call")
    assert attention.awaits_name
    open_(attention, mode="hands_free")
    assert not attention.awaits_name


def test_after_she_has_spoken_no_name_is_needed_for_a_while(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    monkeypatch.setattr(attention_module, "_ATTENTION_MS", 30)
    attention = Attention()
    open_(attention, mode="on_call")
    be(attention, "listening")
    attention.take(events.SpeakingFinished(TurnId(1)))
    assert not attention.awaits_name
    with qtbot.waitSignal(attention.changed):
        pass
    assert attention.awaits_name


@pytest.mark.parametrize(
    ("is_open", "state", "quiet", "badge"),
    [
        (False, "idle", False, None),
        (False, "thinking", False, None),
        (False, "speaking", False, Badge("speaking", "speaking")),
        (False, "idle", True, Badge("muted", "quiet")),
        (True, "listening", False, Badge("open", "listening")),
        (True, "hearing", False, Badge("open", "hearing")),
        (True, "thinking", False, Badge("open", "listening")),
        (True, "speaking", False, Badge("open", "speaking")),
        # A stream that is still open is told even when it should be closed.
        (True, "idle", True, Badge("open", "listening")),
    ],
)
def test_the_badge_is_green_exactly_while_the_stream_is_open(
    attention: Attention, is_open: bool, state: State, quiet: bool, badge: Badge | None
) -> None:
    attention.take(events.ListeningChanged("hands_free", is_open, "USB"))
    be(attention, state)
    attention.set_quiet(quiet)
    assert badge_of(attention) == badge


def test_waiting_for_the_name_has_a_badge_of_its_own(attention: Attention) -> None:
    open_(attention, mode="on_call")
    be(attention, "listening")
    assert badge_of(attention) == Badge("open", "name")


def test_every_badge_can_be_told_apart_at_the_size_of_a_tray(attention: Attention) -> None:
    badges = [None, Badge("muted", "quiet"), Badge("speaking", "speaking")]
    badges += [Badge("open", glyph) for glyph in ("listening", "hearing", "name", "speaking")]
    seen = [tray_icon(badge).pixmap(22, 22).toImage() for badge in badges]
    assert all(one != other for at, one in enumerate(seen) for other in seen[:at])


def test_the_words_name_the_device_and_follow_the_stream_not_the_wish(attention: Attention) -> None:
    attention.set_mode("hands_free")
    assert attention.words == "The microphone is not open yet"
    open_(attention)
    assert attention.words == "The microphone is open: USB"
    attention.take(events.ListeningChanged("off", False))
    attention.set_mode("off")
    assert attention.words == "Microphone off"
    attention.set_mode("push_to_talk")
    assert "until you hold the key" in attention.words
    attention.set_quiet(True)
    assert "neither speaks nor listens" in attention.words
