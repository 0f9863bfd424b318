"""The same recording twice is found at another level, rate and cut, and two takes are not."""

from __future__ import annotations

import numpy as np
import pytest

from companion.audio.resample import resample
from companion.domain.audio import AudioClip
from companion.voice_training.clip import Clip
from companion.voice_training.duplicates import fingerprint, without_duplicates

from .sounds import speechlike

pytestmark = pytest.mark.unit

RATE_HZ = 16_000


def judged(*sounds: np.ndarray) -> list[Clip]:
    clips = [Clip(f"{n:04d}", f"{n}.wav", 0.0, len(sound) / RATE_HZ) for n, sound in enumerate(sounds)]
    prints = {clip.name: fingerprint(sound, RATE_HZ) for clip, sound in zip(clips, sounds, strict=True)}
    return without_duplicates(clips, prints)


def changed(sound: np.ndarray) -> np.ndarray:
    """Return a quieter copy that went through another rate, 20 ms of it lost, with a little noise."""
    there = resample(AudioClip(sound[160:-160], RATE_HZ), 22_050)
    back = resample(there, RATE_HZ).samples
    return (0.3 * back + np.random.default_rng(0).normal(0, 2e-4, len(back))).astype(np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_copy_is_dropped_and_the_first_stays(seed: int) -> None:
    sound = speechlike(3, RATE_HZ, seed=seed)
    others = [speechlike(3, RATE_HZ, seed=100 + seed), speechlike(2.95, RATE_HZ, seed=200 + seed)]
    clips = judged(sound, *others, changed(sound))
    assert [clip.dropped for clip in clips] == [None, None, None, "duplicate"]
    assert clips[3].detail == "the same as clip 0000"


def test_three_copies_leave_one() -> None:
    sound = speechlike(3, RATE_HZ)
    assert [clip.dropped for clip in judged(sound, changed(sound), sound)] == [None, "duplicate", "duplicate"]


def test_copy_of_a_dropped_clip_stays() -> None:
    sound = speechlike(3, RATE_HZ)
    clips = [Clip("a", "a.wav", 0.0, 3.0).drop("noise", ""), Clip("b", "b.wav", 0.0, 3.0)]
    print_ = fingerprint(sound, RATE_HZ)
    assert [clip.dropped for clip in without_duplicates(clips, {"a": print_, "b": print_})] == ["noise", None]


@pytest.mark.parametrize("n_samples", [0, 100, 1024, 5000])
def test_silence_and_short_sounds_are_nobody_s_copy(n_samples: int) -> None:
    silence = np.zeros(n_samples, np.float32)
    assert [clip.dropped for clip in judged(silence, silence)] == [None, None]
