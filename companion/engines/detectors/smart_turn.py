"""Smart Turn v3 on ONNX Runtime: has the speaker finished, by melody and timing of the last 8 s.

Source: pipecat-ai/smart-turn v3.2, a Whisper-tiny encoder with a classifier. `input_features` (1, 80, 800) is
Whisper's log-mel spectrogram of 8 s at 16 kHz, of sound brought to mean 0 and variance 1 and filled up with zeros
*in front*; `logits` (1, 1) is a probability already. 92.6 % right on its authors' mostly synthetic test set, but
35 % false cuts after 300 ms of silence on people (eot-bench), so it is evidence and no judge.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import AudioClip
from companion.engines.onnx_session import OnnxSession
from companion.errors import ModelError
from companion.model_files.onnx_check import read_checked

RATE_HZ: Final = 16_000
SAMPLES: Final = 8 * RATE_HZ
_N_FFT: Final = 400
_HOP_LENGTH: Final = 160
_N_MELS: Final = 80
_MOST_BYTES: Final = 50_000_000
_MEL_FLOOR: Final = 1e-10
_LEAST_VARIANCE: Final = 1e-7
_OUTPUTS: Final = ("logits",)
_HINT: Final = "Install the program again, or switch the turn detector off in the settings."


class SmartTurn:
    """Satisfies `ports.TurnDetector`; about 40 ms of one core for each call."""

    def __init__(self, session: OnnxSession) -> None:
        self._session: OnnxSession | None = session

    @classmethod
    def load(cls, model: Path | str) -> SmartTurn:
        """Open `model`. Raises ModelError, code `missing` or `onnx`."""
        path = Path(model)
        content, _ = read_checked(path, max_bytes=_MOST_BYTES)
        session = OnnxSession.load(content, path.name, threads=1)
        if session.inputs != ["input_features"] or "logits" not in session.outputs:
            raise ModelError(f"{path.name} is no turn detector.", _HINT, code="onnx")
        detector = cls(session)
        detector.completeness(AudioClip(np.zeros(RATE_HZ, np.float32), RATE_HZ))
        return detector

    def completeness(self, clip: AudioClip) -> float:
        """Return the probability that the speaker is done, 0 to 1. Raises ModelError, code `closed`, after `close`."""
        if self._session is None:
            raise ModelError("The turn detector was closed.", code="closed")
        features = log_mel(_last_8_s(clip))[np.newaxis]
        (probability,) = self._session.run(_OUTPUTS, {"input_features": features})
        return float(np.clip(probability.reshape(-1)[0], 0.0, 1.0))

    def close(self) -> None:
        self._session = None


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the features of 8 s, shape (128000,), as shape (80, 800), float32, about -1 to 1.

    Radford et al. 2022, section 2.2: 25 ms Hann windows every 10 ms, Slaney's mel scale, log10, the loudest 8
    decades; the sound is standardised first.
    """
    scaled = (samples - samples.mean()) / np.sqrt(samples.var() + _LEAST_VARIANCE)
    # 401 windows of zeros padded in front all look alike, so their spectrum is taken once.
    first = int(np.argmax(samples != 0.0)) if samples.any() else SAMPLES
    n_alike = max(0, (first - _N_FFT // 2) // _HOP_LENGTH - 1)
    padded = np.pad(scaled, _N_FFT // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::_HOP_LENGTH][:-1]
    spectrum = np.fft.rfft(windows[n_alike:] * _hann(), axis=-1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    mel = np.log10(np.maximum(power.astype(np.float32) @ _filters(), _MEL_FLOOR))
    whole = np.concatenate([np.repeat(mel[:1], n_alike, axis=0), mel])
    return np.ascontiguousarray((np.maximum(whole, whole.max() - 8.0).T + 4.0) / 4.0, dtype=np.float32)


def _last_8_s(clip: AudioClip) -> NDArray[np.float32]:
    samples = np.nan_to_num(np.ravel(clip.samples), nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)
    if clip.rate_hz != RATE_HZ and len(samples):
        import soxr

        samples = soxr.resample(samples[-10 * clip.rate_hz :], clip.rate_hz, RATE_HZ).astype(np.float32)
    samples = np.clip(samples[-SAMPLES:], -1.0, 1.0)
    return np.concatenate([np.zeros(SAMPLES - len(samples), np.float32), samples])


@cache
def _hann() -> NDArray[np.float32]:
    """Return the periodic Hann window, shape (400,)."""
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(_N_FFT) / _N_FFT)).astype(np.float32)


@cache
def _filters() -> NDArray[np.float32]:
    """Return Slaney's 80 triangles of equal area over 0 to 8,000 Hz, shape (201, 80)."""
    edges = _to_hertz(np.linspace(0.0, _to_mel(RATE_HZ / 2), _N_MELS + 2))
    bins = np.linspace(0.0, RATE_HZ / 2, _N_FFT // 2 + 1)
    rising = (bins[:, np.newaxis] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins[:, np.newaxis]) / np.diff(edges)[1:]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * 2.0 / (edges[2:] - edges[:-2]), dtype=np.float32)


def _to_mel(hertz: float) -> float:
    return (
        hertz * 3.0 / 200.0 if hertz < 1000.0 else 15.0 + 27.0 * float(np.log(hertz / 1000.0) / np.log(6.4))
    )


def _to_hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels < 15.0, mels * 200.0 / 3.0, 1000.0 * np.exp((mels - 15.0) * np.log(6.4) / 27.0))
