"""The acoustic ends of the user's clips are known by construction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from companion.cli.benchmarks.voice.clips import LABEL, RATE_HZ, joined, noise, speak_all, trimmed
from companion.cli.benchmarks.voice.script import ScriptedTurn
from companion.domain.audio import AudioClip, Speech
from companion.domain.character import VoiceSpec
from companion.ports import Cancel

pytestmark = pytest.mark.unit

_MARGIN = RATE_HZ // 100


def _tone(seconds: float, level: float = 0.3) -> np.ndarray:
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (level * np.cos(2 * np.pi * 220 * at)).astype(np.float32)


def test_silence_at_both_ends_is_cut_to_ten_milliseconds() -> None:
    silence = np.zeros(RATE_HZ // 2, np.float32)
    cut = trimmed(np.concatenate([silence, _tone(0.4), silence]))
    loud = np.flatnonzero(np.abs(cut) > LABEL)
    assert loud[0] <= _MARGIN
    assert len(cut) - 1 - loud[-1] <= _MARGIN + RATE_HZ // 220


def test_a_pause_reaches_from_sound_to_sound() -> None:
    part = trimmed(_tone(0.5))
    samples, [(begin, end)] = joined([part, part], [0.6])
    assert end - begin == pytest.approx(0.6 * RATE_HZ, abs=1)
    assert not np.any(np.abs(samples[begin:end]) > LABEL)
    assert np.abs(samples[begin - RATE_HZ // 100 : begin]).max() > LABEL
    assert np.abs(samples[end : end + RATE_HZ // 100]).max() > LABEL


@pytest.mark.parametrize("kind", ["cough", "bang", "keys"])
def test_a_noise_is_short_and_the_same_for_the_same_seed(kind: str) -> None:
    first, again, other = noise(kind, 1), noise(kind, 1), noise(kind, 2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first[: len(other)], other[: len(first)])
    assert 0.1 < len(first) / RATE_HZ < 1.0


class _Voice:
    def __init__(self) -> None:
        self.said: list[str] = []

    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        self.said.append(clause)
        yield Speech(AudioClip(np.pad(_tone(0.3), 2400), RATE_HZ), clause)

    def close(self) -> None:
        pass


def test_labels_name_the_first_and_last_sound_and_clips_are_made_once(tmp_path: Path) -> None:
    turn = ScriptedTurn("one", "zh", "pause", ("我想", "喝茶。"), (500,), "backchannel", "嗯。", 1.0)
    voice = _Voice()
    [first] = speak_all([turn], lambda: voice, tmp_path, seed=3)
    [again] = speak_all([turn], lambda: pytest.fail("all was made before"), tmp_path, seed=3)
    assert voice.said == ["我想", "喝茶。", "嗯。"]
    assert again == first
    assert first.said.onset <= _MARGIN
    assert first.said.end >= first.said.n_samples - 1 - _MARGIN - RATE_HZ // 220
    assert len(first.said.pauses) == 1
    assert first.during is not None
