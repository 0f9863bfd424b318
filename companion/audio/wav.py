"""WAV files: any rate, mono or more channels, 8 to 32 bits integer, 32 or 64 bits float.

Format: Microsoft Multimedia Standards Update 3.0 (1994), WAVE_FORMAT_EXTENSIBLE included.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import AudioClip
from companion.errors import AudioError

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_LARGEST = 2_000_000_000
_HINT = "Save it as a WAV file with 16-bit samples."


def read_wav(path: Path, *, channel: int | None = None) -> AudioClip:
    """Return the file's sound: one `channel` of it, or all averaged.

    Raises AudioError when it is no readable WAV file or has no such channel.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise AudioError(
                f"{path.name} is larger than {_LARGEST // 1_000_000} MB.", "Use a shorter recording."
            )
        content = path.read_bytes()
    except OSError as error:
        raise AudioError(f"{path.name} cannot be read: {error.strerror}.") from error
    return parse_wav(content, path.name, channel=channel)


def parse_wav(content: bytes, name: str = "The sound", *, channel: int | None = None) -> AudioClip:
    """Return the sound of a WAV file's bytes; a file cut short gives what is there. Raises AudioError."""
    if len(content) < 12 or content[:4] not in (b"RIFF", b"RF64") or content[8:12] != b"WAVE":
        raise AudioError(f"{name} is not a WAV file.", _HINT)
    chunks = dict(_chunks(content))
    if b"fmt " not in chunks or b"data" not in chunks or len(chunks[b"fmt "]) < 16:
        raise AudioError(f"{name} has no sound in it.", _HINT)
    form = chunks[b"fmt "]
    tag, n_channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", form[:16])
    if tag == _EXTENSIBLE and len(form) >= 26:
        (tag,) = struct.unpack("<H", form[24:26])
    if not (1 <= n_channels <= 64 and 1_000 <= rate_hz <= 768_000):
        raise AudioError(f"{name} claims {n_channels} channels at {rate_hz} Hz.", _HINT)
    width = bits // 8 * n_channels
    whole = chunks[b"data"]
    samples = _decode(whole[: len(whole) // max(1, width) * width], tag, bits, name)
    mono = _mono(samples.reshape(-1, n_channels), channel, name)
    return AudioClip(np.nan_to_num(mono, nan=0.0, posinf=1.0, neginf=-1.0), rate_hz)


def _mono(frames: NDArray[np.float32], channel: int | None, name: str) -> NDArray[np.float32]:
    if channel is None:
        return frames.mean(axis=1, dtype=np.float32) if frames.shape[1] > 1 else frames[:, 0]
    if channel >= frames.shape[1]:
        raise AudioError(f"{name} has {frames.shape[1]} channel(s).", "Choose the mix.")
    return np.ascontiguousarray(frames[:, channel])


def write_wav(path: Path, samples: NDArray[np.float32], rate_hz: int) -> None:
    """Write samples, shape (n,) or (n, channels), nominally in [-1, 1], as 16-bit PCM; atomic.

    Raises AudioError when the file cannot be written; an older file is then kept.
    """
    n_channels = 1 if samples.ndim == 1 else samples.shape[1]
    pcm = np.round(np.clip(np.nan_to_num(samples), -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", _PCM, n_channels, rate_hz, rate_hz * 2 * n_channels, 2 * n_channels, 16)
    size = 4 + 8 + len(form) + 8 + len(pcm)
    head = b"RIFF" + struct.pack("<I", size) + b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form
    _replace(path, head + b"data" + struct.pack("<I", len(pcm)) + pcm)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        yield name, content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _decode(raw: bytes, tag: int, bits: int, name: str) -> NDArray[np.float32]:
    match tag, bits:
        case (1, 8):
            return (np.frombuffer(raw, np.uint8).astype(np.float32) - 128.0) / 128.0
        case (1, 16):
            return np.frombuffer(raw, "<i2").astype(np.float32) / 32768.0
        case (1, 24):
            padded = np.zeros((len(raw) // 3, 4), dtype=np.uint8)
            padded[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
            return (padded.view("<i4").ravel() / 2147483648.0).astype(np.float32)
        case (1, 32):
            return (np.frombuffer(raw, "<i4") / 2147483648.0).astype(np.float32)
        case (3, 32):
            return np.frombuffer(raw, "<f4").astype(np.float32)
        case (3, 64):
            return np.frombuffer(raw, "<f8").astype(np.float32)
        case _:
            raise AudioError(
                f"{name} is compressed (format {tag}, {bits} bits), which is not understood.", _HINT
            )


def _replace(path: Path, content: bytes) -> None:
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise AudioError(
            f"{path.name} cannot be written: {error.strerror}.", "Choose another folder."
        ) from error
