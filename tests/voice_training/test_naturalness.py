from __future__ import annotations

import numpy as np
import pytest

from companion.voice_training.naturalness import naturalness

from .sounds import speechlike

pytestmark = pytest.mark.unit


def test_noise_costs_background_and_the_whole() -> None:
    clean = speechlike(4.0, 16_000)
    noise = np.random.default_rng(1).normal(0.0, 0.05, len(clean)).astype(np.float32)
    before, after = naturalness(clean, 16_000), naturalness(clean + noise, 16_000)
    assert after.bak < before.bak - 0.5
    assert after.ovrl < before.ovrl


def test_the_rate_is_the_sound_s_own() -> None:
    low = naturalness(speechlike(4.0, 16_000), 16_000)
    high = naturalness(speechlike(4.0, 48_000), 48_000)
    assert high.ovrl == pytest.approx(low.ovrl, abs=0.6)


def test_short_sound_is_repeated_and_long_sound_heard_to_its_end() -> None:
    piece = speechlike(3.0, 16_000)
    assert naturalness(np.tile(piece, 4), 16_000).bak == pytest.approx(
        naturalness(piece, 16_000).bak, abs=0.4
    )
    noise = np.random.default_rng(1).normal(0.0, 0.2, 160_000).astype(np.float32)
    spoilt = np.concatenate([np.tile(piece, 4), noise])
    assert naturalness(spoilt, 16_000).bak < naturalness(np.tile(piece, 4), 16_000).bak


def test_nothing_is_worth_nothing() -> None:
    assert naturalness(np.zeros(0, np.float32), 16_000).ovrl == 1.0
    assert 1.0 <= naturalness(np.full(8_000, np.nan, np.float32), 16_000).ovrl <= 5.0
