"""What was heard becomes the text, with doubts; given texts are checked; odd speeds are found."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from companion.text.phonemes import Language
from companion.voice_training.clip import PART_OF_TEXT, Clip
from companion.voice_training.labels import Heard, labelled, with_odd_speed

pytestmark = pytest.mark.unit

SILENCE = np.zeros(16_000, np.float32)
SURE = Heard("今天天气很好。", -0.2, 0.01, 0.8, "今天天气很好。")
TRAIN = Heard("The train leaves at nine", -0.2, 0.0, 1.0, "The train")


class Says:
    """A listener that hears one thing, and remembers in which language."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self.languages: list[Language] = []

    def hear(self, samples: np.ndarray, rate: int, language: Language) -> Heard:
        self.languages.append(language)
        return self._heard


def label(heard: Heard, text: str = "", language: Language = "zh") -> Clip:
    given = Clip("0001", "a.wav", 0.0, 2.0, text, language if text else "", given=bool(text))
    return labelled(given, SILENCE, 16_000, Says(heard), language)


def test_heard_text_becomes_the_label_with_its_figures() -> None:
    clip = label(SURE)
    assert (clip.text, clip.language, clip.given, clip.flags, clip.dropped) == (
        SURE.text,
        "zh",
        False,
        (),
        None,
    )
    assert clip.figures["logprob"] == -0.2
    assert clip.figures["two_ways"] == 0.0


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"avg_logprob": -1.2}, "unsure"),
        ({"compression": 2.5}, "repeats"),
        ({"no_speech": 0.8}, "faint_speech"),
        ({"alternative": "今天天气不行。"}, "two_readings"),
    ],
)
def test_doubts_are_flags(change: dict[str, object], flag: str) -> None:
    clip = label(dataclasses.replace(SURE, **change))  # type: ignore[arg-type]
    assert (clip.dropped, clip.flags) == (None, (flag,))


@pytest.mark.parametrize(
    "heard",
    [
        Heard("", 0.0, 1.0, 0.0),
        Heard("……！", -0.2, 0.1, 1.0, "……！"),
        dataclasses.replace(SURE, avg_logprob=-1.9),
        dataclasses.replace(SURE, alternative="我们明年去北京。"),
    ],
)
def test_what_cannot_be_understood_is_dropped(heard: Heard) -> None:
    assert label(heard).dropped == "unintelligible"


@pytest.mark.parametrize(
    ("text", "heard", "language", "dropped", "flags"),
    [
        # Other characters of the same sound are no difference.
        ("今天天汽很好。", SURE, "zh", None, ()),
        ("今天的天气不错。", SURE, "zh", None, ("text_differs",)),
        ("我们打算下个星期去海边度假。", SURE, "zh", "wrong_transcript", ()),
        ("The train leaves at 9.", TRAIN, "en", None, ()),
        ("She closed the window.", TRAIN, "en", "wrong_transcript", ()),
        # One of two readings is enough to believe the given text.
        ("今天天气很好。", dataclasses.replace(SURE, text="金田天启恨号"), "zh", None, ()),
    ],
)  # fmt: skip
def test_given_text_is_checked_and_kept(
    text: str, heard: Heard, language: Language, dropped: str | None, flags: tuple[str, ...]
) -> None:
    clip = label(heard, text, language)
    assert (clip.text, clip.dropped, clip.flags) == (text, dropped, flags)
    assert "cer" in clip.figures


def test_given_text_is_heard_in_its_own_language() -> None:
    listener = Says(Heard("Good morning", -0.1, 0, 1, "Good morning"))
    given = Clip("1", "a.wav", 0, 2, "Good morning.", "en", given=True)
    assert labelled(given, SILENCE, 16_000, listener, "zh").dropped is None
    assert listener.languages == ["en"]


@pytest.mark.parametrize(
    ("heard", "text", "given", "flags"),
    [
        ("今天天气很好", "今天天气很好。", True, ()),
        ("我们去公元吧你觉得怎么样", "我们去公园吧，你觉得怎么样？", True, ()),
        ("火车九点就要开了", "火车九点就要开了", False, ("not_in_text",)),
    ],
)
def test_clip_of_a_long_recording_gets_its_part_of_the_text(
    heard: str, text: str, given: bool, flags: tuple[str, ...]
) -> None:
    whole = Clip(
        "1",
        "a.wav",
        0,
        3,
        "今天天气很好。我们去公园吧，你觉得怎么样？",
        "zh",
        given=True,
        flags=(PART_OF_TEXT,),
    )
    clip = labelled(whole, SILENCE, 16_000, Says(Heard(heard, -0.2, 0, 1, heard)), "zh")
    assert (clip.text, clip.given, clip.dropped, clip.flags) == (text, given, None, flags)


def spoken(n: int, text: str, language: str, seconds: float) -> Clip:
    return Clip(str(n), "a.wav", 0.0, seconds + 0.3, text, language).measured(speech_s=seconds)


@pytest.mark.parametrize(
    ("language", "text"),
    [("zh", "今天天气很好我们出去吧"), ("en", "The train leaves at nine, so hurry up now")],
)
def test_much_faster_and_slower_clips_are_dropped(language: str, text: str) -> None:
    clips = [spoken(n, text, language, 2.0 + 0.1 * (n % 3)) for n in range(8)]
    clips += [spoken(8, text, language, 1.1), spoken(9, text, language, 4.0), spoken(10, text, language, 1.6)]
    judged = with_odd_speed(clips)
    assert [clip.name for clip in judged if clip.dropped == "odd_speed"] == ["8", "9"]
    assert judged[0].figures["syllables_per_s"] == pytest.approx(5.5 if language == "zh" else 4.5)


def test_few_clips_have_no_middle_speed() -> None:
    clips = [spoken(n, "今天天气很好", "zh", seconds) for n, seconds in enumerate((1.0, 2.0, 4.0))]
    assert not any(clip.dropped for clip in with_odd_speed(clips))
