from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.catalog import ensure, load_catalog, missing_packages
from companion.engines.detectors.silero import Silero
from companion.engines.voices.kokoro_onnx import KokoroOnnx
from companion.errors import ModelError
from companion.text.phonemes import Language, Phone, Phonemes

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[3]


@pytest.fixture
def silero() -> Silero:
    return Silero.load()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """Return 你好，今天天气很好 by the starter voice, 16 kHz."""
    row = load_catalog(ROOT / "models" / "catalog.toml").row("kokoro-82m-v1.0-int8")
    if missing := missing_packages(row):
        pytest.skip(f"packages are missing: {', '.join(missing)}; run with --extra starter")
    voice = KokoroOnnx.load(
        ensure(row, tmp_path_factory.mktemp("models")), ROOT / "assets" / "voices", phonemise=by_hand
    )
    (speech,) = voice.synthesise("你好，今天天气很好", CancelToken(), voice=VoiceSpec())
    return soxr.resample(speech.clip.samples, 24_000, 16_000).astype(np.float32)


def by_hand(text: str, language: Language, alphabet: str) -> Phonemes:
    symbols = "ni↓xau↓, tɕin→tʰjɛn→tʰjɛn→tɕʰi↓xən↓xau↓."
    return Phonemes(text, tuple(Phone(symbol, 0) for symbol in symbols))


def test_speech_is_told_from_silence_and_noise(silero: Silero, said: NDArray[np.float32]) -> None:
    noise = np.random.default_rng(5).normal(0, 0.01, 32_000).astype(np.float32)
    assert silero.probabilities(np.zeros(32_000, np.float32)).max() < 0.2
    silero.reset()
    assert silero.probabilities(noise).max() < 0.3
    silero.reset()
    assert np.median(silero.probabilities(said)) > 0.8


def test_frame_by_frame_equals_all_at_once(silero: Silero, said: NDArray[np.float32]) -> None:
    samples = said[: 512 * 31]
    at_once = silero.probabilities(samples)
    silero.reset()
    singly = [silero.probability(frame) for frame in samples.reshape(-1, 512)]
    assert np.allclose(at_once, singly, atol=1e-4)


def test_reset_forgets_the_stream(silero: Silero, said: NDArray[np.float32]) -> None:
    frame = said[8000:8512]
    first = silero.probability(frame)
    silero.probabilities(said)
    assert silero.probability(frame) != first
    silero.reset()
    assert silero.probability(frame) == first


def test_loading_imports_no_recogniser() -> None:
    code = (
        "import sys; from companion.engines.detectors.silero import Silero; Silero.load();"
        "print('faster_whisper' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "False"


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        Silero.load(tmp_path / "absent.onnx")
    assert caught.value.code == "missing"
