"""Engines that misbehave on request; worker processes import this file by `stub_engines:Class`."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from companion.domain.audio import AudioClip, Speech
from companion.domain.character import Adapter, Sampling, VoiceSpec
from companion.domain.messages import TurnId
from companion.errors import Cancelled, ModelError
from companion.ports import (
    AudioPlan,
    AudioSignal,
    Cancel,
    DeviceOpened,
    EchoTest,
    GenerationDone,
    Level,
    MicOpened,
    ModelInfo,
    PlaybackEnded,
    Played,
    Prompt,
    Resumed,
    SoftEnd,
    TextDelta,
    Transcript,
    Warmed,
)

GARBAGE = b"llama_print_timings: total time = 12 ms\n"


def die(how: str) -> None:
    """End this process, or its protocol, in one of many ways."""
    match how:
        case "kill":
            signal.raise_signal(signal.SIGKILL)
        case "segv":
            signal.raise_signal(signal.SIGSEGV)
        case "bus":
            signal.raise_signal(signal.SIGBUS)
        case "abort":
            os.write(2, "GGML_ASSERT: 内存 out of memory\n".encode())
            os.abort()
        case "exit 0":
            os._exit(0)
        case "exit 3":
            os._exit(3)
        case "freeze":
            signal.raise_signal(signal.SIGSTOP)
        case "garbage":
            _write_to_pipe(GARBAGE * 100)
        case "long line":
            _write_to_pipe(b"x" * 10_000_000)
        case "large frame":
            _write_to_pipe(struct.pack("<II", 10, (1 << 24) + 1))
        case "unknown frame":
            _write_to_pipe(struct.pack("<II", 13, 0) + b'{"op":"open"}')


def _write_to_pipe(data: bytes) -> None:
    own = os.stat(2).st_ino
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        try:
            is_pipe = os.readlink(f"/proc/self/fd/{fd}").startswith("pipe:")
        except OSError:
            continue
        if is_pipe and os.stat(fd).st_ino != own and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_WRONLY:
            os.write(fd, data)


class Mind:
    """Obeys the last message of the prompt."""

    def __init__(self, name: str) -> None:
        self.info = ModelInfo(name, 4096, "stub", notes=("中文",))
        self._adapters: Sequence[Adapter] = ()
        self._ballast: list[bytearray] = []

    @classmethod
    def load(cls, *, model: str = "stub.gguf", chatter: str = "", dies: str = "", once: str = "") -> Mind:
        os.write(1, chatter.encode())
        if once and not os.path.exists(once):
            os.close(os.open(once, os.O_CREAT | os.O_WRONLY))
            die(dies)
        elif dies and not once:
            die(dies)
        return cls(model)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    def warm(self, prompt: Prompt, cancel: Cancel, *, keep_as: str | None = None) -> Warmed:
        while prompt.pinned[-1].text == "long" and not cancel.requested:
            time.sleep(0.005)
        return Warmed(len(prompt.pinned), 0 if cancel.requested else 1, keep_as == "saved", 0.5)

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        order, _, rest = prompt.turn[-1].text.partition(":")
        answer = self._obey(order, rest, cancel)
        for text in answer:
            yield TextDelta(text)
        reason: Any = "cancelled" if cancel.requested else "end"
        yield GenerationDone(1, 0, 1, 1, 0.1, 0.2, reason)

    def _obey(self, order: str, rest: str, cancel: Cancel) -> Iterator[str]:
        match order:
            case "die":
                yield "half a "
                die(rest)
            case "say":
                yield from rest
            case "chatter":
                os.write(1, rest.encode())
                yield "said"
            case "slowly":
                yield "first"
                while not cancel.requested:
                    time.sleep(0.005)
            case "deaf":
                yield "first"
                threading.Event().wait()
            case "grow":
                self._ballast.append(bytearray(os.urandom(1000) * int(rest)))
                yield f"{len(self._ballast)}"
            case "raise":
                raise ModelError("The prompt needs 9 tokens.", "Shorten it.", code="context")
            case "fault":
                raise ZeroDivisionError("by nought")
            case "adapters":
                yield " ".join(f"{adapter.path.name}@{adapter.scale}" for adapter in self._adapters)
            case "import":
                try:
                    __import__(rest)
                    yield "imported"
                except ImportError as error:
                    yield f"refused: {error}"
            case "connect":
                try:
                    socket.create_connection(("127.0.0.1", int(rest)), 5).close()
                    yield "connected"
                except OSError:
                    yield "refused"
            case "environment":
                yield os.environ.get(rest, "(not set)")
            case "stdin":
                yield repr(os.read(0, 10))

    def attach(self, adapters: Sequence[Adapter]) -> None:
        self._adapters = adapters

    def close(self) -> None:
        sys.stderr.write("closed in order\n")


class BrokenMind:
    @classmethod
    def load(cls, *, model: str) -> BrokenMind:
        raise ModelError(f"The file {model} is cut off.", "Fetch it again.", code="gguf")


_voice_spoke = threading.Event()


class Ears:
    """Hears nothing before the voice in the same process has begun to speak, if asked for that."""

    @classmethod
    def load(cls) -> Ears:
        return cls()

    def transcribe(
        self,
        clip: AudioClip,
        cancel: Cancel,
        *,
        language: str | None = None,
        hotwords: Sequence[str] = (),
    ) -> Transcript:
        if "wait" in hotwords:
            _voice_spoke.wait()
        while "slowly" in hotwords and not cancel.requested:
            time.sleep(0.005)
        if cancel.requested:
            raise Cancelled
        return Transcript(f"{len(clip.samples)} {float(clip.samples.sum()):.0f}", language or "zh")

    def close(self) -> None: ...


class Mouth:
    @classmethod
    def load(cls) -> Mouth:
        return cls()

    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        _voice_spoke.set()
        if clause == "die":
            die("kill")
        if voice.engine == "piper":
            raise ModelError("The voice cannot speak.", code="voice")
        for place in range(len(clause)):
            samples = np.full(2400, place, np.float32)
            yield Speech(AudioClip(samples, 24_000), clause, last=place == len(clause) - 1)
        while clause == "慢" and not cancel.requested:
            time.sleep(0.005)

    def close(self) -> None: ...


class Melody:
    """Tells the length of the clip as a share of 8 s; dawdles over 8 kHz."""

    @classmethod
    def load(cls) -> Melody:
        return cls()

    def completeness(self, clip: AudioClip) -> float:
        if clip.rate_hz == 8_000:
            threading.Event().wait(2)
        return clip.seconds / 8

    def close(self) -> None: ...


class Meaning:
    """An embedder; a text that is an order is obeyed."""

    dimensions = 4
    model_id = "stub:1"

    @classmethod
    def load(cls, *, fail: bool = False) -> Meaning:
        if fail:
            raise ModelError("The embedding model cannot be loaded.", code="embedder")
        return cls()

    def embed(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        for text in texts:
            if text == "die":
                die("kill")
            if text == "wait":
                _voice_spoke.wait()
            if text == "go on":
                _voice_spoke.set()
        return np.array([[1.0, 0.0, 0.0, 0.0]] * len(texts), np.float32).reshape(-1, 4)

    def close(self) -> None: ...


class Detector:
    rate_hz = 16_000
    frame_samples = 512

    @classmethod
    def load(cls) -> Detector:
        return cls()

    def probability(self, frame: object) -> float:
        return 0.0

    def reset(self) -> None: ...


class Speakers:
    """Plays nothing, but tells signals; a clause's text is an order."""

    def __init__(self) -> None:
        self._signals: list[AudioSignal] = []
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._closed = False

    @classmethod
    def load(cls, *, detector: Detector) -> Speakers:
        assert detector.frame_samples == 512
        return cls()

    def open(self, plan: AudioPlan) -> None:
        self._tell(DeviceOpened("output", f"{plan.output_name} at {plan.volume}", "stub"))

    def listen(self, mode: str) -> None:
        if mode == "hands_free":
            self._tell(MicOpened("stub"))
            self._tell(SoftEnd(AudioClip(np.arange(16_000, dtype=np.float32), 16_000), 1.5))

    def talk(self, held: bool) -> None: ...

    def set_volume(self, volume: float) -> None: ...

    def signals(self) -> Iterator[AudioSignal]:
        while True:
            with self._changed:
                while not self._signals and not self._closed:
                    self._changed.wait()
                if not self._signals:
                    return
                signal = self._signals.pop(0)
            yield signal

    def enqueue(self, turn: TurnId, speech: Speech) -> None:
        self._tell(Played(turn, speech.clip.seconds))
        if speech.text == "full":
            self._stopped.wait()
        if speech.text == "die":
            die("kill")
        if speech.text == "end":
            self.close()

    def finish(self, turn: TurnId) -> None:
        self._tell(PlaybackEnded(turn, 1.0, stopped=False))

    def stop(self, turn: TurnId) -> None:
        self._stopped.set()
        self._tell(PlaybackEnded(turn, 0.25, stopped=True))

    def resume(self, turn: TurnId) -> None:
        self._tell(Resumed(turn))

    def end_after(self, silence_ms: int) -> None:
        self._tell(Level(-silence_ms, 0.0))

    def test_echo(self) -> EchoTest:
        return EchoTest(80.0, None, "weak")

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _tell(self, signal: AudioSignal) -> None:
        with self._changed:
            self._signals.append(signal)
            self._changed.notify_all()
