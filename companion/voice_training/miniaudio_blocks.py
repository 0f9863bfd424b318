"""An open sound file as blocks of samples, by miniaudio."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

BLOCK_S: Final = 10
_KINDS: Final = {"wav": "WAV", "flac": "FLAC", "mp3": "MP3", "ogg": "VORBIS"}


def miniaudio_blocks(file: IO[bytes], form: str, rate_hz: int) -> Iterator[NDArray[np.float32]]:
    """Yield the sound of a seekable `file` in mono, shape (n,), float32; `rate_hz` is the file's own rate.

    Opened by us, a file of any name can be read on any system. Raises ValueError where it cannot be decoded.
    """
    import miniaudio

    class Source(miniaudio.StreamableSource):  # type: ignore[misc]
        def read(self, num_bytes: int) -> bytes:
            return file.read(num_bytes)

        def seek(self, offset: int, origin: Any) -> bool:
            try:
                file.seek(offset, 0 if origin == miniaudio.SeekOrigin.START else 1)
            except (OSError, ValueError):
                return False
            return True

    try:
        blocks = miniaudio.stream_any(
            Source(),
            source_format=miniaudio.FileFormat[_KINDS[form]],
            output_format=miniaudio.SampleFormat.FLOAT32,
            nchannels=1,
            sample_rate=rate_hz,
            frames_to_read=BLOCK_S * rate_hz,
        )
        for block in blocks:
            yield np.frombuffer(block, np.float32).copy()
    except miniaudio.MiniaudioError as error:
        raise ValueError(str(error)) from error
