"""Other speakers are dropped, and two equally frequent ones are a question."""

from __future__ import annotations

import numpy as np
import pytest

from companion.voice_training.clip import Clip
from companion.voice_training.one_speaker import BOTH, SpeakerCheck, check_speakers, two_speakers

pytestmark = pytest.mark.unit


def voice(rng: np.random.Generator, n_clips: int, like: np.ndarray, cosine: float) -> list[np.ndarray]:
    """Return unit vectors at about `cosine` to `like`."""
    out = []
    for _ in range(n_clips):
        away = rng.normal(0, 1, len(like))
        away -= away @ like * like
        angle = np.arccos(np.clip(cosine + rng.normal(0, 0.015), -1, 0.995))
        out.append((np.cos(angle) * like + np.sin(angle) * away / np.linalg.norm(away)).astype(np.float32))
    return out


def speakers(rng: np.random.Generator, apart: float) -> tuple[np.ndarray, np.ndarray]:
    one = rng.normal(0, 1, 256)
    one /= np.linalg.norm(one)
    return one, voice(rng, 1, one, apart)[0].astype(np.float64)


def check(*groups: list[np.ndarray], speaker: int | None = None) -> SpeakerCheck:
    vectors = [vector for group in groups for vector in group]
    clips = [Clip(f"{number:04d}", "a.wav", 0.0, 3.0) for number in range(len(vectors))]
    return check_speakers(
        clips, {clip.name: v for clip, v in zip(clips, vectors, strict=True)}, speaker=speaker
    )


def dropped(found: SpeakerCheck) -> list[int]:
    return [at for at, clip in enumerate(found.clips) if clip.dropped == "second_speaker"]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("n_others", [1, 3])
def test_few_clips_of_somebody_else_are_dropped(seed: int, n_others: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = speakers(rng, 0.7)
    found = check(voice(rng, 20, one, 0.93), voice(rng, n_others, other, 0.93))
    assert not found.is_question
    assert dropped(found) == list(range(20, 20 + n_others))
    assert "similarity" in found.clips[20].detail
    assert found.clips[0].figures["speaker_cosine"] > found.limit


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("cosine", [0.8, 0.93])
def test_one_speaker_keeps_nearly_all_clips_however_far_they_spread(seed: int, cosine: float) -> None:
    rng = np.random.default_rng(seed)
    one, _ = speakers(rng, 0.7)
    found = check(voice(rng, 40, one, cosine))
    assert not found.is_question
    assert len(dropped(found)) <= 1


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("n_one", "n_other"), [(12, 12), (20, 8), (5, 4)])
def test_two_frequent_speakers_are_a_question_and_nothing_is_dropped(
    seed: int, n_one: int, n_other: int
) -> None:
    rng = np.random.default_rng(seed)
    one, other = speakers(rng, 0.65)
    found = check(voice(rng, n_one, one, 0.92), voice(rng, n_other, other, 0.92))
    assert found.is_question
    assert dropped(found) == []
    assert sorted(map(len, found.groups)) == sorted((n_one, n_other))
    assert len(found.groups[0]) >= len(found.groups[1])
    question = two_speakers(found)
    assert (question.code, bool(question.hint)) == ("two_speakers", True)


def test_answer_to_the_question_keeps_that_speaker() -> None:
    rng = np.random.default_rng(0)
    one, other = speakers(rng, 0.65)
    groups = voice(rng, 12, one, 0.92), voice(rng, 9, other, 0.92)
    assert dropped(check(*groups, speaker=0)) == list(range(12, 21))
    assert dropped(check(*groups, speaker=1)) == list(range(12))
    assert not check(*groups, speaker=1).is_question


def test_moods_of_one_person_are_both_kept_and_strangers_are_not() -> None:
    rng = np.random.default_rng(0)
    one, other = speakers(rng, 0.7)
    stranger, _ = speakers(rng, 0.7)
    found = check(
        voice(rng, 12, one, 0.93), voice(rng, 9, other, 0.93), voice(rng, 1, stranger, 0.93), speaker=BOTH
    )
    assert dropped(found) == [21]
    assert not found.is_question


@pytest.mark.parametrize("speaker", [0, 1, BOTH])
def test_answer_to_a_question_that_no_longer_stands_is_harmless(speaker: int) -> None:
    rng = np.random.default_rng(0)
    one, _ = speakers(rng, 0.7)
    assert dropped(check(voice(rng, 12, one, 0.93), speaker=speaker)) == []


def test_dropped_clips_and_a_handful_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    one, other = speakers(rng, 0.5)
    vectors = voice(rng, 10, one, 0.93) + voice(rng, 1, other, 0.93)
    clips = [Clip(f"{number:04d}", "a.wav", 0.0, 3.0) for number in range(11)]
    clips[10] = clips[10].drop("noise", "SNR 3 dB")
    found = check_speakers(clips, {clip.name: v for clip, v in zip(clips, vectors, strict=True)})
    assert found.clips[10].dropped == "noise"
    assert dropped(check(vectors[:2], vectors[10:])) == []
