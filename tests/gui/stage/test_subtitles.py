from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.audio import AudioClip, Speech, SpeechMark
from companion.gui.stage.subtitles import Subtitles, timed, word_groups

pytestmark = pytest.mark.unit

RATE = 1_000


def spoken(text: str, seconds: float, *, marks: bool = True) -> Speech:
    clip = AudioClip(np.zeros(int(seconds * RATE), np.float32), RATE)
    step = seconds / max(1, len(text))
    found = tuple(SpeechMark(int(i * step * RATE), i, "a") for i in range(len(text))) if marks else ()
    return Speech(clip, text, found)


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in word_groups(text)]


def test_chinese_is_grouped_at_punctuation_and_by_length() -> None:
    assert pieces("今天的桂花开了，我给你留了一壶龙井。") == ["今天的桂花开了，", "我给你留了一壶龙", "井。"]


def test_english_is_grouped_by_words() -> None:
    assert pieces("The tide is low tonight, and the signal carries far.") == [
        "The tide is low ",
        "tonight, ",
        "and the signal carries ",
        "far.",
    ]


def test_mixed_text_keeps_english_words_whole() -> None:
    assert pieces("我在听Radio Ashdown的节目") == ["我在听Radio Ashdown的", "节目"]


@given(st.text(alphabet="你好，。 ab.!\n1", max_size=60))
def test_groups_cover_the_text_in_order_without_overlap(text: str) -> None:
    spans = word_groups(text)
    assert all(start < end for start, end in spans)
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    missing = text[spans[-1][1] :] if spans else text
    assert missing.strip() == "" or not any(letter.isalnum() for letter in missing)


def test_each_group_starts_with_its_own_sound() -> None:
    speech = spoken("今天很好，我们走吧。", 2.0)
    assert [group.at_s for group in timed(speech, 10.0)] == [10.0, 11.0]


def test_without_marks_groups_share_the_time() -> None:
    speech = spoken("今天很好，我们走吧。", 2.0, marks=False)
    assert [group.at_s for group in timed(speech, 0.0)] == [0.0, 1.0]


def test_words_appear_when_they_sound_and_not_before() -> None:
    subtitles = Subtitles()
    subtitles.add(spoken("今天很好，我们走吧。", 2.0), 0.0)
    early, late = subtitles.at(0.5), subtitles.at(1.5)
    assert early.text[: early.end] == "今天很好，"
    assert late.text[: late.end] == "今天很好，我们走吧。"
    assert (late.start, late.opacity) == (5, 1.0)


def test_the_newest_group_fades_in() -> None:
    subtitles = Subtitles()
    subtitles.add(spoken("今天很好，我们走吧。", 2.0), 0.0)
    assert 0.0 < subtitles.at(1.05).opacity < 1.0


def test_the_next_clause_replaces_the_last() -> None:
    subtitles = Subtitles()
    subtitles.add(spoken("第一句。", 1.0), 0.0)
    subtitles.add(spoken("第二句。", 1.0), 1.2)
    assert [subtitles.at(at).text for at in (0.5, 1.1, 1.4)] == ["第一句。", "第一句。", "第二句。"]


def test_a_new_reply_takes_the_old_words_away() -> None:
    subtitles = Subtitles()
    subtitles.add(spoken("旧的。", 1.0), 5.0)
    subtitles.add(spoken("Hello again.", 1.0), 0.0)
    assert subtitles.at(5.5).text == "Hello again."


def test_nothing_is_shown_before_the_first_sound() -> None:
    subtitles = Subtitles()
    subtitles.add(spoken("你好。", 1.0), 1.0)
    assert subtitles.at(0.5).text == ""
