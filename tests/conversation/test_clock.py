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
