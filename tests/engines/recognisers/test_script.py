"""In which characters recognised Chinese is written."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.engines.detectors.energy import Energy
from companion.engines.recognisers.faster_whisper import FasterWhisper
from companion.errors import ModelError

pytestmark = pytest.mark.unit


class Detector(Energy):
    """Hears speech everywhere."""

    def probabilities(self, samples: Any) -> Any:
        return np.ones(-(-len(samples) // 512), np.float32)


def recogniser(text: str) -> FasterWhisper:
    """Return the adapter around a model that always writes `text`."""
    model = SimpleNamespace(
        is_multilingual=True,
        encode=lambda frames: frames,
        generate=lambda *_, **__: [SimpleNamespace(sequences_ids=[[1]], scores=[-0.1], no_speech_prob=0.0)],
    )
    tokenizer = SimpleNamespace(
        sot_prev=9, sot_sequence=[8], no_timestamps=7, eot=5, encode=lambda _: [2], decode=lambda _: text
    )
    features = lambda samples, padding: np.zeros((80, len(samples) // 160), np.float32)  # noqa: E731
    return FasterWhisper(model, features, lambda _: tokenizer, Detector(), lambda frames: frames)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "language", "expected"),
    [
        ("賈母最疼寶玉,對嗎?", "zh", "贾母最疼宝玉，对吗？"),
        ("这本书很好", "zh", "这本书很好"),
        ("the sea at night", "en", "the sea at night"),
    ],
)
def test_chinese_is_simplified(written: str, language: str, expected: str) -> None:
    clip = AudioClip(np.full(32_000, 0.1, np.float32), 16_000)
    assert recogniser(written).transcribe(clip, CancelToken(), language=language).text == expected


def test_each_beam_width_gives_one_reading_with_its_figures() -> None:
    clip = AudioClip(np.full(32_000, 0.1, np.float32), 16_000)
    readings = recogniser("賈母最疼寶玉,對嗎?").decodings(clip, language="zh", beams=(5, 1))
    assert [one.text for one in readings] == ["贾母最疼宝玉，对吗？"] * 2
    assert readings[0].average_logprob == pytest.approx(-0.05)


@pytest.mark.parametrize("n_samples", [0, 16_000])
def test_silence_has_no_readings(n_samples: int) -> None:
    clip = AudioClip(np.zeros(n_samples, np.float32), 16_000)
    assert recogniser("你好").decodings(clip, language="zh") == []


def test_closed_recogniser_reads_nothing() -> None:
    closed = recogniser("你好")
    closed.close()
    with pytest.raises(ModelError):
        closed.decodings(AudioClip(np.ones(16_000, np.float32), 16_000), language="zh")
