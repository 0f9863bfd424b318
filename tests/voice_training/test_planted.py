"""Corpora with planted faults are the same for the same seed, and hold what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from companion.audio.wav import read_wav
from companion.domain.audio import AudioClip
from companion.voice_training.clip import Clip
from companion.voice_training.planted import CHINESE, ENGLISH, Planted, Spoken, confusion, is_right, plant

from .sounds import speechlike

pytestmark = pytest.mark.unit


def spoken(n: int, *, hertz: float = 160.0) -> list[Spoken]:
    return [
        Spoken(CHINESE[seed], AudioClip(speechlike(2.5, 24_000, hertz=hertz, seed=seed), 24_000))
        for seed in range(n)
    ]


def test_same_seed_gives_the_same_corpus_and_another_another(tmp_path: Path) -> None:
    voices = spoken(20), spoken(3, hertz=260)
    first, again, other = (
        plant(tmp_path / name, *voices, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == again != other
    files = [one.file for one in first]
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)
    assert len({one.kind for one in first}) >= 8


def test_wrong_texts_stand_in_the_table_and_all_others_are_true(tmp_path: Path) -> None:
    planted = plant(tmp_path, spoken(20), spoken(3), seed=1)
    rows = dict(
        row.split("|") for row in (tmp_path / "metadata.csv").read_text(encoding="utf-8").splitlines()
    )
    assert rows.keys() == {one.file for one in planted}
    for one in planted:
        assert (rows[one.file] == one.text) == (one.kind != "wrong_transcript")


def test_without_texts_there_is_no_table_and_no_wrong_text(tmp_path: Path) -> None:
    planted = plant(tmp_path, spoken(20), spoken(3), seed=1, texts=False)
    assert not (tmp_path / "metadata.csv").exists()
    assert "wrong_transcript" not in {one.kind for one in planted}


def test_silence_is_silent_and_good_recordings_are_not_clipped(tmp_path: Path) -> None:
    for one in plant(tmp_path, spoken(20), spoken(3), seed=3):
        sound = read_wav(tmp_path / one.file).samples
        if one.kind == "silence":
            assert float(sound.std()) < 0.003
        else:
            assert float(np.abs(sound).max()) <= 1.0
            assert float(sound.std()) > 0.001


def test_table_counts_how_each_recording_ended() -> None:
    planted = [Planted("a.wav", "good", ""), Planted("b.wav", "noise", ""), Planted("c.wav", "noise", "")]
    clips = [Clip("1", "a.wav", 0, 1), Clip("2", "a.wav", 1, 2), Clip("3", "b.wav", 0, 1).drop("noise", "")]
    assert confusion(planted, clips) == {("good", "kept"): 1, ("noise", "noise"): 1, ("noise", "lost"): 1}
    assert [is_right("good", "kept"), is_right("noise", "noise"), is_right("noise", "music")] == [
        True,
        True,
        False,
    ]


def test_known_sentences_are_different_ones() -> None:
    assert len(set(CHINESE)) == len(set(ENGLISH)) == len(CHINESE) == len(ENGLISH)
