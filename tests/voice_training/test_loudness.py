"""Loudness is that of BS.1770, and clips come out at one level."""

from __future__ import annotations

import numpy as np
import pytest

from companion.voice_training.loudness import levelled, loudness

pytestmark = pytest.mark.unit


def sine(seconds: float, rate_hz: int, hertz: float, peak_dbfs: float) -> np.ndarray:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return (10 ** (peak_dbfs / 20) * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 48_000])
def test_sine_of_the_standard_reads_as_it_should(rate_hz: int) -> None:
    # BS.1770-4: a sine of 997 Hz at 0 dBFS in one channel reads -3.01.
    assert loudness(sine(5, rate_hz, 997, 0.0), rate_hz) == pytest.approx(-3.01, abs=0.1)
    assert loudness(sine(5, rate_hz, 997, -20.0), rate_hz) == pytest.approx(-23.01, abs=0.1)


def test_low_tones_count_less_and_high_tones_more() -> None:
    # Read off the standard's curve: about -14 dB at 25 Hz with the offset of the sine, +4 dB at 10 kHz.
    low, high = (loudness(sine(5, 48_000, hertz, -20.0), 48_000) for hertz in (25, 10_000))
    assert low < -30.0
    assert high == pytest.approx(-19.7, abs=0.3)


def test_quiet_passages_do_not_pull_the_figure_down() -> None:
    # EBU Tech 3341, case 3: -36, -23, -36 reads -23.
    parts = [sine(10, 48_000, 1000, -36.0), sine(60, 48_000, 1000, -20.0), sine(10, 48_000, 1000, -36.0)]
    assert loudness(np.concatenate(parts), 48_000) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("gain", [0.003, 0.1, 1.0, 3.0])
def test_clips_come_out_at_one_level_without_offset(gain: float) -> None:
    time = np.arange(3 * 22_050) / 22_050
    voice = sine(3, 22_050, 300, -6.0) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time)).astype(np.float32)
    result = levelled((gain * voice + 0.1 * gain).astype(np.float32), 22_050)
    assert loudness(result.samples, 22_050) == pytest.approx(-23.0, abs=0.05)
    assert abs(float(result.samples.mean())) < 1e-4


def test_peaks_stay_under_one_decibel_below_full_scale() -> None:
    clicks = np.zeros(22_050, np.float32)
    clicks[::5000] = 0.5
    result = levelled(clicks, 22_050)
    assert np.abs(result.samples).max() == pytest.approx(10 ** (-1 / 20), abs=0.01)


@pytest.mark.parametrize("n_samples", [0, 100, 22_050])
def test_silence_is_left_alone(n_samples: int) -> None:
    result = levelled(np.zeros(n_samples, np.float32), 22_050)
    assert (result.lufs, result.gain_db, len(result.samples)) == (float("-inf"), 0.0, n_samples)
