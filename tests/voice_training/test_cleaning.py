"""Noise is taken out only where the voice does not suffer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from companion.voice_training.cleaning import best_denoiser, cleaned, deep_filter, spectral_gate
from companion.voice_training.clip import Clip
from companion.voice_training.cutting import Cut
from companion.voice_training.naturalness import Naturalness

from .sounds import F32, speechlike

pytestmark = pytest.mark.unit

RATE_HZ = 22_050


def noisy(snr_db: float) -> tuple[F32, F32]:
    """Return a voice with pauses, and the same with hiss."""
    voice = speechlike(3, RATE_HZ)
    voice[: RATE_HZ // 3] = 0
    voice[-RATE_HZ // 3 :] = 0
    hiss = np.random.default_rng(0).normal(0, 1, len(voice)).astype(np.float32)
    return voice, voice + hiss * np.float32(voice.std() * 10 ** (-snr_db / 20))


def one(dropped: bool = False, **figures: float) -> Cut:
    clip = Clip("0001", "a.wav", 0.0, 3.0).measured(
        **{"speech_s": 2.5, "level_dbfs": -20.0, "clipped": 0.05, "snr_db": 18.0} | figures
    )
    clip = clip.drop("noise", "SNR 12 dB") if dropped else clip.doubt("noisy")
    _, sound = noisy(18.0)
    return Cut(clip, sound, sound[: len(sound) * 16 // 22])


def scores(*values: Naturalness) -> Callable[[F32, int], Naturalness]:
    queue = list(values)
    return lambda samples, rate_hz: queue.pop(0)


BEFORE = Naturalness(3.5, 3.0, 2.8)


@pytest.mark.parametrize("snr_db", [10.0, 20.0])
def test_gate_lowers_the_hiss_and_keeps_the_voice(snr_db: float) -> None:
    voice, sound = noisy(snr_db)
    gated = spectral_gate(sound, RATE_HZ)
    assert gated.shape == sound.shape
    pause = slice(2000, 6000)
    assert gated[pause].std() < 0.35 * sound[pause].std()
    assert np.square(gated - voice).mean() < 0.6 * np.square(sound - voice).mean()
    assert np.corrcoef(gated, voice)[0, 1] > 0.93


def test_gate_leaves_a_clean_voice_nearly_alone() -> None:
    voice, _ = noisy(20.0)
    assert np.corrcoef(spectral_gate(voice, RATE_HZ), voice)[0, 1] > 0.995


def test_cleaned_clip_is_kept_where_it_is_better() -> None:
    better = Naturalness(3.45, 3.9, 3.1)
    found = cleaned(one(), scores(BEFORE, better, better), spectral_gate)
    assert found.clip.flags == ("cleaned",)
    assert found.clip.figures["bak"] == 3.9
    assert found.clip.figures["snr_db"] > 18.0


@pytest.mark.parametrize("after", [Naturalness(3.3, 4.0, 3.2), Naturalness(3.5, 3.1, 2.9)])
def test_original_stays_where_the_voice_suffers_or_nothing_is_gained(after: Naturalness) -> None:
    original = one()
    assert cleaned(original, scores(BEFORE, after, after), spectral_gate) is original


def test_clip_dropped_for_noise_comes_back_only_if_it_passes() -> None:
    good, bad = Naturalness(3.5, 4.0, 3.2), Naturalness(3.5, 2.2, 2.9)
    dropped = one(dropped=True, snr_db=12.0)
    assert cleaned(dropped, scores(BEFORE, good, good), spectral_gate).clip.dropped is None
    worse = Naturalness(3.5, 2.0, 2.0)
    assert cleaned(dropped, scores(worse, bad, bad), spectral_gate) is dropped


def test_clean_and_otherwise_bad_clips_are_not_touched() -> None:
    clean = one(snr_db=45.0, bak=4.1)
    assert cleaned(clean, scores(), spectral_gate) is clean


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
def test_deep_filter_is_taken_where_its_program_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in halves the sound, with the real program's options."""
    program = tmp_path / "deep-filter"
    program.write_text(
        f"#!{sys.executable}\nimport sys, wave, array, pathlib\n"
        "assert sys.argv[1:3] == ['-D', '-o']\n"
        "out, source = map(pathlib.Path, sys.argv[3:5])\n"
        "out.mkdir()\n"
        "with wave.open(str(source)) as file:\n"
        "    assert file.getframerate() == 48000\n"
        "    samples = array.array('h', file.readframes(file.getnframes()))\n"
        "with wave.open(str(out / source.name), 'wb') as file:\n"
        "    file.setparams((1, 2, 48000, 0, 'NONE', ''))\n"
        "    file.writeframes(array.array('h', [one // 2 for one in samples]).tobytes())\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    assert best_denoiser() is spectral_gate
    monkeypatch.setenv("PATH", str(tmp_path))
    assert best_denoiser() is deep_filter
    voice, _ = noisy(20.0)
    quieter = deep_filter(voice, RATE_HZ)
    assert quieter.shape == voice.shape
    np.testing.assert_allclose(quieter[5000:-5000], voice[5000:-5000] / 2, atol=0.02)
    program.write_text(f"#!{sys.executable}\nraise SystemExit(1)\n", encoding="utf-8")
    assert deep_filter(voice, RATE_HZ) is voice
