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


def test_between_clauses_the_position_waits_for_the_sound_of_the_next_one() -> None:
    head = Playhead()
    head.queued(0.0, 1.0)
    head.heard(0.95, 100.0)
    assert head.position(100.2) == 1.0
    head.queued(1.0, 2.0)
    assert head.position(100.25) == 1.0
    head.heard(1.0, 100.4)
    assert head.position(100.5) == 1.0
    head.heard(1.05, 100.6)
    assert head.position(100.7) == pytest.approx(1.15)


def test_clauses_handed_over_in_time_are_one_stretch() -> None:
    head = Playhead()
    head.queued(0.0, 1.0)
    head.queued(1.0, 1.0)
    head.heard(0.9, 100.0)
    assert head.position(100.2) == pytest.approx(1.1)


def test_the_sound_of_a_new_reply_takes_the_end_of_the_old_one_away() -> None:
    head = Playhead()
    head.queued(0.0, 1.0)
    head.heard(1.0, 100.0)
    assert head.position(100.2) == 1.0
    head.queued(0.0, 3.0)
    head.heard(0.2, 101.0)
    assert head.position(101.1) == pytest.approx(0.3)
