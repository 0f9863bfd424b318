"""Microphone and loudspeaker of this computer.

Three threads beside the callbacks: callers put wishes and speech, `audio-dsp` moves samples between rings,
listener and queue and takes the echo off, `audio-devices` opens and closes streams. Without a loudspeaker speech is
played to a silent clock, so that a conversation goes on in time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from companion.audio.capture import RATE_HZ, Capture
from companion.audio.devices import Backend, BackendName, load_backend
from companion.audio.ears import Ears
from companion.audio.echo import EchoCanceller, EchoState, is_half
from companion.audio.echo_test import EchoProbe
from companion.audio.gain import DUCK
from companion.audio.keeper import DeviceKeeper
from companion.audio.playback import Playback
from companion.audio.reflex import Reflex
from companion.audio.resample import StreamResampler
from companion.audio.ring import CaptureRing, PlayRing
from companion.audio.signals import SignalQueue
from companion.audio.simulated import rules_for
from companion.domain.audio import Speech
from companion.domain.messages import TurnId
from companion.domain.state import ListenMode
from companion.errors import AudioError
from companion.ports import AudioPlan, AudioSignal, EchoTest, SpeechDetector

_log = logging.getLogger(__name__)

_TICK_S = 0.01
# Room for a late DSP thread and for a device that takes its whole buffer at once; `stop` drops it, so it costs no time.
_BUFFER_S = 0.15
_SILENT_RATE_HZ = 48_000
_JOIN_S = 2.0
_PROBE_S = 12.0


class DuplexAudio:
    """Satisfies `ports.AudioIO` and `EchoTester` with real devices."""

    def __init__(self, backend: Backend, detector: SpeechDetector, *, is_plain: bool = False) -> None:
        self._signals = SignalQueue()
        self._is_plain = is_plain
        self._half_duplex = True
        self._plan: AudioPlan | None = None
        self._new_plan: AudioPlan | None = None
        self._capture = Capture(detector, self._signals.put)
        self._ears = Ears(self._capture)
        self._silent_ring = PlayRing(_SILENT_RATE_HZ)
        self._silent_s = time.monotonic()
        self._ring = self._silent_ring
        self._mic_ring: CaptureRing | None = None
        self._mic_rate = StreamResampler(RATE_HZ, RATE_HZ)
        self._playback = Playback(_SILENT_RATE_HZ, self._signals.put, fades=False)
        self._reflex = Reflex(
            self._capture,
            self._playback,
            self._signals.put,
            duck=self._duck,
            pause=self._pause,
            is_echo=self._is_echo,
        )
        self._canceller: EchoCanceller | None = None
        self._new_canceller: EchoCanceller | None = None
        self._probe: EchoProbe | None = None
        self._testing, self._loading = threading.Lock(), threading.Lock()
        self._canceller_thread = threading.Thread(target=self._load_canceller, name="audio-echo")
        self._underruns = 0
        self._out_lock = threading.Lock()
        self._closing = threading.Event()
        self._keeper = DeviceKeeper(
            backend,
            self._signals.put,
            want_input=lambda: self._ears.want_input or self._probe is not None,
            is_busy=lambda: self._playback.has_speech or self._capture.is_hearing or self._probe is not None,
        )
        self._thread = threading.Thread(target=self._run, name="audio-dsp")

    @classmethod
    def load(
        cls, *, backend: BackendName = "auto", detector: SpeechDetector, is_plain: bool = False
    ) -> DuplexAudio:
        """Start without devices; `open` takes them up. Raises AudioError when the named backend is missing.

        With `is_plain` echo is kept and speech never ducks her: for measuring devices.
        """
        return cls.started(load_backend(backend), detector, is_plain=is_plain)

    @classmethod
    def started(cls, backend: Backend, detector: SpeechDetector, *, is_plain: bool = False) -> DuplexAudio:
        """Start on a sound library that is already there."""
        audio = cls(backend, detector, is_plain=is_plain)
        audio._thread.start()
        audio._keeper.start()
        return audio

    @property
    def underruns(self) -> int:
        """How many callbacks were left without sound although there was some."""
        ring = self._ring
        return self._underruns + ring.underruns

    @property
    def echo(self) -> EchoState | None:
        """How well her voice is kept out of the microphone; None until that is tried."""
        canceller = self._canceller
        return canceller.state if canceller else None

    def open(self, plan: AudioPlan) -> None:
        if plan.duplex != "half" and not self._is_plain:
            self._want_canceller()
        self._playback.set_volume(plan.volume)
        self._new_plan = plan
        self._keeper.open(plan.input_name, plan.output_name)

    def listen(self, mode: ListenMode) -> None:
        self._ears.listen(mode)
        self._keeper.wake()

    def talk(self, held: bool) -> None:
        self._ears.talk(held)
        self._keeper.wake()

    def signals(self) -> Iterator[AudioSignal]:
        return iter(self._signals)

    def enqueue(self, turn: TurnId, speech: Speech) -> None:
        self._playback.enqueue(turn, speech)

    def finish(self, turn: TurnId) -> None:
        self._playback.finish(turn)

    def stop(self, turn: TurnId) -> None:
        with self._out_lock:
            if self._playback.stop(turn):
                self._ring.cut()

    def resume(self, turn: TurnId) -> None:
        self._reflex.resume(turn)
        self._playback.resume(turn)

    def end_after(self, silence_ms: int) -> None:
        self._ears.end_after(silence_ms)

    def test_echo(self) -> EchoTest:
        """Do the echo test; see `ports.EchoTester`."""
        if self._playback.has_speech or not self._testing.acquire(blocking=False):
            raise AudioError("The loudspeaker is in use.", "Try again when she is silent.", code="busy")
        try:
            self._want_canceller()
            self._canceller_thread.join(_JOIN_S)
            probe = self._probe = EchoProbe(self._ring.rate_hz)
            self._keeper.wake()
            if not probe.over.wait(_PROBE_S):
                why = "The microphone or the loudspeaker gave no sound."
                raise AudioError(why, "Choose others in the settings.", code="no_device")
            if self._closing.is_set():
                raise AudioError("The audio devices were closed.", code="closed")
            return probe.result(self.echo)
        finally:
            self._probe = None
            self._testing.release()

    def set_volume(self, volume: float) -> None:
        self._playback.set_volume(volume)

    def close(self) -> None:
        """Close the devices and end the signals; safe to call twice."""
        self._playback.close()
        self._keeper.close()
        self._closing.set()
        if (probe := self._probe) is not None:
            probe.over.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)
        if self._canceller_thread.is_alive():
            self._canceller_thread.join(_JOIN_S)
        self._signals.close()

    def _run(self) -> None:
        try:
            while not self._closing.wait(_TICK_S):
                now_s = time.monotonic()
                self._play(now_s)
                self._hear(now_s)
        except Exception:  # noqa: BLE001 thread top: whoever waits for signals must come to an end
            _log.exception("the sound thread ended")
            self._playback.close()
            self._signals.close()

    def _play(self, now_s: float) -> None:
        self._run_silent_clock(now_s)
        self._take_up_output(now_s)
        ring = self._ring
        with self._out_lock:
            # Until a fresh stream has proved itself speech waits, rather than being lost in it.
            is_waiting = self._keeper.has_plan and self._keeper.output.is_hopeful
            room = 0 if is_waiting else max(0, int(_BUFFER_S * ring.rate_hz) - ring.fill)
            block = self._pull(room)
            if room:
                ring.is_fed = len(block) == room
            ring.write(block)
        cut_at = ring.take_cut()
        if cut_at is not None:
            self._playback.cut_at(cut_at)
        self._playback.heard(ring.heard(now_s), now_s)
        left, left_s = ring.take_left()
        if self._canceller is not None and ring is not self._silent_ring:
            self._canceller.play(left, left_s)

    def _pull(self, room: int) -> NDArray[np.float32]:
        probe = self._probe
        if probe is None:
            return self._playback.pull(room)
        is_ready = self._ring is not self._silent_ring and self._keeper.input.state == "running"
        block = probe.pull(room) if is_ready else np.zeros(0, dtype=np.float32)
        self._playback.skip(len(block))
        return block

    def _run_silent_clock(self, now_s: float) -> None:
        n = int((now_s - self._silent_s) * _SILENT_RATE_HZ)
        if self._ring is self._silent_ring:
            self._silent_ring.fill_out(np.empty(min(n, _SILENT_RATE_HZ), dtype=np.float32), self._silent_s)
        self._silent_s += n / _SILENT_RATE_HZ

    def _take_up_output(self, now_s: float) -> None:
        output = self._keeper.output
        ring = (output.ring if output.state == "running" else None) or self._silent_ring
        if ring is self._ring:
            return
        with self._out_lock:
            self._underruns += self._ring.underruns
            if ring is self._silent_ring:
                ring = self._silent_ring = PlayRing(_SILENT_RATE_HZ)
            self._playback.reopen(ring.rate_hz, heard=self._ring.heard(now_s))
            ring.gain.target = self._ring.gain.target
            self._ring = ring
        if self._canceller is not None:
            self._canceller.follow(ring.rate_hz)

    def _hear(self, now_s: float) -> None:
        if self._new_plan is not None:
            self._take_up_plan(self._new_plan)
        self._take_up_canceller()
        self._take_up_input()
        ring = self._mic_ring
        if ring is not None and (self._probe is not None or not self._ears.is_deaf):
            self._feed(self._mic_rate.feed(ring.read()), ring.read_at_s)
        self._ears.update(is_playing=self._playback.is_playing, half_duplex=self._half_duplex, now_s=now_s)
        is_listening = ring is not None and not self._ears.is_deaf
        self._reflex.turn_on(is_listening and not self._half_duplex and not self._is_plain)
        self._reflex.update(now_s)

    def _feed(self, block: NDArray[np.float32], end_s: float) -> None:
        probe, raw = self._probe, block
        if self._canceller is not None and (probe is not None or not self._half_duplex):
            block = self._canceller.clean(block, end_s)
            end_s -= self._canceller.pending / RATE_HZ
        if probe is not None:
            probe.take(raw, block)
        elif len(block):
            self._capture.feed(block, end_s)

    def _duck(self, is_soft: bool) -> None:
        self._ring.gain.target = DUCK if is_soft else 1.0

    def _is_echo(self) -> bool:
        return self._canceller is not None and self._canceller.resembles_echo()

    def _pause(self) -> None:
        with self._out_lock:
            if self._playback.pause() is not None:
                self._ring.cut()

    def _take_up_plan(self, plan: AudioPlan) -> None:
        self._new_plan = None
        if self._plan is None or rules_for(plan) != rules_for(self._plan):
            self._capture.cut()
            self._capture.set_rules(rules_for(plan))
        self._half_duplex = is_half(plan.duplex)
        self._plan = plan

    def _take_up_canceller(self) -> None:
        canceller, self._new_canceller = self._new_canceller, None
        if canceller is None:
            return
        canceller.follow(self._ring.rate_hz)
        self._canceller = canceller

    def _want_canceller(self) -> None:
        with self._loading:
            if self._canceller_thread.ident is None:
                self._canceller_thread.start()

    def _load_canceller(self) -> None:
        self._new_canceller = EchoCanceller.load()

    def _take_up_input(self) -> None:
        ring = self._keeper.input.ring
        if ring is self._mic_ring:
            return
        if self._mic_ring is not None:
            self._capture.cut()
        if ring is not None:
            self._mic_rate = StreamResampler(ring.rate_hz, RATE_HZ)
        if self._canceller is not None:
            self._canceller.follow_mic()
        self._mic_ring = ring
