"""Silero VAD on ONNX Runtime, one thread.

Source: snakers4/silero-vad v6 in the export of faster-whisper: `input` (n, 576) holds n frames, each with
the last 64 samples of the frame before; state `h`, `c` (1, 1, 128); output `speech_probs` (n,).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.engines.onnx_session import OnnxSession
from companion.engines.weight_files import Part, locate
from companion.errors import ModelError

_FILE: Final = Part("faster-whisper", "faster_whisper/assets/silero_vad_v6.onnx")
_CONTEXT: Final = 64
_FRAME: Final = 512
_OUTPUTS: Final = ("speech_probs", "hn", "cn")


class Silero:
    """Satisfies `ports.SpeechDetector`; one stream at a time."""

    def __init__(self, session: OnnxSession) -> None:
        self._session = session
        self._h, self._c, self._context = _silence()

    @classmethod
    def load(cls, model: Path | str | None = None) -> Silero:
        """Open `model`, or the copy that comes with faster-whisper. Raises ModelError, code `missing` or `onnx`."""
        path = Path(model) if model else locate(_FILE)
        if path is None or not path.is_file():
            raise ModelError(
                "The speech detector silero_vad_v6.onnx is missing.",
                "Install the program again, or choose the simple detector in the settings.",
                code="missing",
            )
        detector = cls(OnnxSession.load(path, path.name))
        detector.probability(np.zeros(_FRAME, np.float32))
        detector.reset()
        return detector

    @property
    def rate_hz(self) -> int:
        return 16_000

    @property
    def frame_samples(self) -> int:
        return _FRAME

    def probability(self, frame: NDArray[np.float32]) -> float:
        """Return how likely `frame`, shape (512,), float32, holds speech: 0 to 1."""
        return float(self.probabilities(frame)[0])

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return one probability for each 512 `samples`, shape (n,); the last frame is filled up with silence."""
        n_frames = -(-len(samples) // _FRAME)
        padded = np.zeros(_CONTEXT + n_frames * _FRAME, np.float32)
        padded[:_CONTEXT] = self._context
        padded[_CONTEXT : _CONTEXT + len(samples)] = samples
        windows = np.lib.stride_tricks.sliding_window_view(padded, _CONTEXT + _FRAME)[::_FRAME]
        feeds = {"input": np.ascontiguousarray(windows), "h": self._h, "c": self._c}
        speech, self._h, self._c = self._session.run(_OUTPUTS, feeds)
        self._context = padded[-_CONTEXT:].copy()
        return speech.reshape(-1)

    def reset(self) -> None:
        self._h, self._c, self._context = _silence()


def _silence() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    state = (1, 1, 128)
    return np.zeros(state, np.float32), np.zeros(state, np.float32), np.zeros(_CONTEXT, np.float32)
