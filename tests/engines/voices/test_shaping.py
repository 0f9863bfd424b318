from __future__ import annotations

import numpy as np
import pytest

from companion.domain.audio import Speech, SpeechMark
from companion.engines.voices.shaping import (
    ShapedStream,
    empty_speech,
    estimated_marks,
    is_spoken,
    marks_from_durations,
    pause_after,
    shaped,
)
from companion.text.phonemes import Phone

pytestmark = pytest.mark.unit

RATE = 24_000


def tone_between(before: int, during: int, after: int, level: float = 0.3) -> np.ndarray:
    tone = level * np.sin(np.arange(during) * 2 * np.pi * 300 / RATE)
    return np.concatenate([np.zeros(before), tone, np.zeros(after)]).astype(np.float32)


def test_silence_at_both_ends_is_cut_and_marks_move_along() -> None:
    samples = tone_between(9600, 12000, 14400)
    speech = shaped(samples, RATE, "好", [SpeechMark(9600, 0, "x")], exact=True, pause_s=0.0)
    assert 12000 + 0.07 * RATE < len(speech.clip.samples) < 12000 + 0.1 * RATE
    onset = int(np.argmax(np.abs(speech.clip.samples) > 0.02))
    assert abs(speech.marks[0].sample - onset) < 0.006 * RATE


def test_pause_is_silence_after_the_sound() -> None:
    speech = shaped(tone_between(0, 12000, 0), RATE, "好", [], exact=True, pause_s=0.2)
    assert len(speech.clip.samples) == 12000 + 4800
    assert not speech.clip.samples[-4800:].any()


def test_ends_are_faded_so_that_nothing_clicks() -> None:
    samples = np.full(4800, 0.5, np.float32)
    body = shaped(samples, RATE, "a", [], exact=True, pause_s=0.0).clip.samples
    assert (body[0], body[-1]) == (0.0, 0.0)
    assert float(np.abs(np.diff(body)).max()) < 0.01


def test_loud_and_broken_samples_are_tamed() -> None:
    samples = tone_between(0, 4800, 0, level=3.0)
    samples[100] = np.nan
    speech = shaped(samples, RATE, "a", [], exact=True, pause_s=0.0)
    assert np.isfinite(speech.clip.samples).all()
    assert float(np.abs(speech.clip.samples).max()) <= 0.981


def test_pure_silence_becomes_an_empty_clip_with_marks_inside() -> None:
    speech = shaped(np.zeros(9000, np.float32), RATE, "a", [SpeechMark(8000, 0, "a")], exact=True, pause_s=0)
    assert (len(speech.clip.samples), speech.marks[0].sample) == (0, 0)
    assert len(empty_speech("……", RATE).clip.samples) == 0


@pytest.mark.parametrize(
    ("longer", "shorter"),
    [
        ("你好。", "你好，"),
        ("你好！”", "你好，”"),
        ("Hello.", "Hello,"),
        ("真的？", "真的"),
        ("Really?", "Really"),
    ],
)
def test_sentence_ends_pause_longer_than_clause_ends(longer: str, shorter: str) -> None:
    assert pause_after(longer) > pause_after(shorter) > 0


def test_durations_become_marks_at_their_beginnings() -> None:
    phones = [Phone("n", 0), Phone("i", 0), Phone("x", 1)]
    marks = marks_from_durations(phones, [100, 200, 300], lead=50)
    assert [(mark.sample, mark.char) for mark in marks] == [(50, 0), (150, 0), (350, 1)]


def test_estimated_marks_stay_inside_the_sound_and_give_vowels_more() -> None:
    samples = tone_between(2400, 24000, 2400)
    phones = [Phone("n", 0), Phone("a", 0), Phone("↓", 0), Phone("m", 1), Phone("a", 1)]
    marks = estimated_marks(phones, samples, RATE)
    begins = [mark.sample for mark in marks]
    assert begins == sorted(begins)
    assert begins[0] >= 1000
    assert begins[-1] < 26400
    assert begins[3] - begins[1] > begins[1] - begins[0]


@pytest.mark.parametrize(
    ("symbol", "spoken"),
    [("a", True), ("ʂ", True), ("↓", False), ("ˈ", False), (" ", False), ("。", False), ("5", False)],
)
def test_only_sounds_count_as_spoken(symbol: str, spoken: bool) -> None:
    assert is_spoken(symbol) is spoken


def quiet_and_loud(seed: int) -> np.ndarray:
    """Return 2 s in which sound and silence alternate, with silence at both ends."""
    random = np.random.default_rng(seed)
    level = np.repeat([0.0, 0.0, *random.choice([0.0, 0.3, 0.9], 34), 0.3, 0.0, 0.0, 0.0], 1200)
    return (level * random.uniform(-1, 1, len(level))).astype(np.float32)


def spoken_in_pieces(samples: np.ndarray, marks: list[SpeechMark], sizes: list[int]) -> list[Speech]:
    stream = ShapedStream(RATE, "你好", marks, exact=True, pause_s=0.1)
    pieces = np.split(samples, np.cumsum(sizes))
    made = [stream.push(piece) for piece in pieces[:-1]]
    return [speech for speech in made if speech is not None] + [stream.finish(pieces[-1])]


@pytest.mark.parametrize("sizes", [[6144, 12288, 20000], [100] * 300, [47000], [1200, 1200]])
@pytest.mark.parametrize("seed", range(4))
def test_clause_in_pieces_sounds_like_the_whole(seed: int, sizes: list[int]) -> None:
    samples = quiet_and_loud(seed)
    whole = shaped(samples, RATE, "你好", [], exact=True, pause_s=0.1)
    pieces = spoken_in_pieces(samples, [], sizes)
    joined = np.concatenate([speech.clip.samples for speech in pieces])
    np.testing.assert_allclose(joined, whole.clip.samples, atol=1e-6)
    assert [speech.last for speech in pieces] == [False] * (len(pieces) - 1) + [True]
    assert all(len(speech.clip.samples) for speech in pieces)


def test_marks_of_the_pieces_are_those_of_the_whole_and_each_piece_begins_with_its_phoneme() -> None:
    samples = quiet_and_loud(1)
    marks = [SpeechMark(i * 3000, i, f"p{i}") for i in range(16)]
    whole = shaped(samples, RATE, "你好", marks, exact=True, pause_s=0.1)
    pieces = spoken_in_pieces(samples, marks, [6144, 2000, 500, 12288, 16000])
    starts = np.cumsum([0, *(len(speech.clip.samples) for speech in pieces)])
    joined = [
        SpeechMark(int(start) + mark.sample, mark.char, mark.phoneme)
        for start, speech in zip(starts, pieces, strict=False)
        for mark in speech.marks
    ]
    assert len(pieces) > 3
    for start, speech in zip(starts, pieces, strict=False):
        running = max((mark for mark in whole.marks if mark.sample <= start), key=lambda mark: mark.sample)
        assert (speech.marks[0].sample, speech.marks[0].char) == (0, running.char)
    assert set(whole.marks) <= set(joined)
    assert [mark.sample for mark in joined] == sorted(mark.sample for mark in joined)


def test_silence_at_the_end_of_a_piece_waits_for_sound() -> None:
    stream = ShapedStream(RATE, "好", [], exact=True, pause_s=0.0)
    assert stream.push(np.zeros(6000, np.float32)) is None
    first = stream.push(tone_between(0, 4800, 4800))
    assert first is not None
    assert abs(len(first.clip.samples) - (0.03 + 0.2) * RATE) < 0.006 * RATE
    assert stream.push(np.zeros(4800, np.float32)) is None
    end = stream.finish(np.zeros(2400, np.float32))
    assert len(end.clip.samples) == int(0.05 * RATE)


def test_loud_piece_after_a_softer_one_is_tamed_without_a_step() -> None:
    stream = ShapedStream(RATE, "好", [], exact=True, pause_s=0.0)
    first = stream.push(tone_between(0, 4800, 0, level=0.5))
    second = stream.finish(tone_between(0, 4800, 0, level=2.0))
    assert first is not None
    assert float(np.abs(second.clip.samples).max()) <= 1.0
    assert float(np.abs(second.clip.samples[200:]).max()) <= 0.981
