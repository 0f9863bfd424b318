"""Thoughts, macros, feelings, heard text and states."""

from __future__ import annotations

import numpy as np
import pytest

from companion.domain.audio import AudioClip, Speech, SpeechMark
from companion.domain.emotion import EMOTIONS, emotion_in, emotion_of_tag, guess_emotion
from companion.domain.heard import Spoken, heard_char
from companion.domain.macros import expand
from companion.domain.state import is_legal
from companion.domain.thoughts import ThoughtFilter

pytestmark = pytest.mark.unit


def split(deltas: list[str]) -> tuple[str, str]:
    filter_ = ThoughtFilter()
    pieces = [piece for delta in deltas for piece in filter_.feed(delta)] + filter_.flush()
    said = "".join(piece.text for piece in pieces if not piece.thought)
    return said, "".join(piece.text for piece in pieces if piece.thought)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_thoughts_are_parted_from_words_however_they_arrive(size: int) -> None:
    text = "<think>她在问名字。</think>\n\n我叫小满。1 < 2"
    deltas = [text[i : i + size] for i in range(0, len(text), size)]
    assert split(deltas) == ("我叫小满。1 < 2", "她在问名字。")


def test_an_unclosed_thought_is_never_said() -> None:
    assert split(["<think>hmm, ", "what"]) == ("", "hmm, what")


def test_text_that_only_looks_like_a_tag_is_said() -> None:
    assert split(["a <thi", "s> b <"]) == ("a <this> b <", "")


def test_macros_are_filled_in_and_names_are_not_expanded_again() -> None:
    text = "{{char}} and <USER>, {{User}}; {{reverse:abc}}; {{// hidden}}; {{nope}}"
    assert expand(text, char="{{user}}", user="Ann") == "{{user}} and Ann, Ann; cba; ; {{nope}}"


def test_random_macros_stay_the_same_for_the_same_seed() -> None:
    text = "{{random:a,b,c,d,e,f}} {{roll:d20}}"
    assert expand(text, char="", user="", seed=3) == expand(text, char="", user="", seed=3)
    assert expand("{{pick:茶,酒}}", char="", user="") in ("茶", "酒")


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("（微微脸红）才没有。", "shy"),
        ("*laughs softly* Oh, you.", "laughing"),
        ("[angry] Stop that.", "angry"),
        ("（歪头想了想）也许吧。", "thinking"),
        ("（担心地看着你）", "worried"),
        ("（笑了笑）我呀。", "happy"),
        ("（耳朵有点红）", "shy"),
        ("（叹了口气）", "sad"),
        ("（皱了皱眉）", "worried"),
        ("没有标签的话。", None),
        ("(sad)", "sad"),
    ],
)
def test_the_feeling_is_read_from_tags_and_stage_directions(text: str, emotion: str | None) -> None:
    assert emotion_in(text) == emotion


def test_every_emotion_can_be_named_by_its_own_tag() -> None:
    assert [emotion_of_tag(emotion) for emotion in EMOTIONS] == list(EMOTIONS)


def test_words_betray_a_feeling_where_no_tag_does() -> None:
    assert guess_emotion("哈哈，你真逗") == "laughing"
    assert guess_emotion("Thank you for coming") == "happy"
    assert guess_emotion("杯子在桌上") is None


def spoken(text: str, start_s: float, seconds: float, *, marks: bool = True, start: int = 0) -> Spoken:
    clip = AudioClip(np.zeros(int(seconds * 1000), np.float32), 1000)
    step = len(clip.samples) // max(1, len(text))
    every = tuple(SpeechMark(i * step, i, "a") for i in range(len(text))) if marks else ()
    return Spoken(
        start_s, Speech(clip, text, every, exact=marks), start, start + len(text), tuple(range(len(text)))
    )


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, 0), (0.05, 0), (0.15, 1), (0.95, 9), (1.0, 10), (1.55, 15), (9.0, 20)]
)
def test_what_was_heard_ends_at_the_last_completed_character(seconds: float, expected: int) -> None:
    timeline = [spoken("一二三四五六七八九十", 0.0, 1.0), spoken("abcdefghij", 1.0, 1.0, start=10)]
    assert heard_char(timeline, seconds) == expected


def test_without_marks_the_place_is_in_proportion() -> None:
    assert heard_char([spoken("一二三四", 0.0, 1.0, marks=False)], 0.5) == 2


def test_states_step_only_as_allowed() -> None:
    assert is_legal("idle", "thinking")
    assert not is_legal("asleep", "speaking")
