"""Microphone and loudspeaker in another process; whoever waits for a turn's sound is always told its end."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Final, Literal

from companion.audio.signals import SignalQueue
from companion.domain.audio import Speech
from companion.domain.events import Notice, WorkerLost
from companion.domain.messages import TurnId
from companion.domain.state import ListenMode
from companion.errors import AudioError, Cancelled, CompanionError, WorkerError
from companion.ports import (
    AudioPlan,
    AudioSignal,
    Cancel,
    DeviceLost,
    DeviceOpened,
    EchoTest,
    MicClosed,
    MicOpened,
    PlaybackEnded,
    Played,
)
from companion.workers.codec import decode, decode_error, decode_signal, encode, encode_spec
from companion.workers.exchange import Exchange
from companion.workers.frames import Frame, Header
from companion.workers.process import LAUNCH, Launch
from companion.workers.spec import EngineSpec
from companion.workers.supervisor import LIMITS, Limits, Supervisor, WorkerEvent

_log = logging.getLogger(__name__)

_REMEMBERED_TURNS: Final = 1024
_DEVICES_S: Final = 10.0
_ECHO_TEST_S: Final = 30.0
_Direction = Literal["input", "output"]


class AudioClient:
    """Satisfies `ports.AudioIO` and `EchoTester`; plan, volume and listening mode are taken up again after a restart.

    When the worker is lost each turn in flight ends with PlaybackEnded(stopped=True), where it was heard to, and
    DeviceLost tells the cause. While there is no worker turns end unheard: text goes on without sound.
    Without a `detector` the worker takes Silero, or the loudness where that is missing.
    """

    def __init__(
        self,
        engine: EngineSpec,
        *,
        detector: EngineSpec | None = None,
        on_event: Callable[[WorkerEvent], None] = lambda event: None,
        cancel: Cancel | None = None,
        launch: Launch = LAUNCH,
        limits: Limits = LIMITS,
    ) -> None:
        self._engine, self._detector, self._on_event = engine, detector, on_event
        self._limits = limits
        # Sound servers are reached through sockets that a network namespace would hide.
        self._launch = dataclasses.replace(launch, network=True)
        self._lock = threading.Lock()
        self._queue = SignalQueue()
        self._exchange: Exchange | None = None
        self._plan: AudioPlan | None = None
        self._mode: ListenMode = "off"
        self._is_mic_open = False
        self._is_closed = self._is_done = False
        self._devices: dict[_Direction, str] = {}
        self._heard_s: dict[TurnId, float] = {}  # turns in flight
        self._over: dict[TurnId, None] = {}
        self._stopped: dict[TurnId, None] = {}
        self._supervisor = Supervisor(
            "audio",
            engine.engine,
            self._set_up,
            on_event=on_event,
            on_signal=self._take,
            on_lost=self._lost,
            may_recycle=lambda: not self._heard_s,
            launch=self._launch,
            limits=limits,
        )
        self._supervisor.start(cancel)

    @property
    def pid(self) -> int | None:
        """The worker process that serves now."""
        return self._supervisor.pid

    @property
    def done(self) -> bool:
        """Whether the signals came to their own end: the last WAV file was answered."""
        return self._is_done

    def devices(self, direction: _Direction) -> list[str]:
        """Return the names of the devices that are there, the default one first; may block for some 100 ms.

        Raises AudioError, and WorkerError while there is no worker.
        """
        names: tuple[str, ...] = ()
        with self._supervisor.lease() as exchange:
            for frame in exchange.call("devices", {"direction": direction}, timeout_s=_DEVICES_S):
                names = decode(tuple[str, ...], frame.header.get("names"))
        return list(names)

    def test_echo(self) -> EchoTest:
        """Let the worker do the echo test; see `ports.EchoTester`. Raises WorkerError while there is no worker."""
        result: EchoTest | None = None
        with self._supervisor.lease() as exchange:
            for frame in exchange.call("test_echo", {}, timeout_s=_ECHO_TEST_S):
                result = decode(EchoTest, frame.header.get("result"))
        if result is None:
            raise WorkerError("The echo test gave no answer.", code="lost")
        return result

    def open(self, plan: AudioPlan) -> None:
        with self._lock:
            self._check_open()
            self._plan = plan
            self._post("open", {"plan": encode(plan)[0]})

    def listen(self, mode: ListenMode) -> None:
        with self._lock:
            self._check_open()
            self._mode = mode
            self._post("listen", {"mode": mode})

    def talk(self, held: bool) -> None:
        with self._lock:
            self._post("talk", {"held": held})

    def set_volume(self, volume: float) -> None:
        with self._lock:
            if self._plan is not None:
                self._plan = dataclasses.replace(self._plan, volume=volume)
            self._post("set_volume", {"volume": volume})

    def signals(self) -> Iterator[AudioSignal]:
        yield from self._queue

    def enqueue(self, turn: TurnId, speech: Speech) -> None:
        with self._lock:
            self._check_open()
            if turn in self._over or turn in self._stopped:
                return
            self._heard_s.setdefault(turn, 0.0)
        plain, body = encode(speech)
        fields = {"turn": encode(turn)[0], "speech": plain}
        over = _TurnOver(self, turn)
        try:
            with self._supervisor.lease(over) as exchange:
                for _ in exchange.call("enqueue", fields, body, cancel=over):
                    pass
        except Cancelled:
            return
        except WorkerError as error:
            if error.code == "closed":
                raise _closed() from error
            with self._lock:
                self._end(turn)

    def finish(self, turn: TurnId) -> None:
        with self._lock:
            if turn in self._over or self._is_closed:
                return
            self._heard_s.setdefault(turn, 0.0)
            if not self._post("finish", {"turn": encode(turn)[0]}):
                self._end(turn)

    def stop(self, turn: TurnId) -> None:
        with self._lock:
            if turn in self._over or self._is_closed:
                return
            self._heard_s.setdefault(turn, 0.0)
            _remember(self._stopped, turn)
            if not self._post("stop", {"turn": encode(turn)[0]}):
                self._end(turn)

    def resume(self, turn: TurnId) -> None:
        with self._lock:
            if turn not in self._over:
                self._post("resume", {"turn": encode(turn)[0]})

    def end_after(self, silence_ms: int) -> None:
        with self._lock:
            self._post("end_after", {"silence_ms": silence_ms})

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._exchange = None
        self._supervisor.close()
        self._queue.close()

    def is_over(self, turn: TurnId) -> bool:
        """Tell whether the turn was stopped or has ended."""
        with self._lock:
            return turn in self._over or turn in self._stopped

    def _check_open(self) -> None:
        if self._is_closed:
            raise _closed()

    def _post(self, op: str, fields: Header) -> bool:
        return self._exchange is not None and self._exchange.send(op, fields)

    def _end(self, turn: TurnId) -> None:
        """Tell the end of a turn that the worker will not tell any more."""
        if turn in self._over:
            return
        _remember(self._over, turn)
        self._queue.put(PlaybackEnded(turn, self._heard_s.pop(turn, 0.0), stopped=True))

    # ---- supervisor thread

    def _set_up(self, exchange: Exchange) -> None:
        fields = {
            "engine": encode_spec(self._engine),
            "detector": encode_spec(self._detector),
            "allow_targets": self._launch.allow_targets,
        }
        for _ in exchange.call("load", fields, timeout_s=self._limits.load_s):
            pass
        with self._lock:
            if self._is_closed:
                return
            self._exchange = exchange
            if self._plan is not None:
                self._post("open", {"plan": encode(self._plan)[0]})
            if self._mode != "off":
                self._post("listen", {"mode": self._mode})

    def _lost(self, lost: WorkerLost) -> None:
        with self._lock:
            self._exchange = None
            for turn in list(self._heard_s):
                self._end(turn)
            if self._is_mic_open:
                self._is_mic_open = False
                self._queue.put(MicClosed(lost.cause))
            for direction, name in self._devices.items():
                self._queue.put(DeviceLost(direction, name, lost.cause, reopening=lost.restarts))
            self._devices.clear()

    # ---- reader thread

    def _take(self, frame: Frame) -> None:
        match frame.op:
            case "signal":
                self._keep(decode_signal(frame.header.get("signal"), frame.header.get("value"), frame.body))
            case "signals_ended":
                self._is_done = True
                self._queue.close()
            case "error":
                self._tell(decode_error(frame.header))
            case _:
                raise WorkerError(f"A worker broke its protocol: it sent {frame.op[:40]}.", code="frame")

    def _keep(self, signal: AudioSignal) -> None:
        with self._lock:
            match signal:
                case Played(turn, seconds):
                    if turn in self._heard_s:
                        self._heard_s[turn] = seconds
                case PlaybackEnded(turn, _):
                    if turn in self._over:
                        return
                    self._heard_s.pop(turn, None)
                    _remember(self._over, turn)
                case MicOpened():
                    self._is_mic_open = True
                case MicClosed():
                    self._is_mic_open = False
                case DeviceOpened(direction, name):
                    self._devices[direction] = name
                case DeviceLost(direction):
                    self._devices.pop(direction, None)
            self._queue.put(signal)

    def _tell(self, error: CompanionError) -> None:
        _log.warning("the audio worker could not do it: %s", error.code)
        self._on_event(Notice(error.what, error.hint, error.code))


class _TurnOver:
    """A cancel that is requested when the turn has ended; whoever waits to enqueue need not wait any more."""

    def __init__(self, client: AudioClient, turn: TurnId) -> None:
        self._client, self._turn = client, turn

    @property
    def requested(self) -> bool:
        return self._client.is_over(self._turn)


def _remember(turns: dict[TurnId, None], turn: TurnId) -> None:
    turns[turn] = None
    if len(turns) > _REMEMBERED_TURNS:
        del turns[next(iter(turns))]


def _closed() -> AudioError:
    return AudioError("The audio devices were closed.", code="closed")
