"""The ports over a pipe: each client starts its worker, is ready when it is made, and outlives the worker's deaths.

Making a client blocks until its engines are loaded (seconds; `cancel` stops it) and raises what loading raised.
A request in flight when the worker ends raises WorkerError, code `worker`; the next one waits for the restart.
All methods may be called from any thread; a lane of the worker serves one request at a time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from companion.domain.audio import AudioClip, Speech
from companion.domain.character import Adapter, Sampling, VoiceSpec
from companion.engines import registry
from companion.errors import Cancelled, CompanionError, ModelError, WorkerError
from companion.ports import Cancel, GenerationDone, ModelInfo, Prompt, TextDelta, Transcript, Warmed
from companion.workers.audio_client import AudioClient
from companion.workers.codec import decode, encode, encode_spec
from companion.workers.exchange import Exchange
from companion.workers.frames import Frame, Header
from companion.workers.process import LAUNCH, Launch
from companion.workers.spec import EngineSpec
from companion.workers.supervisor import LIMITS, Limits, Supervisor, WorkerEvent

__all__ = ["AudioClient", "LanguageClient", "SpeechClient"]

_BATCH_CHARS: Final = 100_000
_TURN_S: Final = 8
_TURN_TIMEOUT_S: Final = 1.0
_EventSink = Callable[[WorkerEvent], None]


class LanguageClient:
    """Satisfies `ports.LanguageModel`. Adapters are attached again after a restart; KV state comes with `warm`."""

    def __init__(
        self,
        engine: EngineSpec,
        *,
        on_event: _EventSink = lambda event: None,
        cancel: Cancel | None = None,
        launch: Launch = LAUNCH,
        limits: Limits = LIMITS,
    ) -> None:
        entry = registry.find("language", engine.engine, allow_targets=launch.allow_targets)
        launch = dataclasses.replace(launch, network=launch.network or entry.remote)
        self._engine, self._launch, self._limits = engine, launch, limits
        self._adapters: tuple[Adapter, ...] = ()
        self._info: ModelInfo | None = None
        self._supervisor = Supervisor(
            "language", engine.subject, self._set_up, on_event=on_event, launch=launch, limits=limits
        )
        self._supervisor.start(cancel)

    @property
    def info(self) -> ModelInfo:
        if self._info is None:
            raise ModelError("No language model is loaded.", code="closed")
        return self._info

    @property
    def pid(self) -> int | None:
        """The worker process that serves now."""
        return self._supervisor.pid

    @property
    def confinement(self) -> tuple[str, ...]:
        """What the worker process has given up, in words."""
        return self._supervisor.confinement

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        counts: list[int] = []
        for batch in _batches(texts):
            done = self._call("count_tokens", {"texts": batch})
            found = decode(tuple[int, ...], done.header.get("counts"))
            if len(found) != len(batch):
                raise WorkerError("A worker counted something else.", code="codec")
            counts += found
        return counts

    def warm(self, prompt: Prompt, cancel: Cancel, *, keep_as: str | None = None) -> Warmed:
        """Raises Cancelled when a requested stop is not answered within 2 s."""
        done = self._call("warm", {"prompt": encode(prompt)[0], "keep_as": keep_as}, cancel)
        return decode(Warmed, done.header.get("warmed"))

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        fields = {"prompt": encode(prompt)[0], "sampling": encode(sampling)[0]}
        n_parts = 0
        try:
            with self._supervisor.lease(cancel) as exchange:
                for frame in exchange.call("generate", fields, cancel=cancel):
                    if frame.op == "delta":
                        n_parts += 1
                        yield TextDelta(decode(str, frame.header.get("text")))
                    else:
                        yield decode(GenerationDone, frame.header.get("generation"))
        except Cancelled:
            yield GenerationDone(0, 0, 0, n_parts, 0.0, 0.0, "cancelled")

    def attach(self, adapters: Sequence[Adapter]) -> None:
        self._call("attach", {"adapters": encode(tuple(adapters))[0]})
        self._adapters = tuple(adapters)

    def close(self) -> None:
        self._supervisor.close()

    def _call(self, op: str, fields: Header, cancel: Cancel | None = None) -> Frame:
        with self._supervisor.lease(cancel) as exchange:
            return _last(exchange.call(op, fields, cancel=cancel))

    def _set_up(self, exchange: Exchange) -> None:
        fields = {"engine": encode_spec(self._engine), "allow_targets": self._launch.allow_targets}
        done = _last(exchange.call("load", fields, timeout_s=self._limits.load_s))
        self._info = decode(ModelInfo, done.header.get("info"))
        if self._adapters:
            _last(exchange.call("attach", {"adapters": encode(self._adapters)[0]}))


class SpeechClient:
    """Satisfies `ports.Recogniser`, `ports.Voice` and `ports.TurnDetector`; the three run at once.

    What can be loaded is served; `recogniser_error`, `voice_error` or `turn_error` tells why another one is missing,
    and its method raises that. None as a spec leaves that engine out.
    """

    def __init__(
        self,
        recogniser: EngineSpec | None,
        voice: EngineSpec | None,
        turn: EngineSpec | None = None,
        *,
        on_event: _EventSink = lambda event: None,
        cancel: Cancel | None = None,
        launch: Launch = LAUNCH,
        limits: Limits = LIMITS,
    ) -> None:
        self._specs = {"recogniser": recogniser, "voice": voice, "turn": turn}
        self._launch, self._limits = launch, limits
        self._errors: dict[str, CompanionError] = {}
        subject = ", ".join(spec.subject for spec in self._specs.values() if spec is not None)
        self._supervisor = Supervisor(
            "speech", subject, self._set_up, on_event=on_event, launch=launch, limits=limits
        )
        self._supervisor.start(cancel)

    @property
    def recogniser_error(self) -> CompanionError | None:
        return self._errors.get("recogniser")

    @property
    def voice_error(self) -> CompanionError | None:
        return self._errors.get("voice")

    @property
    def turn_error(self) -> CompanionError | None:
        return self._errors.get("turn")

    @property
    def pid(self) -> int | None:
        """The worker process that serves now."""
        return self._supervisor.pid

    def transcribe(
        self,
        clip: AudioClip,
        cancel: Cancel,
        *,
        language: str | None = None,
        hotwords: Sequence[str] = (),
    ) -> Transcript:
        """Raises Cancelled as soon as a stop is requested."""
        self._check("recogniser")
        plain, body = encode(clip)
        fields = {"clip": plain, "language": language, "hotwords": list(hotwords)}
        with self._supervisor.lease(cancel) as exchange:
            done = _last(exchange.call("transcribe", fields, body, cancel=cancel, patience_s=0.0))
        return decode(Transcript, done.header.get("transcript"))

    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        """Raises Cancelled as soon as a stop is requested."""
        self._check("voice")
        fields = {"clause": clause, "voice": encode(voice)[0]}
        with self._supervisor.lease(cancel) as exchange:
            for frame in exchange.call("synthesise", fields, cancel=cancel, patience_s=0.0):
                if frame.op == "chunk":
                    yield decode(Speech, frame.header.get("speech"), frame.body)

    def completeness(self, clip: AudioClip) -> float:
        """Raises WorkerError, code `timeout`, when no answer comes within a second."""
        self._check("turn")
        # Only the last 8 s count: a long utterance need not go through the pipe.
        clip = dataclasses.replace(clip, samples=clip.samples[-_TURN_S * clip.rate_hz :])
        plain, body = encode(clip)
        with self._supervisor.lease(wait_s=0.0) as exchange:
            done = _last(exchange.call("turn_end", {"clip": plain}, body, timeout_s=_TURN_TIMEOUT_S))
        return decode(float, done.header.get("completeness"))

    def close(self) -> None:
        self._supervisor.close()

    def _check(self, which: str) -> None:
        error = self._errors.get(which)
        if error is not None:
            raise error

    def _set_up(self, exchange: Exchange) -> None:
        found: dict[str, CompanionError] = {}
        wanted = {name: spec for name, spec in self._specs.items() if spec}
        for name, spec in wanted.items():
            fields = {"engine": encode_spec(spec), "allow_targets": self._launch.allow_targets}
            try:
                _last(exchange.call(f"load_{name}", fields, timeout_s=self._limits.load_s))
            except WorkerError:
                raise
            except CompanionError as error:
                found[name] = error
        main = [name for name in wanted if name != "turn"] or list(wanted)
        if main and all(name in found for name in main):
            raise found[main[0]]
        self._errors = found


def _last(frames: Iterator[Frame]) -> Frame:
    """Return the final frame of an answer of one frame."""
    for frame in frames:
        if frame.op == "done":
            return frame
    raise WorkerError("A worker ended its answer without an end.", code="codec")


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Split texts so that each batch fits into a header."""
    batch: list[str] = []
    n_chars = 0
    for text in texts:
        if batch and n_chars + len(text) > _BATCH_CHARS:
            yield batch
            batch, n_chars = [], 0
        batch.append(text)
        n_chars += len(text) + 8
    if batch:
        yield batch
