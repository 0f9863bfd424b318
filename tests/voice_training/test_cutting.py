"""Slices become clips at one loudness, at both rates, and a full disk is told."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from companion.audio.wav import read_wav, write_wav
from companion.errors import StorageError
from companion.voice_training.cutting import Cut, cut, needed_bytes, write_cut
from companion.voice_training.loudness import loudness
from companion.voice_training.outline import Outline, frame_levels
from companion.voice_training.recordings import Recording, find_recordings
from companion.voice_training.slicing import Slice
from companion.voice_training.transcripts import Line

from .sounds import speechlike

pytestmark = pytest.mark.unit


@pytest.fixture
def recording(tmp_path: Path) -> tuple[Recording, Outline]:
    sound = np.concatenate([np.zeros(24_000), speechlike(4, 24_000), np.zeros(24_000)]).astype(np.float32)
    sound += np.random.default_rng(1).normal(0, 0.001, len(sound)).astype(np.float32) + np.float32(0.05)
    folder = tmp_path / "录音 一"
    folder.mkdir()
    write_wav(folder / "a b.wav", np.repeat(sound[:, None], 2, axis=1), 24_000)
    (found,) = find_recordings(folder, style_folders=True).recordings
    level = frame_levels(sound[::3] * 3)[: round(6 / 0.032)]
    speech = np.zeros(round(6 / 0.032), np.float32)
    speech[round(1 / 0.032) : round(5 / 0.032)] = 0.9
    return found, Outline(speech, np.resize(level, len(speech)).astype(np.float32), 6.0)


def cuts_of(recording: tuple[Recording, Outline], *parts: Slice) -> list[Cut]:
    return list(cut(recording[0], parts, recording[1], first_number=7))


def test_clips_are_numbered_and_carry_their_text_and_origin(recording: tuple[Recording, Outline]) -> None:
    first, second = cuts_of(
        recording, Slice(0.9, 3.0, 2.0, Line("你好。", "zh")), Slice(3.0, 5.1, 2.0, forced=True)
    )
    assert (first.clip.name, first.clip.source, first.clip.text, first.clip.language, first.clip.given) == (
        "0007",
        "a b.wav",
        "你好。",
        "zh",
        True,
    )
    assert (second.clip.name, second.clip.given, second.clip.flags) == ("0008", False, ("cut_in_speech",))


def test_both_copies_have_one_loudness_their_rates_and_no_offset(
    recording: tuple[Recording, Outline],
) -> None:
    (one,) = cuts_of(recording, Slice(0.85, 5.15, 4.0))
    assert (len(one.speech), len(one.analysis)) == (
        pytest.approx(4.3 * 22_050, abs=3),
        pytest.approx(4.3 * 16_000, abs=3),
    )
    for samples, rate in ((one.speech, 22_050), (one.analysis, 16_000)):
        assert loudness(samples, rate) == pytest.approx(-23.0, abs=0.3)
        assert abs(float(samples.mean())) < 1e-3
        assert np.abs(samples).max() <= 10 ** (-1 / 20) + 1e-6


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (Slice(1.0, 2.2, 1.0), "too_short"),
        (Slice(0.0, 12.5, 4.0), "too_long"),
        (Slice(0.9, 3.0, 2.0), None),
        (Slice(0.0, 12.0, 4.0), None),
    ],
)
def test_length_decides_what_is_too_short_or_too_long(
    recording: tuple[Recording, Outline], part: Slice, reason: str | None
) -> None:
    (one,) = cuts_of(recording, part)
    assert one.clip.dropped == reason


def test_written_clips_are_read_back_as_they_were(
    tmp_path: Path, recording: tuple[Recording, Outline]
) -> None:
    (one,) = cuts_of(recording, Slice(0.9, 3.0, 2.0))
    write_cut(one, tmp_path / "clips", tmp_path / "clips16")
    for folder, samples, rate in (("clips", one.speech, 22_050), ("clips16", one.analysis, 16_000)):
        back = read_wav(tmp_path / folder / "0007.wav")
        assert back.rate_hz == rate
        np.testing.assert_allclose(back.samples, samples, atol=1e-4)
    written = sum(file.stat().st_size for file in tmp_path.glob("clips*/*"))
    assert written <= needed_bytes(2.1)


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "disk_full"), (errno.EIO, "io")])
def test_full_disk_is_told_and_nothing_half_written_stays(
    tmp_path: Path,
    recording: tuple[Recording, Outline],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    code: str,
) -> None:
    (one,) = cuts_of(recording, Slice(0.9, 3.0, 2.0))
    (tmp_path / "clips").mkdir()

    def full(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError) as refused:
        write_cut(one, tmp_path / "clips", tmp_path / "clips16")
    assert (refused.value.code, bool(refused.value.hint)) == (code, True)
    assert list((tmp_path / "clips").iterdir()) == []
