"""The audio worker: devices or files, the detector of speech, and the stream of signals to the program."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Mapping

from companion.audio.devices import Direction, list_devices
from companion.domain.audio import Speech
from companion.domain.messages import TurnId
from companion.domain.state import ListenMode
from companion.engines import registry
from companion.errors import AudioError, ModelError, WorkerError
from companion.ports import AudioIO, AudioPlan, EchoTester, SpeechDetector
from companion.workers.codec import decode, decode_spec, encode, encode_signal
from companion.workers.confinement import forbidden_modules
from companion.workers.frames import Frame
from companion.workers.operation import Answer, Operation, Request
from companion.workers.spec import EngineSpec


def host(send: Callable[[Frame], None]) -> AudioHost:
    """Return the host of this role."""
    return AudioHost(send)


class AudioHost:
    """Satisfies `serve.Host` for `ports.AudioIO`.

    `stop` and the like have a lane of their own: they may not wait for an `enqueue` that waits for room, nor for a
    device.
    """

    def __init__(self, send: Callable[[Frame], None]) -> None:
        self._send = send
        self._audio: AudioIO | None = None

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "load": Operation("devices", self._load),
            "open": Operation("devices", self._open),
            "listen": Operation("devices", self._listen),
            "talk": Operation("devices", self._talk),
            "set_volume": Operation("devices", self._set_volume),
            "devices": Operation("names", self._devices),
            "test_echo": Operation("names", self._test_echo),
            "enqueue": Operation("play", self._enqueue),
            "finish": Operation("play", self._finish),
            "stop": Operation("stop", self._stop),
            "resume": Operation("stop", self._resume),
            "end_after": Operation("stop", self._end_after),
        }

    def close(self) -> None:
        if self._audio is not None:
            self._audio.close()

    def _load(self, request: Request) -> Answer:
        allow_targets = bool(request.header.get("allow_targets"))
        spec = decode_spec(request.header.get("engine"))
        if spec is None:
            raise WorkerError("No audio engine is named.", code="codec")
        detector = _detector(decode_spec(request.header.get("detector")), allow_targets)
        options = {**spec.options, "detector": detector}
        self._audio = registry.load("audio", spec.engine, options, allow_targets=allow_targets)
        threading.Thread(target=self._forward, args=(self._loaded,), name="signals").start()
        return {"modules_forbidden": forbidden_modules()}, b""

    @property
    def _loaded(self) -> AudioIO:
        if self._audio is None:
            raise AudioError("No audio engine is loaded.", code="closed")
        return self._audio

    def _forward(self, audio: AudioIO) -> None:
        try:
            for signal in audio.signals():
                fields, body = encode_signal(signal)
                self._send(Frame({"op": "signal", **fields}, body))
        except Exception:  # noqa: BLE001 - thread top: the program learns of it as the end of the signals
            traceback.print_exc()
        self._send(Frame({"op": "signals_ended"}))

    def _open(self, request: Request) -> Answer:
        self._loaded.open(decode(AudioPlan, request.header.get("plan")))
        return {}, b""

    def _listen(self, request: Request) -> Answer:
        self._loaded.listen(decode(ListenMode, request.header.get("mode")))  # type: ignore[arg-type]
        return {}, b""

    def _talk(self, request: Request) -> Answer:
        self._loaded.talk(decode(bool, request.header.get("held")))
        return {}, b""

    def _set_volume(self, request: Request) -> Answer:
        self._loaded.set_volume(decode(float, request.header.get("volume")))
        return {}, b""

    def _devices(self, request: Request) -> Answer:
        direction: Direction = decode(Direction, request.header.get("direction"))  # type: ignore[arg-type]
        return {"names": [device.name for device in list_devices(direction)]}, b""

    def _test_echo(self, request: Request) -> Answer:
        audio = self._loaded
        if not isinstance(audio, EchoTester):
            raise AudioError("There is no loudspeaker and no microphone to test.", code="no_device")
        return {"result": encode(audio.test_echo())[0]}, b""

    def _enqueue(self, request: Request) -> Answer:
        speech = decode(Speech, request.header.get("speech"), request.body)
        self._loaded.enqueue(decode(TurnId, request.header.get("turn")), speech)
        return {}, b""

    def _finish(self, request: Request) -> Answer:
        self._loaded.finish(decode(TurnId, request.header.get("turn")))
        return {}, b""

    def _stop(self, request: Request) -> Answer:
        self._loaded.stop(decode(TurnId, request.header.get("turn")))
        return {}, b""

    def _resume(self, request: Request) -> Answer:
        self._loaded.resume(decode(TurnId, request.header.get("turn")))
        return {}, b""

    def _end_after(self, request: Request) -> Answer:
        self._loaded.end_after(decode(int, request.header.get("silence_ms")))
        return {}, b""


def _detector(spec: EngineSpec | None, allow_targets: bool) -> SpeechDetector:
    if spec is not None:
        detector: SpeechDetector = registry.load(
            "detector", spec.engine, spec.options, allow_targets=allow_targets
        )
        return detector
    try:
        best: SpeechDetector = registry.load("detector", "silero", {})
    except ModelError as error:
        print(error, file=sys.stderr)
        best = registry.load("detector", "energy", {})
    return best
