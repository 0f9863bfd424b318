"""Recordings are found in folders as people keep them, and read without a mark left in them."""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from companion.audio.wav import write_wav
from companion.errors import AudioError
from companion.voice_training.decoding import sound_blocks, sound_form
from companion.voice_training.recordings import blocks_at, cuts, find_recordings

pytestmark = pytest.mark.unit

DATA = Path(__file__).parent / "data"


def tone(seconds: float, rate_hz: int, hertz: float = 440.0) -> np.ndarray:
    return (0.4 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def wav(path: Path, frames: bytes, *, tag: int, channels: int, rate_hz: int, bits: int) -> None:
    width = bits // 8 * channels
    form = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * width, width, bits)
    head = b"RIFF" + struct.pack("<I", 36 + len(frames)) + b"WAVEfmt " + struct.pack("<I", 16) + form
    path.write_bytes(head + b"data" + struct.pack("<I", len(frames)) + frames)


def whole(folder: Path, rate_hz: int = 16_000) -> np.ndarray:
    (recording,) = find_recordings(folder).recordings
    return np.concatenate(list(blocks_at(recording, rate_hz)))


def loudest_hz(sound: np.ndarray, rate_hz: int) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * rate_hz / len(sound))


def test_messy_folder_gives_its_recordings_in_order_and_says_what_is_of_no_use(tmp_path: Path) -> None:
    folder = tmp_path / "我的 录音 (新)"
    (folder / "第一 天").mkdir(parents=True)
    (folder / "__MACOSX").mkdir()
    write_wav(folder / "第一 天" / "你好 世界.wav", tone(1, 22_050), 22_050)
    shutil.copy(DATA / "tone.mp3", folder / "b.MP3")
    shutil.copy(DATA / "tone.flac", folder / "really flac.wav")
    write_wav(folder / "__MACOSX" / "x.wav", tone(1, 8_000), 8_000)
    write_wav(folder / ".hidden.wav", tone(1, 8_000), 8_000)
    (folder / "broken.wav").write_bytes(b"RIFF" + b"\x07" * 500)
    (folder / "empty.ogg").write_bytes(b"")
    (folder / "text.mp3").write_text("这不是声音", encoding="utf-8")
    (folder / "metadata.csv").write_text("x|y\n", encoding="utf-8")
    found = find_recordings(folder)
    assert [one.name for one in found.recordings] == ["b.MP3", "really flac.wav", "第一 天/你好 世界.wav"]
    assert [one.form.form for one in found.recordings] == ["mp3", "flac", "wav"]
    assert {one.name: one.code for one in found.unused} == {
        "broken.wav": "unreadable",
        "empty.ogg": "unreadable",
        "text.mp3": "unreadable",
    }
    assert all(one.what and one.hint for one in found.unused)
    assert [path.name for path in found.others] == ["metadata.csv"]


def test_first_sub_folder_is_the_style_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "开心" / "more").mkdir(parents=True)
    write_wav(tmp_path / "开心" / "more" / "a.wav", tone(1, 8_000), 8_000)
    write_wav(tmp_path / "b.wav", tone(1, 8_000), 8_000)
    styles = {one.name: one.style for one in find_recordings(tmp_path, style_folders=True).recordings}
    assert styles == {"b.wav": "", "开心/more/a.wav": "开心"}
    assert {one.style for one in find_recordings(tmp_path).recordings} == {""}


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need rights there")
def test_links_out_of_the_folder_and_pipes_are_not_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    outside.mkdir()
    write_wav(outside / "private.wav", tone(1, 8_000), 8_000)
    write_wav(folder / "a.wav", tone(1, 8_000), 8_000)
    (folder / "linked.wav").symlink_to(outside / "private.wav")
    (folder / "linked folder").symlink_to(outside)
    (folder / "twice.wav").symlink_to(folder / "a.wav")
    os.mkfifo(folder / "pipe.wav")
    found = find_recordings(folder)
    assert [one.name for one in found.recordings] == ["a.wav"]
    assert {(one.name, one.code) for one in found.unused} == {
        ("linked.wav", "link"),
        ("linked folder", "link"),
    }


@pytest.mark.parametrize(("make", "code"), [(False, "no_folder"), (True, "no_recordings")])
def test_folder_without_recordings_is_a_clear_error(tmp_path: Path, make: bool, code: str) -> None:
    folder = tmp_path / "空"
    if make:
        folder.mkdir()
        (folder / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(AudioError) as refused:
        find_recordings(folder)
    assert (refused.value.code, bool(refused.value.hint)) == (code, True)


def test_folder_of_broken_files_names_the_first_of_them(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"\x07" * 500)
    with pytest.raises(AudioError, match=r"2 files cannot be used.*a\.wav") as refused:
        find_recordings(tmp_path)
    assert refused.value.code == "no_recordings"


@pytest.mark.parametrize("name", ["tone.mp3", "tone.ogg"])
def test_compressed_formats_are_read_at_their_own_rate(tmp_path: Path, name: str) -> None:
    shutil.copy(DATA / name, tmp_path)
    assert sound_form(tmp_path / name).rate_hz == 24_000
    sound = whole(tmp_path)
    assert len(sound) / 16_000 == pytest.approx(1.2, abs=0.1)
    assert loudest_hz(sound, 16_000) == pytest.approx(440.0, abs=2.0)


@pytest.mark.parametrize(
    ("tag", "bits", "dtype", "scale"),
    [
        (1, 16, "<i2", 32767),
        (1, 24, "", 8388607),
        (1, 32, "<i4", 2147483647),
        (3, 32, "<f4", 1),
        (3, 64, "<f8", 1),
    ],
)
def test_wav_of_every_depth_in_stereo_at_48_khz_is_read(
    tmp_path: Path, tag: int, bits: int, dtype: str, scale: int
) -> None:
    stereo = np.repeat(tone(1, 48_000).astype(np.float64)[:, None], 2, axis=1).ravel() * scale
    if bits == 24:
        frames = stereo.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    else:
        frames = stereo.astype(dtype).tobytes()
    wav(tmp_path / "a.wav", frames, tag=tag, channels=2, rate_hz=48_000, bits=bits)
    sound = whole(tmp_path)
    assert len(sound) == pytest.approx(16_000, abs=2)
    assert np.abs(sound[1000:-1000]).max() == pytest.approx(0.4, abs=0.002)
    assert loudest_hz(sound, 16_000) == 440.0


def test_floats_beyond_full_scale_keep_their_shape_and_holes_become_silence(tmp_path: Path) -> None:
    frames = tone(1, 16_000) * 5
    frames[100:110] = np.nan
    wav(tmp_path / "a.wav", frames.astype("<f4").tobytes(), tag=3, channels=1, rate_hz=16_000, bits=32)
    sound = whole(tmp_path)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() == pytest.approx(2.0, abs=0.001)
    assert not sound[100:110].any()


def test_file_cut_short_gives_what_is_there(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(2, 16_000), 16_000)
    content = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(content[: len(content) // 2])
    assert len(whole(tmp_path)) / 16_000 == pytest.approx(1.0, abs=0.05)


def test_vorbis_that_makes_its_decoder_abort_takes_nothing_along(tmp_path: Path) -> None:
    """Some of these damages abort or segfault stb_vorbis; each must end in sound or in an error."""
    content = (DATA / "tone.ogg").read_bytes()
    rng = np.random.default_rng(1)
    for number in range(12):
        damaged = bytearray(content)
        for at in rng.integers(60, len(damaged), 12):
            damaged[at] = int(rng.integers(256))
        file = tmp_path / f"{number}.ogg"
        file.write_bytes(damaged)
        with contextlib.suppress(AudioError):
            assert sum(len(block) for block in sound_blocks(file, sound_form(file))) > 0


def test_damaged_middle_of_a_compressed_file_does_not_hide_the_rest(tmp_path: Path) -> None:
    content = bytearray((DATA / "tone.mp3").read_bytes())
    content[800:900] = bytes(100)
    (tmp_path / "a.mp3").write_bytes(content)
    assert len(whole(tmp_path)) > 8_000


def test_stretches_are_cut_exactly_across_blocks(tmp_path: Path) -> None:
    ramp = (np.arange(8_000 * 65) % 30_000 / 32_767).astype(np.float32)
    write_wav(tmp_path / "a.wav", ramp, 8_000)
    (recording,) = find_recordings(tmp_path).recordings
    spans = [(0.0, 1.0), (9.5, 12.0), (11.0, 31.0), (64.0, 70.0)]
    pieces = list(cuts(recording, spans))
    for (start, end), piece in zip(spans, pieces, strict=True):
        np.testing.assert_allclose(piece, ramp[int(start * 8_000) : int(end * 8_000)], atol=1e-4)


def test_long_recording_is_never_whole_in_memory(tmp_path: Path) -> None:
    n_samples = 8_000 * 60 * 30
    frames = np.tile(np.arange(8_000, dtype="<i2"), n_samples // 8_000).tobytes()
    wav(tmp_path / "half an hour.wav", frames, tag=1, channels=1, rate_hz=8_000, bits=16)
    (recording,) = find_recordings(tmp_path).recordings
    del frames
    tracemalloc.start()
    n_read = sum(len(block) for block in blocks_at(recording, 16_000))
    pieces = [len(piece) for piece in cuts(recording, [(2.0, 3.0), (1700.0, 1703.0)])]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_read == pytest.approx(2 * n_samples, abs=2)
    assert pieces == [8_000, 24_000]
    assert peak < 8_000_000


def test_recordings_are_left_as_they_were(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(1, 16_000), 16_000)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.iterdir()}
    whole(tmp_path)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.iterdir()} == before


class TestFfmpeg:
    def test_its_absence_is_told_for_the_file_that_needs_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + b"\x07" * 100)
        shutil.copy(DATA / "opus.ogg", tmp_path)
        write_wav(tmp_path / "b.wav", tone(1, 8_000), 8_000)
        found = find_recordings(tmp_path)
        assert [one.name for one in found.recordings] == ["b.wav"]
        assert [(one.name, one.code) for one in found.unused] == [
            ("a.m4a", "ffmpeg_missing"),
            ("opus.ogg", "ffmpeg_missing"),
        ]
        assert "ffmpeg" in found.unused[0].hint

    @pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
    def test_other_formats_are_decoded_by_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The stand-in obeys the same options: float samples at the asked rate on its output."""
        program = tmp_path / "bin" / "ffmpeg"
        program.parent.mkdir()
        program.write_text(
            f"#!{sys.executable}\nimport sys, array, math\n"
            "a = sys.argv\n"
            "assert a[a.index('-i') + 1].startswith('file:') and a[a.index('-protocol_whitelist') + 1] == 'file,pipe'\n"
            "rate = int(a[a.index('-ar') + 1])\n"
            "assert a[a.index('-f') + 1] == 'f32le' and a[a.index('-ac') + 1] == '1' and a[-1] == '-'\n"
            "if 'broken' not in a[a.index('-i') + 1]:\n"
            "    sound = (0.4 * math.sin(2 * math.pi * 440 * n / rate) for n in range(rate))\n"
            "    sys.stdout.buffer.write(array.array('f', sound).tobytes())\n",
            encoding="utf-8",
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))
        folder = tmp_path / "录音"
        folder.mkdir()
        (folder / "-a b.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + b"\x07" * 100)
        assert loudest_hz(whole(folder), 16_000) == 440.0
        (folder / "-a b.m4a").rename(folder / "broken.m4a")
        with pytest.raises(AudioError) as refused:
            whole(folder)
        assert refused.value.code == "unreadable"
