"""Sound as values: float32 mono with a rate, never a path or bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class AudioClip:
    """`samples` has shape (n,), float32, nominally in [-1, 1]; `rate_hz` is its sampling rate."""

    samples: NDArray[np.float32]
    rate_hz: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate_hz


@dataclass(frozen=True, slots=True)
class SpeechMark:
    """A phoneme begins at `sample` of the clip and belongs to the character at `char` of the clause text."""

    sample: int
    char: int
    phoneme: str


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """A spoken clause, or one chunk of it.

    `marks` are ascending in `sample`, relative to this clip; `char` is relative to `text`, the whole
    clause. `exact` tells whether the marks come from the voice's own durations or are estimated.
    `last` is set on the final chunk of the clause.
    """

    clip: AudioClip
    text: str
    marks: tuple[SpeechMark, ...] = field(default=())
    exact: bool = False
    last: bool = True
