"""What the history holds is laid against what was heard, in Chinese and in English."""

from __future__ import annotations

import pytest

from companion.cli.benchmarks.voice.heard import heard_error

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("recognised", "stored", "unheard", "language", "end"),
    [
        ("今天天气很好", "今天天气很好。", "我们去公园吧。", "zh", 0),
        ("今天天气很好我们", "今天天气很好。", "我们去公园吧。", "zh", 2),
        ("今天天气", "今天天气很好。", "我们去公园吧。", "zh", 2),
        ("金天天汽很好", "今天天气很好。", "我们去公园吧。", "zh", 0),
        ("the night is young", "The night is young,", " and so are we.", "en", 0),
        ("the night is young and", "The night is young,", " and so are we.", "en", 4),
    ],
)
def test_the_end_of_what_was_heard_is_compared(
    recognised: str, stored: str, unheard: str, language: str, end: int
) -> None:
    assert heard_error(recognised, stored, unheard, language).end == end


@pytest.mark.parametrize(("language", "text"), [("zh", "今天天气很好。"), ("en", "The night is young.")])
def test_a_reply_that_was_heard_whole_has_no_error(language: str, text: str) -> None:
    error = heard_error(text, text, "", language)
    assert (error.edits, error.end) == (0, 0)


def test_what_was_misheard_counts_as_edits_only() -> None:
    error = heard_error("今天老师很好", "今天天气很好。", "", "zh")
    assert error.edits == 2
    assert error.end == 0
