"""The hour is told when it matters."""

from __future__ import annotations

import calendar
import os
import time
from collections.abc import Iterator

import pytest

from companion.conversation.clock import background

pytestmark = pytest.mark.unit

SUNDAY_22 = float(calendar.timegm((2025, 11, 23, 22, 0, 0)))


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone cannot be set here")
    monkeypatch.setitem(os.environ, "TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("language", "said", "line"),
    [
        ("zh", "现在几点了？", "现在是星期日晚上10点左右。"),
        ("en", "What time is it?", "It is Sunday evening, about 10 o'clock."),
        ("zh", "你喜欢茶吗", ""),
        ("en", "Do you like tea?", ""),
    ],
)
def test_the_hour_is_told_only_when_it_matters(language: str, said: str, line: str) -> None:
    assert background(language, SUNDAY_22, said) == line


HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("language", "ago", "line"),
    [
        ("zh", 3 * DAY, "距上次聊天已经过了三天。现在是星期日晚上10点左右。"),
        ("zh", 5 * HOUR, "距上次聊天已经过了五个小时。现在是星期日晚上10点左右。"),
        ("zh", 2 * DAY, "距上次聊天已经过了两天。现在是星期日晚上10点左右。"),
        ("zh", 11 * DAY, "距上次聊天已经过了十一天。现在是星期日晚上10点左右。"),
        ("zh", 21 * DAY, "距上次聊天已经过了三个星期。现在是星期日晚上10点左右。"),
        ("zh", 800 * DAY, "距上次聊天已经过了两年。现在是星期日晚上10点左右。"),
        ("en", DAY, "It is 1 day since they last talked. It is Sunday evening, about 10 o'clock."),
        ("en", 90 * DAY, "It is 3 months since they last talked. It is Sunday evening, about 10 o'clock."),
        ("zh", HOUR, ""),
        ("en", -HOUR, ""),
    ],
)
def test_the_first_turn_after_a_pause_is_told_how_long_it_was(language: str, ago: float, line: str) -> None:
    said = "我回来了" if language == "zh" else "Here I am"
    assert background(language, SUNDAY_22, said, last_at=SUNDAY_22 - ago) == line


def test_a_talk_over_midnight_was_no_day_ago() -> None:
    assert "四个小时" in background("zh", SUNDAY_22 + 4 * HOUR, "我回来了", last_at=SUNDAY_22)


def test_a_first_talk_has_nothing_before_it() -> None:
    assert background("zh", SUNDAY_22, "你好") == ""
