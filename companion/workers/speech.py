"""The speech worker: recogniser, voice and turn detector, each on a lane of its own, for they may run at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from companion.domain.audio import AudioClip
from companion.domain.character import VoiceSpec
from companion.engines import registry
from companion.engines.registry import EngineRole
from companion.errors import ModelError, WorkerError
from companion.ports import Recogniser, TurnDetector, Voice
from companion.workers.codec import decode, decode_spec, encode
from companion.workers.confinement import forbidden_modules
from companion.workers.frames import Frame
from companion.workers.operation import Answer, Operation, Request


def host(_send: Callable[[Frame], None]) -> SpeechHost:
    """Return the host of this role."""
    return SpeechHost()


class SpeechHost:
    """Satisfies `serve.Host` for `ports.Recogniser`, `ports.Voice` and `ports.TurnDetector`."""

    def __init__(self) -> None:
        self._recogniser: Recogniser | None = None
        self._voice: Voice | None = None
        self._turn: TurnDetector | None = None

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "load_recogniser": Operation("recogniser", self._load_recogniser),
            "transcribe": Operation("recogniser", self._transcribe),
            "load_voice": Operation("voice", self._load_voice),
            "synthesise": Operation("voice", self._synthesise),
            "load_turn": Operation("turn", self._load_turn),
            "turn_end": Operation("turn", self._turn_end),
        }

    def close(self) -> None:
        for engine in (self._recogniser, self._voice, self._turn):
            if engine is not None:
                engine.close()

    def _load_recogniser(self, request: Request) -> Answer:
        self._recogniser = _load("recogniser", request)
        return {"modules_forbidden": forbidden_modules()}, b""

    def _load_voice(self, request: Request) -> Answer:
        self._voice = _load("voice", request)
        return {"modules_forbidden": forbidden_modules()}, b""

    def _load_turn(self, request: Request) -> Answer:
        self._turn = _load("turn", request)
        return {"modules_forbidden": forbidden_modules()}, b""

    def _turn_end(self, request: Request) -> Answer:
        if self._turn is None:
            raise ModelError("No turn detector is loaded.", "Choose one in the settings.", code="missing")
        clip = decode(AudioClip, request.header.get("clip"), request.body)
        return {"completeness": self._turn.completeness(clip)}, b""

    def _transcribe(self, request: Request) -> Answer:
        if self._recogniser is None:
            raise ModelError("No recogniser is loaded.", "Choose one in the settings.", code="missing")
        transcript = self._recogniser.transcribe(
            decode(AudioClip, request.header.get("clip"), request.body),
            request,
            language=request.header.get("language"),
            hotwords=decode(tuple[str, ...], request.header.get("hotwords")),
        )
        return {"transcript": encode(transcript)[0]}, b""

    def _synthesise(self, request: Request) -> Answer:
        if self._voice is None:
            raise ModelError("No voice is loaded.", "Choose one in the settings.", code="missing")
        clause = decode(str, request.header.get("clause"))
        voice = decode(VoiceSpec, request.header.get("voice"))
        for speech in self._voice.synthesise(clause, request, voice=voice):
            plain, body = encode(speech)
            request.send("chunk", {"speech": plain}, body)
        return {}, b""


def _load(role: EngineRole, request: Request) -> Any:
    spec = decode_spec(request.header.get("engine"))
    if spec is None:
        raise WorkerError(f"No {role} is named.", code="codec")
    return registry.load(
        role, spec.engine, spec.options, allow_targets=bool(request.header.get("allow_targets"))
    )
