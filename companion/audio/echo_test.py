"""Two seconds of soft sound that tell how much of the loudspeaker the microphone hears, and how much is left of it."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from companion.audio.echo import RATE_HZ, EchoState
from companion.ports import EchoTest

_SILENCE_S = 0.5
_SOUND_S = 2.2
_TAIL_S = 0.6
_PEAK = 0.12
_NOISE_UNTIL_S = 0.45
_MEASURED_S = (1.6, 2.6)  # of the microphone's sound, converged and surely within the echo
_AUDIBLE_DB = 4.0  # over the noise
_GOOD_DB = 12.0
_INAUDIBLE_DB = 3.0


class EchoProbe:
    """One test: the owner of the sound pulls from it instead of the queue, and hands it what came back."""

    def __init__(self, rate_hz: int) -> None:
        self._sound = probe_sound(rate_hz)
        self._pulled = 0
        self._raw: list[NDArray[np.float32]] = []
        self._cleaned: list[NDArray[np.float32]] = []
        self._n_wanted = int((_SILENCE_S + _SOUND_S + _TAIL_S) * RATE_HZ)
        self._n = 0
        self.over = threading.Event()

    def pull(self, n: int) -> NDArray[np.float32]:
        """Return the next samples of the sound, at most `n`."""
        block = self._sound[self._pulled : self._pulled + n]
        self._pulled += len(block)
        return block

    def take(self, raw: NDArray[np.float32], cleaned: NDArray[np.float32]) -> None:
        """Take what came in and what is left of it, 16 kHz; `over` is set once that is enough."""
        if not self._pulled:
            return
        self._raw.append(raw)
        self._cleaned.append(cleaned)
        self._n += len(raw)
        if self._n >= self._n_wanted:
            self.over.set()

    def result(self, state: EchoState | None) -> EchoTest:
        """Return the verdict; `state` is the canceller's after the test, None without one."""
        raw, cleaned = np.concatenate(self._raw), np.concatenate(self._cleaned)
        first, until = (int(at_s * RATE_HZ) for at_s in _MEASURED_S)
        noise_db = _level_db(raw[: int(_NOISE_UNTIL_S * RATE_HZ)])
        echo_db, left_db = _level_db(raw[first:until]), _level_db(cleaned[first:until])
        if echo_db - noise_db < _AUDIBLE_DB:
            return EchoTest(None, None, "no_echo")
        if state is None or not state.is_cancelling:
            return EchoTest(None, None, "unavailable")
        erle_db = echo_db - left_db
        is_good = erle_db >= _GOOD_DB or left_db - noise_db < _INAUDIBLE_DB
        return EchoTest(state.delay_ms, erle_db, "good" if is_good else "weak")


def probe_sound(rate_hz: int) -> NDArray[np.float32]:
    """Return silence, a soft humming that glides and breathes, and silence, shape (n,)."""
    t = np.arange(int(_SOUND_S * rate_hz)) / rate_hz
    pitch_hz = 160.0 + 60.0 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate_hz
    n_partials = int(6000 / 220)
    voice = sum(np.sin(k * phase) / k**0.7 for k in range(1, n_partials + 1))
    breath = np.random.default_rng(7).standard_normal(len(t))
    sound = voice / np.max(np.abs(voice)) + 0.25 * breath / np.max(np.abs(breath))
    sound *= 0.55 + 0.45 * np.sin(2 * np.pi * 3.1 * t - np.pi / 2)
    sound *= np.minimum(1.0, np.minimum(t, _SOUND_S - t) / 0.05)
    sound *= _PEAK / np.max(np.abs(sound))
    parts = (np.zeros(int(_SILENCE_S * rate_hz)), sound, np.zeros(int(_TAIL_S * rate_hz)))
    return np.concatenate(parts).astype(np.float32)


def _level_db(samples: NDArray[np.float32]) -> float:
    return 10.0 * float(np.log10(samples @ samples / max(1, len(samples)) + 1e-12))
