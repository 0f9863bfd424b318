from __future__ import annotations

import pytest

from companion.domain.quiet import Quiet, QuietHours

pytestmark = pytest.mark.unit
NIGHT = QuietHours.between("23:00", "08:00")
NOON, LATE, EARLY, EIGHT = 720, 1380, 479, 480


@pytest.mark.parametrize(
    ("begin", "end", "minute", "holds"),
    [
        ("23:00", "08:00", LATE, True),
        ("23:00", "08:00", LATE - 1, False),
        ("23:00", "08:00", 0, True),
        ("23:00", "08:00", EARLY, True),
        ("23:00", "08:00", EIGHT, False),
        ("12:00", "13:30", NOON, True),
        ("12:00", "13:30", 810, False),
        ("12:00", "12:00", NOON, False),
    ],
)
def test_the_hours_hold_from_the_first_minute_up_to_the_last(
    begin: str, end: str, minute: int, holds: bool
) -> None:
    assert QuietHours.between(begin, end).holds(minute) is holds


@pytest.mark.parametrize("time", ["24:00", "-1:00", "midnight", ""])
def test_a_time_that_no_day_has_is_refused(time: str) -> None:
    with pytest.raises(ValueError):
        QuietHours.between(time, "08:00")


def test_by_hand_it_is_quiet_until_it_is_switched_off() -> None:
    quiet = Quiet(hours=NIGHT).switched(True, NOON)
    assert quiet.is_on(NOON)
    assert quiet.passed(EIGHT).is_on(EIGHT)
    assert not quiet.switched(False, NOON).is_on(NOON)


def test_switching_it_off_in_the_hours_lasts_until_they_next_begin() -> None:
    quiet = Quiet(hours=NIGHT)
    assert quiet.is_on(LATE)
    excused = quiet.switched(False, LATE)
    assert not excused.passed(EARLY).is_on(EARLY)
    assert excused.passed(NOON).passed(LATE).is_on(LATE)


def test_switching_it_on_in_the_hours_outlasts_them() -> None:
    quiet = Quiet(hours=NIGHT).switched(False, LATE).switched(True, LATE)
    assert quiet.passed(NOON).is_on(NOON)
