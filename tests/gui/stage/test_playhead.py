from __future__ import annotations

import pytest

from companion.gui.stage.playhead import Playhead

pytestmark = pytest.mark.unit


def test_the_position_runs_on_between_two_reports() -> None:
    head = Playhead()
    head.heard(1.0, 100.0)
    assert head.position(100.1) == pytest.approx(1.1)


def test_the_position_stands_still_when_nobody_confirms_sound() -> None:
    head = Playhead()
    head.heard(1.0, 100.0)
    assert head.position(107.0) == pytest.approx(1.3)


def test_a_late_report_never_turns_the_clock_back() -> None:
    head = Playhead()
    head.heard(1.0, 100.0)
    shown = head.position(100.2)
    head.heard(1.1, 100.21)
    assert head.position(100.21) == shown


def test_a_new_reply_begins_at_its_start() -> None:
    head = Playhead()
    head.heard(9.0, 100.0)
    head.position(100.1)
    head.heard(0.1, 103.0)
    assert head.position(103.0) == pytest.approx(0.1)


def test_a_stopped_playhead_hears_nothing() -> None:
    head = Playhead()
    head.heard(2.0, 1.0)
    head.stop()
    assert head.position(1.1) == 0.0
    assert not head.is_running
