"""Recogniser, voice and the detectors of speech."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from companion.domain.audio import AudioClip, Speech
from companion.domain.character import VoiceSpec
from companion.ports.engine import Cancel

if TYPE_CHECKING:  # numpy takes a tenth of a second that the window's start need not wait for
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Transcript:
    """`text` is empty when nothing was said; `language` is ISO 639-1; `no_speech` is a probability."""

    text: str
    language: str
    no_speech: float = 0.0
    seconds: float = 0.0


class Recogniser(Protocol):
    def transcribe(
        self,
        clip: AudioClip,
        cancel: Cancel,
        *,
        language: str | None = None,
        hotwords: Sequence[str] = (),
    ) -> Transcript:
        """Return what was said; `language` None detects it. Silence, noise and music give empty text."""
        ...

    def close(self) -> None: ...


class Voice(Protocol):
    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        """Yield the sound of `clause` in one or more chunks; the last one has `last` set.

        A clause without anything to say yields one empty clip. Raises ModelError when the voice cannot
        be loaded; nothing was yielded then.
        """
        ...

    def close(self) -> None: ...


class SpeechDetector(Protocol):
    """`frame_samples` at `rate_hz` per call, in order; `reset` forgets the stream so far."""

    @property
    def rate_hz(self) -> int: ...
    @property
    def frame_samples(self) -> int: ...
    def probability(self, frame: NDArray[np.float32]) -> float: ...
    def reset(self) -> None: ...


class TurnDetector(Protocol):
    def completeness(self, clip: AudioClip) -> float:
        """Return how likely the speaker is done, 0 to 1, by the sound of `clip`, which ends in their pause.

        Only the last 8 s count. A clip without sound gives a value that tells nothing.
        """
        ...

    def close(self) -> None: ...
