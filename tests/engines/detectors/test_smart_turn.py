"""The turn detector: its features are Whisper's, its file is checked, its answers are those of its authors' code."""

from __future__ import annotations

import hashlib
import types
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from companion.domain.audio import AudioClip
from companion.engines.detectors.smart_turn import RATE_HZ, SAMPLES, SmartTurn, log_mel
from companion.errors import ModelError

pytestmark = pytest.mark.engine

FOLDER = Path(__file__).parents[3] / "assets" / "models" / "smart-turn-v3.2"
MODEL = FOLDER / "smart-turn-v3.2-cpu.onnx"

# By the feature extractor of pipecat-ai 1.14.0 and the same model: (mel band, frame) of seven features, their
# mean and standard deviation, and the probability.
PLACES = ((0, 0), (5, 790), (20, 799), (40, 750), (79, 700), (10, 400))
GOLDEN = {
    1.0: ((-0.01924, 0.71528, 0.38031, -0.01924, 0.52226, -0.01924), 0.005086, 0.172879, 0.1659),
    3.0: ((-0.13852, 0.59601, 0.26104, -0.13852, -0.13852, -0.13852), -0.069382, 0.289776, 0.0860),
    9.0: ((1.37796, 0.48952, 0.15455, -0.24501, -0.24501, 0.1274), -0.064362, 0.448931, 0.7202),
}


@pytest.fixture(scope="module")
def detector() -> SmartTurn:
    return SmartTurn.load(MODEL)


def signal(seconds: float, rate_hz: int = RATE_HZ) -> NDArray[np.float32]:
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    tone = np.sin(2 * np.pi * (150 * t - 5 / np.pi * np.cos(4 * np.pi * t)))
    hiss = 0.02 * np.sin(2 * np.pi * 3000 * t)
    return (0.1 * tone * (1 + np.sin(6 * np.pi * t)) + hiss).astype(np.float32)


def framed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    last = samples[-SAMPLES:]
    return np.concatenate([np.zeros(SAMPLES - len(last), np.float32), last])


@pytest.mark.parametrize("seconds", sorted(GOLDEN))
def test_features_and_answer_are_those_of_the_authors(detector: SmartTurn, seconds: float) -> None:
    expected, mean, deviation, probability = GOLDEN[seconds]
    features = log_mel(framed(signal(seconds)))
    assert features.shape == (80, 800)
    assert features.dtype == np.float32
    assert [float(features[place]) for place in PLACES] == pytest.approx(expected, abs=2e-5)
    assert (float(features.mean()), float(features.std())) == pytest.approx((mean, deviation), abs=1e-5)
    # Quantised on the fly, so the last bits of a feature may move it a little on another processor.
    assert detector.completeness(AudioClip(signal(seconds), RATE_HZ)) == pytest.approx(probability, abs=0.03)


@pytest.mark.parametrize("seconds", [0.05, 0.4, 2.0, 8.0])
def test_features_are_those_of_whisper(seconds: float) -> None:
    import sys

    sys.modules.setdefault("av", types.ModuleType("av"))
    feature_extractor = pytest.importorskip("faster_whisper.feature_extractor")
    samples = framed(signal(seconds) + np.random.default_rng(1).normal(0, 0.01, int(seconds * RATE_HZ)))
    samples = samples.astype(np.float32)
    scaled = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    theirs = feature_extractor.FeatureExtractor(chunk_length=8)(scaled.astype(np.float32), padding=0)
    assert np.abs(log_mel(samples) - theirs).max() < 1e-3


def test_only_the_last_eight_seconds_count(detector: SmartTurn) -> None:
    long = np.concatenate(
        [np.random.default_rng(0).normal(0, 0.3, 5 * RATE_HZ).astype(np.float32), signal(8)]
    )
    assert detector.completeness(AudioClip(long, RATE_HZ)) == detector.completeness(
        AudioClip(signal(8), RATE_HZ)
    )


def test_another_rate_is_resampled(detector: SmartTurn) -> None:
    at_48k = detector.completeness(AudioClip(signal(3, 48_000), 48_000))
    assert at_48k == pytest.approx(detector.completeness(AudioClip(signal(3), RATE_HZ)), abs=0.15)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(100, np.float32),
        np.full(1000, np.nan, np.float32),
        np.full(200_000, 5.0, np.float32),
    ],
    ids=["empty", "silent", "no numbers", "clipped"],
)
def test_any_sound_gives_a_probability(detector: SmartTurn, samples: NDArray[np.float32]) -> None:
    assert 0.0 <= detector.completeness(AudioClip(samples, RATE_HZ)) <= 1.0


def test_the_file_is_the_published_one() -> None:
    digest = hashlib.sha256(MODEL.read_bytes()).hexdigest()
    assert digest == "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
    assert digest in (FOLDER / "NOTICE").read_text(encoding="utf-8")


def test_missing_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as missing:
        SmartTurn.load(tmp_path / "absent.onnx")
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(MODEL.read_bytes()[:100_000])
    with pytest.raises(ModelError) as damaged:
        SmartTurn.load(cut)
    assert (missing.value.code, damaged.value.code) == ("missing", "onnx")


def test_a_closed_detector_says_so() -> None:
    detector = SmartTurn.load(MODEL)
    detector.close()
    detector.close()
    with pytest.raises(ModelError) as caught:
        detector.completeness(AudioClip(signal(1), RATE_HZ))
    assert caught.value.code == "closed"
