"""What the measuring networks share: sound at their rate, and their sessions."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.audio.resample import resample
from companion.domain.audio import AudioClip
from companion.engines.onnx_session import OnnxSession
from companion.model_files.onnx_check import read_checked
from companion.paths import bundled

_MOST_BYTES: Final = 20_000_000


def at_rate(samples: NDArray[np.float32], rate: int, wanted_hz: int) -> NDArray[np.float32]:
    """Return finite mono sound at `wanted_hz`, shape (n,), float32."""
    clean = np.nan_to_num(np.ravel(samples), nan=0.0, posinf=1.0, neginf=-1.0).astype(np.float32)
    return resample(AudioClip(clean, rate), wanted_hz).samples


@cache
def measuring_net(folder: str, name: str) -> OnnxSession:
    """Return the session of a network that ships with the program, one thread.

    Raises ModelError, code `missing` or `onnx`.
    """
    content, _ = read_checked(bundled("assets") / "models" / folder / name, max_bytes=_MOST_BYTES)
    return OnnxSession.load(content, name, threads=1)
