"""Sound files as streams of blocks: wav, flac, mp3 and ogg by ourselves, the rest by an ffmpeg that is installed.

What counts is the content, not the name's ending. Nothing is ever written beside a recording, and no more than a
block of it is in memory.
"""

from __future__ import annotations

import contextlib
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

import numpy as np
from numpy.typing import NDArray

from companion.errors import AudioError
from companion.voice_training.miniaudio_blocks import BLOCK_S, miniaudio_blocks

F32 = NDArray[np.float32]
Form = Literal["wav", "flac", "mp3", "ogg", "other"]

PLAIN_ENDINGS: Final = frozenset((".wav", ".wave", ".flac", ".mp3", ".ogg", ".oga"))
_HEAD_BYTES: Final = 65_536
_FFMPEG_HZ: Final = 48_000
_END_S: Final = 10.0
_MP3_HZ: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_SAVE_HINT: Final = "Open it in an audio editor and save it as WAV or FLAC, or leave it out."
_FFMPEG_HINT: Final = "Install ffmpeg, or save the recording as WAV, FLAC, MP3 or OGG."


@dataclass(frozen=True, slots=True)
class SoundForm:
    """How a file is packed; `rate_hz` is its own sampling rate, 48,000 where ffmpeg decodes."""

    form: Form
    rate_hz: int


def sound_form(path: Path) -> SoundForm:
    """Return how the sound of `path` is packed.

    Raises AudioError: code `unreadable`, or `ffmpeg_missing` where only ffmpeg could decode it.
    """
    head = _head(path)
    for magic, form, rate in (
        (b"RIFF", "wav", _wav_rate),
        (b"RF64", "wav", _wav_rate),
        (b"fLaC", "flac", _flac_rate),
        (b"OggS", "ogg", _vorbis_rate),
    ):
        if head.startswith(magic) and (rate_hz := rate(head)):
            return _checked(path, form, rate_hz)  # type: ignore[arg-type]
    if _looks_like_mp3(head) and (rate_hz := _mp3_rate(path)):
        return _checked(path, "mp3", rate_hz)
    if not any(head):
        raise AudioError(f"{path.name} is empty.", "Leave it out, or copy it again.", code="unreadable")
    if path.suffix.lower() in PLAIN_ENDINGS and not head.startswith(b"OggS") and head[4:8] != b"ftyp":
        raise _unreadable(path)
    if shutil.which("ffmpeg") is None:
        raise AudioError(
            f"{path.name} can only be decoded by ffmpeg, which is not installed.",
            _FFMPEG_HINT,
            code="ffmpeg_missing",
        )
    return SoundForm("other", _FFMPEG_HZ)


def sound_blocks(path: Path, form: SoundForm) -> Iterator[F32]:
    """Yield the sound mixed to mono, at `form.rate_hz`, in blocks of about 10 s, shape (n,), float32.

    Values may lie beyond [-1, 1] where the file has floats. A file cut short gives what is there. Raises AudioError,
    code `unreadable`, where there is no sound at all.
    """
    n_samples = 0
    match form.form:
        case "other":
            blocks = _by_ffmpeg(path)
        case "ogg":
            blocks = _by_child(path, form)
        case _:
            blocks = _by_miniaudio(path, form)
    for block in blocks:
        n_samples += len(block)
        yield np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0).astype(np.float32, copy=False)
    if not n_samples:
        raise _unreadable(path)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError as error:
        raise AudioError(
            f"{path.name} cannot be opened: {error.strerror}.",
            "Check the rights of the file.",
            code="unreadable",
        ) from error


def _checked(path: Path, form: Form, rate_hz: int) -> SoundForm:
    if not 4_000 <= rate_hz <= 768_000:
        raise AudioError(f"{path.name} claims {rate_hz} samples a second.", _SAVE_HINT, code="unreadable")
    return SoundForm(form, rate_hz)


def _unreadable(path: Path) -> AudioError:
    return AudioError(f"{path.name} is damaged or no sound file.", _SAVE_HINT, code="unreadable")


def _wav_rate(head: bytes) -> int:
    at = 12
    while head[8:12] == b"WAVE" and at + 16 <= len(head):
        name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"fmt ":
            return int(struct.unpack_from("<I", head, at + 12)[0])
        at += 8 + size + size % 2
    return 0


def _flac_rate(head: bytes) -> int:
    """STREAMINFO comes first: the rate is 20 bits from byte 18 (RFC 9639, section 8.2)."""
    return int.from_bytes(head[18:21], "big") >> 4 if len(head) > 21 else 0


def _vorbis_rate(head: bytes) -> int:
    """The identification header is alone on the first page (Vorbis I, 4.2.2); Opus and others give 0."""
    at = head.find(b"\x01vorbis", 0, 512)
    return int(struct.unpack_from("<I", head, at + 12)[0]) if 0 <= at <= len(head) - 16 else 0


def _looks_like_mp3(head: bytes) -> bool:
    return head.startswith(b"ID3") or (
        len(head) > 4 and head[0] == 0xFF and head[1] & 0xE6 in (0xE2, 0xE0) and _frame_rate(head[:4]) > 0
    )


def _mp3_rate(path: Path) -> int:
    """Return the rate of the first frame behind the ID3 tag, which may be megabytes of pictures."""
    with path.open("rb") as file:
        head = file.read(10)
        skipped = 0
        if head.startswith(b"ID3") and len(head) == 10:
            skipped = 10 + sum(
                (byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
            )
        file.seek(skipped)
        behind = file.read(_HEAD_BYTES)
    at = behind.find(b"\xff")
    while 0 <= at <= len(behind) - 4:
        if rate_hz := _frame_rate(behind[at : at + 4]):
            return rate_hz
        at = behind.find(b"\xff", at + 1)
    return 0


def _frame_rate(header: bytes) -> int:
    """Return the rate of an MPEG audio frame of layer III, 0 for anything else (ISO 11172-3, 2.4.1.3)."""
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bits, rate = header[2] >> 4, header[2] >> 2 & 3
    if header[1] & 0xE0 != 0xE0 or layer != 1 or bits in (0, 15) or rate == 3 or version == 1:
        return 0
    return _MP3_HZ[version][rate]


def _by_miniaudio(path: Path, form: SoundForm) -> Iterator[F32]:
    try:
        with path.open("rb") as file:
            yield from miniaudio_blocks(file, form.form, form.rate_hz)
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error


def _by_child(path: Path, form: SoundForm) -> Iterator[F32]:
    """Decode where an abort harms nobody; what came before it is the sound of a damaged file."""
    if getattr(sys, "frozen", False):
        program = Path(sys.executable).with_name("companion-cli").with_suffix(Path(sys.executable).suffix)
        start = [str(program), "decode-sound"]
    else:
        start = [sys.executable, "-P", "-m", "companion.voice_training.decoding_child"]
    with path.open("rb") as file:
        yield from _piped([*start, form.form, str(form.rate_hz)], form.rate_hz, file)


def _by_ffmpeg(path: Path) -> Iterator[F32]:
    program = shutil.which("ffmpeg")
    if program is None:
        raise AudioError(
            f"{path.name} can only be decoded by ffmpeg, which is not installed.",
            _FFMPEG_HINT,
            code="ffmpeg_missing",
        )
    # The whitelist keeps playlists and the like from reaching other files or the network.
    command = [
        program,
        "-nostdin",
        "-v",
        "error",
        "-protocol_whitelist",
        "file,pipe",
        "-i",
        f"file:{path.absolute()}",
    ]
    command += ["-map", "0:a:0", "-ac", "1", "-ar", str(_FFMPEG_HZ), "-f", "f32le", "-"]
    yield from _piped(command, _FFMPEG_HZ, None)


def _piped(command: list[str], rate_hz: int, source: IO[bytes] | None) -> Iterator[F32]:
    """Yield the float samples that a program writes, and end it when nobody wants more."""
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    process = subprocess.Popen(
        command,
        stdin=source or subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=flags,
    )
    try:
        assert process.stdout is not None
        while block := process.stdout.read(BLOCK_S * rate_hz * 4):
            yield np.frombuffer(block[: len(block) // 4 * 4], "<f4").copy()
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is not None:
        process.stdout.close()
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_S)
        return
    process.kill()
    process.wait()
