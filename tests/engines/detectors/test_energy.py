from __future__ import annotations

import numpy as np
import pytest

from companion.engines.detectors.energy import Energy

pytestmark = pytest.mark.unit

GENERATOR = np.random.default_rng(3)


def feed(detector: Energy, level: float, n_frames: int) -> list[float]:
    return [detector.probability(GENERATOR.normal(0, level, 512).astype(np.float32)) for _ in range(n_frames)]


@pytest.mark.parametrize("floor", [0.0, 0.0005, 0.005])
def test_speech_stands_out_over_any_room(floor: float) -> None:
    detector = Energy.load()
    feed(detector, floor, 300)
    assert max(feed(detector, floor, 20)) < 0.3
    assert min(feed(detector, floor + 0.1, 10)) > 0.6


def test_a_long_utterance_stays_speech() -> None:
    detector = Energy.load()
    feed(detector, 0.0005, 100)
    assert min(feed(detector, 0.1, 60)) > 0.5


def test_broken_samples_give_a_probability_all_the_same() -> None:
    assert 0.0 <= Energy.load().probability(np.full(512, np.nan, np.float32)) <= 1.0


def test_reset_forgets_the_room() -> None:
    detector = Energy.load()
    frame = np.full(512, 0.02, np.float32)
    first = detector.probability(frame)
    for _ in range(300):
        detector.probability(frame)
    detector.reset()
    assert detector.probability(frame) == first
