"""WAV files of all kinds are read; writing is exact and atomic."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from companion.audio.wav import parse_wav, read_wav, write_wav
from companion.errors import AudioError

pytestmark = pytest.mark.unit

VALUES = np.float32([0.0, 0.5, -0.5, 0.25, -1.0])


def riff(tag, bits, raw, *, channels=1, rate_hz=16_000, extensible=False, before=b""):
    width = bits // 8 * channels
    form = struct.pack(
        "<HHIIHH", 0xFFFE if extensible else tag, channels, rate_hz, rate_hz * width, width, bits
    )
    if extensible:
        form += struct.pack("<HHIH", 22, bits, 4, tag) + b"\x00" * 14
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + before
    body += b"data" + struct.pack("<I", len(raw)) + raw
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize(
    ("tag", "bits", "raw"),
    [
        (1, 8, (VALUES * 128 + 128).astype(np.uint8).tobytes()),
        (1, 16, (VALUES * 32768).astype("<i2").tobytes()),
        (1, 24, b"".join(int(v * 8388608).to_bytes(3, "little", signed=True) for v in VALUES)),
        (1, 32, (VALUES.astype(np.float64) * 2147483648).astype("<i4").tobytes()),
        (3, 32, VALUES.astype("<f4").tobytes()),
        (3, 64, VALUES.astype("<f8").tobytes()),
    ],
)
def test_every_sample_format_is_read(tag, bits, raw, extensible):
    clip = parse_wav(riff(tag, bits, raw, extensible=extensible))
    assert clip.rate_hz == 16_000
    assert clip.samples == pytest.approx(VALUES, abs=1e-6)
    assert clip.samples.dtype == np.float32


def test_channels_are_averaged():
    stereo = np.stack((VALUES, -VALUES), axis=1).astype("<f4").tobytes()
    assert parse_wav(riff(3, 32, stereo, channels=2)).samples == pytest.approx(np.zeros(5))


def test_odd_chunks_before_the_sound_are_skipped():
    raw = (VALUES * 32768).astype("<i2").tobytes()
    content = riff(1, 16, raw, before=b"LIST" + struct.pack("<I", 3) + b"abc\x00")
    assert parse_wav(content).samples == pytest.approx(VALUES)


def test_file_cut_short_gives_what_is_there():
    content = riff(1, 16, (VALUES * 32768).astype("<i2").tobytes())
    assert parse_wav(content[:-3]).samples == pytest.approx(VALUES[:3])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"\x00" * 100,
        b"RIFF\x00\x00\x00\x00WAVE",
        riff(85, 16, b"mp3!"),
        riff(1, 16, b"", rate_hz=0),
    ],
)
def test_what_is_no_wav_file_is_refused(content):
    with pytest.raises(AudioError):
        parse_wav(content, "x.wav")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(AudioError, match=r"没有\.wav"):
        read_wav(tmp_path / "没有.wav")


def test_written_file_comes_back_and_other_programs_read_it(tmp_path):
    path = tmp_path / "声音.wav"
    both = np.stack((VALUES, VALUES[::-1]), axis=1)
    write_wav(path, both, 24_000)
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth(), file.getnframes()) == (
            2,
            24_000,
            2,
            5,
        )
    assert read_wav(path).samples == pytest.approx(both.mean(axis=1), abs=1e-4)


def test_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path):
    path = tmp_path / "taken.wav"
    path.mkdir()
    with pytest.raises(AudioError):
        write_wav(path, VALUES, 16_000)
    assert list(tmp_path.iterdir()) == [path]


def test_one_channel_of_a_recording_can_be_taken(tmp_path: Path) -> None:
    both = np.stack((np.full(100, 0.25, np.float32), np.full(100, -0.5, np.float32)), axis=1)
    write_wav(tmp_path / "both.wav", both, 8_000)
    assert read_wav(tmp_path / "both.wav", channel=0).samples.mean() == pytest.approx(0.25, abs=1e-3)
    assert read_wav(tmp_path / "both.wav", channel=1).samples.mean() == pytest.approx(-0.5, abs=1e-3)
    with pytest.raises(AudioError, match="2 channel"):
        read_wav(tmp_path / "both.wav", channel=2)
