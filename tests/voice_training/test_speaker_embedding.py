from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from companion.voice_training.measuring import at_rate
from companion.voice_training.speaker_embedding import (
    WIDTH,
    centroid,
    cosine,
    self_similarity,
    speaker_embedding,
)

pytestmark = pytest.mark.unit

ASSETS = Path(__file__).parents[2] / "assets" / "models"
# What Resemblyzer 0.1.4 on PyTorch makes of `vowel()` at -26 dBFS: its twelve largest values by their place.
REFERENCE = {
    246: 0.3265, 122: 0.2282, 42: 0.2053, 189: 0.2031, 120: 0.1946, 158: 0.1835,
    127: 0.1718, 151: 0.1638, 167: 0.1556, 180: 0.1512, 78: 0.1502, 168: 0.1490,
}  # fmt: skip


def vowel(seconds: float = 3.0, rate: int = 16_000, hertz: float = 140.0) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(hertz + 20 * np.sin(2 * np.pi * 1.7 * time)) / rate
    sound = np.zeros(len(time))
    for partial in range(1, 25):
        sound += np.exp(-(((partial * 140 - 700) / 600) ** 2)) * np.sin(partial * phase)
        sound += 0.4 * np.exp(-(((partial * 140 - 1900) / 500) ** 2)) * np.sin(partial * phase)
    return (0.1 * sound).astype(np.float32)


def test_it_computes_what_the_original_computes() -> None:
    embedding = speaker_embedding(vowel(), 16_000)
    assert (embedding.shape, embedding.dtype) == ((WIDTH,), np.float32)
    assert {place: float(embedding[place]) for place in REFERENCE} == pytest.approx(REFERENCE, abs=1e-3)
    assert float(np.linalg.norm(embedding)) == pytest.approx(1.0, abs=1e-5)


def test_neither_rate_nor_level_nor_a_pause_make_another_voice() -> None:
    whole = speaker_embedding(vowel(), 16_000)
    assert cosine(whole, speaker_embedding(at_rate(vowel(), 16_000, 48_000), 48_000)) > 0.99
    assert cosine(whole, speaker_embedding(vowel() * 0.02, 16_000)) > 0.99
    silence = np.zeros(32_000, np.float32)
    assert cosine(whole, speaker_embedding(np.concatenate([vowel(), silence, vowel()]), 16_000)) > 0.95


def test_another_voice_is_another_voice() -> None:
    assert cosine(speaker_embedding(vowel(), 16_000), speaker_embedding(vowel(hertz=260.0), 16_000)) < 0.85


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(16_000, np.float32)])
def test_silence_has_no_voice(samples: np.ndarray) -> None:
    assert not speaker_embedding(samples, 16_000).any()
    assert cosine(speaker_embedding(samples, 16_000), speaker_embedding(vowel(), 16_000)) == 0.0


def test_a_breath_of_sound_and_broken_numbers_give_a_finite_vector() -> None:
    short = vowel()[:300].copy()
    short[::7] = np.nan
    assert np.isfinite(speaker_embedding(short, 16_000)).all()


def test_each_is_compared_with_all_the_others() -> None:
    one, other = np.eye(WIDTH, dtype=np.float32)[:2]
    assert self_similarity([one, one, other]) == pytest.approx([1 / 2**0.5, 1 / 2**0.5, 0.0])
    assert self_similarity([one]) == []
    assert cosine(centroid([one, other]), one) == pytest.approx(1 / 2**0.5)
    assert not centroid([]).any()


@pytest.mark.parametrize(
    "name",
    [
        "resemblyzer/encoder.npz",
        "resemblyzer/strangers.npz",
        "dnsmos/sig_bak_ovr.onnx",
        "swift-f0/swift-f0.onnx",
    ],
)
def test_the_measuring_networks_are_those_of_their_notices(name: str) -> None:
    file = ASSETS / name
    notice = (file.parent / "NOTICE").read_text(encoding="utf-8")
    assert hashlib.sha256(file.read_bytes()).hexdigest() in notice
    assert f"{file.stat().st_size:,} bytes" in notice
    assert (file.parent / "LICENCE").is_file()
