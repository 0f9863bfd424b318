from __future__ import annotations

import math

import numpy as np
import pytest

from companion.voice_training.pitch import FRAME_S, pitch, pitch_curve, semitones

pytestmark = pytest.mark.unit


def tone(hertz: np.ndarray | float, seconds: float = 2.0, rate: int = 16_000) -> np.ndarray:
    n_samples = int(seconds * rate)
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hertz, n_samples)) / rate
    return (0.1 * sum(np.sin(partial * phase) / partial for partial in range(1, 12))).astype(np.float32)


@pytest.mark.parametrize("hertz", [85.0, 150.0, 300.0])
@pytest.mark.parametrize("rate", [16_000, 22_050])
def test_the_median_is_the_pitch(hertz: float, rate: int) -> None:
    found = pitch(tone(hertz, rate=rate), rate)
    assert abs(semitones(found.median_hz, hertz)) < 0.3
    assert found.voiced > 0.9
    assert found.log_sd < 0.02


def test_a_voice_that_moves_has_a_deviation() -> None:
    glide = 200.0 * 2 ** (np.sin(2 * np.pi * 1.5 * np.arange(32_000) / 16_000) * 0.25)
    assert pitch(tone(glide), 16_000).log_sd == pytest.approx(0.25 * math.log(2) / 2**0.5, rel=0.15)


def test_there_is_no_pitch_without_a_voice() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.1, 32_000).astype(np.float32)
    assert pitch(noise, 16_000).voiced < 0.2
    for silence in (np.zeros(32_000, np.float32), np.zeros(0, np.float32), np.zeros(100, np.float32)):
        assert pitch(silence, 16_000) == pitch(np.zeros(0, np.float32), 16_000)
        assert pitch(silence, 16_000).median_hz == 0.0


def test_the_curve_has_a_frame_every_16_ms_and_gaps_in_pauses() -> None:
    sound = np.concatenate([tone(150.0, 1.0), np.zeros(16_000, np.float32), tone(300.0, 1.0)])
    curve = pitch_curve(sound, 16_000)
    assert len(curve) == pytest.approx(3.0 / FRAME_S, abs=1)
    assert np.isnan(curve[75:110]).all()
    assert np.nanmedian(curve[:50]) == pytest.approx(150, rel=0.02)
    assert np.nanmedian(curve[-50:]) == pytest.approx(300, rel=0.02)


def test_an_octave_is_twelve_semitones() -> None:
    assert semitones(440.0, 220.0) == pytest.approx(12.0)
    assert math.isnan(semitones(0.0, 220.0))
