"""Her own voice taken out of the microphone: WebRTC's echo canceller, fed with exactly what was played.

The library wants both directions on one clock. What was played is therefore laid on the microphone's samples by
the times of both streams, and a measured drift of the two clocks is taken out by resampling. The canceller is
never reset: what it has learnt of the room holds for the next turn.
"""

from __future__ import annotations

import importlib.util
import logging
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from companion.audio.delay import DelayMeter
from companion.audio.echo_presence import EchoPresence
from companion.audio.reference import Reference
from companion.audio.residue import Residue
from companion.ports import Duplex

_log = logging.getLogger(__name__)

RATE_HZ = 16_000
FRAME = RATE_HZ // 100
_LAG = 240  # what the reference's resampler may hold back: no echo is so early, and nobody waits for it
_LONGEST_WAIT = 4 * FRAME  # for what was played at the same time
_AUDIBLE = 10 ** (-50 / 20)
_ECHO_TAIL_FRAMES = 40
_FORGET = 0.99  # a second, in frames
_HINT_STEP_MS = 10
_OFFSETS = 60  # of which the middle one counts: both streams come in bursts
_FAR_APART = int(0.03 * RATE_HZ)
_UNTRUSTED_FRAMES = 300
_TRIED_FRAMES = 50
_WORKED = 10 ** (6 / 10)  # power taken off a frame of her, where cancelling works
_LOUD_DB = 10.0  # over the noise
_LOUDER_DB = 4.0  # than the echo before cancelling: surely somebody else
_JUMP_MS = 2.0
_BEST_MS = 40.0  # by how much the echo may well follow what was played
_COMFORT_MS = (4.0, 480.0)  # what the library finds by itself; beyond it what was played is shifted


@dataclass(frozen=True, slots=True)
class EchoState:
    """How well her voice is kept out of the microphone.

    `erle_db` (echo return loss enhancement, ITU-T G.168): power at the microphone while she is heard, over what is
    left of it; the latest second of her, None before it. `delay_ms`: from leaving the program to the microphone.
    `is_absent`: she was played and not heard, so that the microphone is passed on as it is.
    """

    is_cancelling: bool
    is_absent: bool
    erle_db: float | None
    delay_ms: float | None
    drift_ppm: float


class Processor(Protocol):
    """Takes frames of 10 ms at 16 kHz, float32, shape (160,)."""

    def play(self, frame: NDArray[np.float32]) -> None: ...
    def clean(self, frame: NDArray[np.float32]) -> NDArray[np.float32]: ...
    def hint_delay(self, delay_ms: int) -> None: ...


def can_cancel() -> bool:
    """Tell whether the library is there."""
    return importlib.util.find_spec("livekit") is not None


def is_half(duplex: Duplex) -> bool:
    """Tell whether the ears are to be closed while she speaks."""
    return duplex == "half" or (duplex == "auto" and not can_cancel())


class WebRtcEcho:
    """The audio processing module of WebRTC, from the package livekit."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._module = library.AudioProcessingModule(
            echo_cancellation=True, high_pass_filter=True, noise_suppression=False, auto_gain_control=False
        )

    @classmethod
    def load(cls) -> WebRtcEcho:
        """Raises ImportError or OSError where the library cannot be used."""
        from livekit import rtc

        return cls(rtc)

    def play(self, frame: NDArray[np.float32]) -> None:
        self._module.process_reverse_stream(self._framed(frame))

    def clean(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        framed = self._framed(frame)
        self._module.process_stream(framed)
        return np.frombuffer(framed.data, dtype=np.int16).astype(np.float32) / 32768.0

    def hint_delay(self, delay_ms: int) -> None:
        self._module.set_stream_delay_ms(delay_ms)

    def _framed(self, frame: NDArray[np.float32]) -> Any:
        pcm = np.clip(np.rint(frame * 32768.0), -32768, 32767).astype(np.int16)
        return self._library.AudioFrame(bytearray(pcm.tobytes()), RATE_HZ, 1, FRAME)


class EchoCanceller:
    """One microphone and what is played beside it; one thread. Without a `processor` sound passes as it is.

    `play` before `clean`: what has left the loudspeaker first, then what came in.
    """

    def __init__(self, processor: Processor | None) -> None:
        self._processor = processor
        self._reference = Reference(RATE_HZ)
        self._meter = DelayMeter(RATE_HZ)
        self._presence = EchoPresence()
        self._residue = Residue(RATE_HZ)
        self._mic = np.zeros(0, dtype=np.float32)
        self._heard = 0  # microphone samples that were cleaned
        self._offset: float | None = None  # reference position minus microphone position
        self._offsets: list[float] = []
        self._shift = 0
        self._n_since_jump = _UNTRUSTED_FRAMES
        self._hint_ms = -1
        self._steady_ms: float | None = None
        self._since_audible = _ECHO_TAIL_FRAMES
        self._power_in = self._power_out = 0.0
        self._worked: deque[bool] = deque(maxlen=_UNTRUSTED_FRAMES)
        self._n_echo = 0

    @classmethod
    def load(cls) -> EchoCanceller:
        """Return a canceller; where the library is missing a warning is logged and nothing is cancelled."""
        try:
            return cls(WebRtcEcho.load())
        except (ImportError, OSError) as error:
            _log.warning("echo is not cancelled: %s", error)
            return cls(None)

    @property
    def state(self) -> EchoState:
        """What has been measured so far."""
        known = self._n_echo >= 100 and self._power_out > 0
        erle_db = 10.0 * float(np.log10(self._power_in / self._power_out)) if known else None
        delay_ms = self._meter.delay_ms
        if delay_ms is not None:
            delay_ms += (self._shift + _LAG) * 1000 / RATE_HZ
        return EchoState(
            is_cancelling=self._processor is not None,
            is_absent=self._presence.is_absent,
            erle_db=erle_db,
            delay_ms=delay_ms,
            drift_ppm=self._reference.drift_ppm,
        )

    @property
    def pending(self) -> int:
        """How many microphone samples were taken and not yet given back."""
        return len(self._mic)

    def resembles_echo(self) -> bool:
        """Tell whether the last quarter of a second, cleaned, may be what is left of her own voice.

        So it is when a device has lost step and the canceller has yet to notice, or when it does not work here.
        """
        if self._processor is None or self._presence.is_absent:
            return False
        if not self._is_trusted:
            return True
        is_louder = self._residue.level_db > self._presence.echo_db + _LOUDER_DB
        return not is_louder and self._residue.resembles_echo()

    @property
    def _is_trusted(self) -> bool:
        if self._n_since_jump < _UNTRUSTED_FRAMES:
            return False
        return len(self._worked) < _TRIED_FRAMES or sum(self._worked) >= 0.5 * len(self._worked)

    def follow(self, rate_hz: int) -> None:
        """A loudspeaker was opened anew: what is played next stands on another clock."""
        self._reference.follow(rate_hz)
        self._presence.forget()
        self._offset = None

    def follow_mic(self) -> None:
        """A microphone was opened anew."""
        self._mic = self._mic[:0]
        self._presence.forget()
        self._offset = None

    def play(self, block: NDArray[np.float32], end_s: float) -> None:
        """Take what left for the loudspeaker, shape (n,), at its rate, its last sample at `end_s`."""
        if self._processor is not None:
            self._reference.append(block, end_s)

    def clean(self, block: NDArray[np.float32], end_s: float) -> NDArray[np.float32]:
        """Return 16 kHz sound of the microphone without her voice; up to 40 ms stay inside.

        `end_s`: when the last sample of `block`, shape (n,), reached the microphone.
        """
        if self._processor is None:
            return block
        self._mic = np.concatenate((self._mic, block))
        self._align(end_s)
        cleaned = []
        while len(self._mic) >= FRAME and self._may_go_on():
            frame, self._mic = self._mic[:FRAME], self._mic[FRAME:]
            cleaned.append(self._clean(self._processor, frame))
        return np.concatenate(cleaned) if cleaned else np.zeros(0, dtype=np.float32)

    def _align(self, end_s: float) -> None:
        """Let what was played and what came in at the same time meet; again only where they are far apart."""
        if self._reference.end_s is None:
            return
        mic_end = self._heard + len(self._mic)
        played = self._reference.due - (self._reference.end_s - end_s) * RATE_HZ
        offset = played - mic_end - _LAG - self._shift
        if self._offset is None:
            self._offset = offset
            self._offsets.clear()
        self._offsets.append(offset)
        if len(self._offsets) == _OFFSETS:
            usual = float(np.median(self._offsets))
            if abs(usual - self._offset) > _FAR_APART:
                self._offset = usual
                self._meter.forget()
                self._n_since_jump = 0
            self._offsets.clear()

    def _may_go_on(self) -> bool:
        if self._offset is None or len(self._mic) > _LONGEST_WAIT:
            return True
        return self._heard + round(self._offset) + FRAME <= self._reference.end

    def _clean(self, processor: Processor, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._offset is None:
            played = np.zeros(FRAME, dtype=np.float32)
        else:
            played = self._reference.frame(self._heard + round(self._offset), FRAME)
        self._heard += FRAME
        processor.play(played)
        cleaned = processor.clean(frame)
        self._residue.feed(played, cleaned)
        self._measure(played, frame, cleaned)
        return frame if self._presence.is_absent else cleaned

    def _measure(
        self, played: NDArray[np.float32], frame: NDArray[np.float32], cleaned: NDArray[np.float32]
    ) -> None:
        level_db = 10.0 * float(np.log10(frame @ frame / FRAME + 1e-12))
        is_audible = float(np.sqrt(played @ played / FRAME)) > _AUDIBLE
        self._since_audible = 0 if is_audible else self._since_audible + 1
        if self._since_audible < _ECHO_TAIL_FRAMES:
            self._power_in = _FORGET * self._power_in + float(frame @ frame)
            self._power_out = _FORGET * self._power_out + float(cleaned @ cleaned) + 1e-9
            if level_db > self._presence.noise_db + _LOUD_DB:
                self._worked.append(bool(frame @ frame > _WORKED * (cleaned @ cleaned)))
            self._n_echo += 1
            self._n_since_jump += 1
        self._presence.feed(
            level_db,
            is_audible=is_audible,
            is_silent=self._since_audible >= _ECHO_TAIL_FRAMES,
            has_delay=self._meter.delay_ms is not None and self._meter.steady_delay_ms is not None,
        )
        if self._meter.feed(played, frame, is_audible=is_audible):
            self._take_measures()

    def _take_measures(self) -> None:
        drift_ppm = self._meter.drift_ppm
        if drift_ppm is not None and self._reference.correct(drift_ppm):
            self._meter.forget_drift()
        delay_ms = self._meter.steady_delay_ms
        if delay_ms is None or self._processor is None:
            return
        if self._steady_ms is not None and abs(delay_ms - self._steady_ms) > _JUMP_MS:
            self._n_since_jump = 0
        self._steady_ms = delay_ms
        if not _COMFORT_MS[0] <= delay_ms <= _COMFORT_MS[1] and self._offset is not None:
            n = round((delay_ms - _BEST_MS) * RATE_HZ / 1000)
            self._shift += n
            self._offset -= n
            self._meter.forget()
            self._n_since_jump = 0
            delay_ms = self._steady_ms = _BEST_MS
        if abs(delay_ms - self._hint_ms) >= _HINT_STEP_MS:
            self._hint_ms = round(delay_ms)
            self._processor.hint_delay(self._hint_ms)
