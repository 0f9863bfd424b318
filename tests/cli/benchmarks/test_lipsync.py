from __future__ import annotations

import numpy as np
import pytest

from companion.cli.benchmarks.lipsync import lipsync_offsets, openness_curve
from companion.domain.audio import AudioClip

pytestmark = pytest.mark.unit

RATE = 24_000


def syllables(starts_s: list[float], length_s: float = 0.15, seconds: float = 2.0) -> AudioClip:
    times = np.arange(int(seconds * RATE)) / RATE
    loud = np.zeros(len(times))
    for start_s in starts_s:
        loud[(times >= start_s) & (times < start_s + length_s)] = 0.3
    return AudioClip((loud * np.sin(times * 2 * np.pi * 200)).astype(np.float32), RATE)


def mouth(starts_s: list[float], late_s: float, length_s: float = 0.15) -> np.ndarray:
    def at(seconds: float) -> str:
        into = [seconds - late_s - start_s for start_s in starts_s]
        return "a" if any(0 <= one < length_s for one in into) else "rest"

    return openness_curve(at, 2.0)


STARTS = [0.3, 0.7, 1.1, 1.6]


@pytest.mark.parametrize("late_s", [-0.08, 0.0, 0.03, 0.12])
def test_late_mouth_is_measured_at_every_edge_and_as_a_shift(late_s: float) -> None:
    found = lipsync_offsets([(syllables(STARTS), mouth(STARTS, late_s))])
    assert len(found.starts) == len(found.ends) == 4
    assert np.abs(np.array([*found.starts, *found.ends]) - late_s).max() < 0.02
    assert abs(found.lag - late_s) < 0.0101


def test_mouth_that_never_moves_misses_every_edge() -> None:
    found = lipsync_offsets([(syllables(STARTS), np.zeros(400))])
    assert found.edges == [0.4] * 8


def test_short_gaps_inside_speech_are_no_edges() -> None:
    found = lipsync_offsets([(syllables([0.3, 0.5, 0.7], 0.12), mouth([0.3], 0.0, 0.52))])
    assert (len(found.starts), len(found.ends)) == (1, 1)


def test_silence_says_nothing() -> None:
    found = lipsync_offsets([(AudioClip(np.zeros(RATE, np.float32), RATE), np.zeros(200))])
    assert (found.starts, found.ends) == ((), ())
