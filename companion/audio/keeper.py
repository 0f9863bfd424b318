"""The thread that opens and closes devices; everything there may block for seconds, so nothing else runs in it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from companion.audio.connection import Connection
from companion.audio.devices import Backend
from companion.audio.ring import CaptureRing, PlayRing
from companion.ports import AudioSignal, MicClosed, MicOpened

_log = logging.getLogger(__name__)

_TICK_S = 0.05
_REFRESH_EVERY_S = 30.0
_JOIN_S = 5.0


class DeviceKeeper:
    """Keeps the loudspeaker open from `open` on, and the microphone while `want_input` says so.

    `is_busy` tells whether sound is being played or an utterance is open: the list of devices, for which all
    streams have to be closed, is then not read anew.
    """

    def __init__(
        self,
        backend: Backend,
        emit: Callable[[AudioSignal], None],
        *,
        want_input: Callable[[], bool],
        is_busy: Callable[[], bool],
    ) -> None:
        self._backend = backend
        self._emit = emit
        self._want_input = want_input
        self._is_busy = is_busy
        self.input: Connection[CaptureRing] = Connection(
            "input", backend.name, lambda: backend.devices("input"), backend.open_input, emit
        )
        self.output: Connection[PlayRing] = Connection(
            "output", backend.name, lambda: backend.devices("output"), backend.open_output, emit
        )
        self._names: tuple[str, str] | None = None
        self._mic_is_told_open = False
        self._refreshed_s = float("-inf")
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="audio-devices")

    @property
    def has_plan(self) -> bool:
        """Whether devices have been asked for."""
        return self._names is not None

    def start(self) -> None:
        self._thread.start()

    def open(self, input_name: str, output_name: str) -> None:
        """Use these devices; returns at once."""
        self._names = (input_name, output_name)
        self._wake.set()

    def wake(self) -> None:
        """Look at once at what is wanted."""
        self._wake.set()

    def close(self) -> None:
        self._closing = True
        self._wake.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            while not self._closing:
                self._wake.wait(_TICK_S)
                self._wake.clear()
                self._tick(time.monotonic())
        except Exception:  # noqa: BLE001 thread top: the devices are gone, text goes on
            _log.exception("the device thread ended")
        finally:
            self.output.drop()
            self.input.drop()
            self._tell_mic()

    def _tick(self, now_s: float) -> None:
        if self._names is None:
            return
        self.input.want(self._names[0])
        self.output.want(self._names[1])
        self._refresh_if_due(now_s)
        self.output.tick(now_s, wanted=not self._closing)
        self.input.tick(now_s, wanted=not self._closing and self._want_input())
        self._tell_mic()

    def _tell_mic(self) -> None:
        is_open = self.input.ring is not None
        if is_open != self._mic_is_told_open:
            self._mic_is_told_open = is_open
            why = "The microphone was lost." if self.input.state == "lost" else ""
            self._emit(MicOpened(self.input.name) if is_open else MicClosed(why))

    def _refresh_if_due(self, now_s: float) -> None:
        """Read the list of devices anew where opening failed; an open stream is closed for that, at most each 30 s."""
        stale = self.input.is_stale(now_s) or self.output.is_stale(now_s)
        running = [each for each in (self.input, self.output) if each.ring is not None]
        if not stale or (running and (self._is_busy() or now_s - self._refreshed_s < _REFRESH_EVERY_S)):
            return
        for connection in running:
            connection.drop()
        self._refreshed_s = now_s
        self._backend.refresh()
