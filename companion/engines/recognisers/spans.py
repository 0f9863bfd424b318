"""Where speech is in a clip, and how a long clip is cut for a recogniser with a fixed window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

_ON: Final = 0.5
_OFF: Final = 0.35


@dataclass(frozen=True, slots=True)
class Span:
    """Frames `start` to `end` (excluded) of speech; `mean` and `peak` are speech probabilities."""

    start: int
    end: int
    mean: float
    peak: float

    @property
    def frames(self) -> int:
        return self.end - self.start


def speech_spans(probabilities: NDArray[np.float32], *, bridge: int = 8) -> list[Span]:
    """Return the stretches of speech: begun above 0.5, ended below 0.35, pauses of `bridge` frames kept."""
    bounds: list[list[int]] = []
    speaking = False
    for frame, probability in enumerate(probabilities):
        if not speaking and probability >= _ON:
            if bounds and frame - bounds[-1][1] <= bridge:
                bounds[-1][1] = frame + 1
            else:
                bounds.append([frame, frame + 1])
            speaking = True
        elif speaking:
            speaking = bool(probability >= _OFF)
            if speaking:
                bounds[-1][1] = frame + 1
    return [
        Span(start, end, float(probabilities[start:end].mean()), float(probabilities[start:end].max()))
        for start, end in bounds
    ]


def windows(spans: Sequence[Span], *, most: int, padding: int, n_frames: int) -> list[Span]:
    """Return spans joined into windows of at most `most` frames, `padding` frames added on both sides.

    Windows do not overlap. A single span longer than that is cut into equal pieces.
    """
    if not spans:
        return []
    room = most - 2 * padding
    pieces = [piece for span in spans for piece in _cut(span, room)]
    joined: list[list[Span]] = []
    for piece in pieces:
        if joined and piece.end - joined[-1][0].start <= room:
            joined[-1].append(piece)
        else:
            joined.append([piece])
    # Padding stops half-way to the neighbour: a word in two windows would be heard twice.
    borders = [0, *((a[-1].end + b[0].start) // 2 for a, b in pairwise(joined)), n_frames]
    return [
        _merged(group, padding, first, last)
        for group, (first, last) in zip(joined, pairwise(borders), strict=True)
    ]


def _cut(span: Span, room: int) -> list[Span]:
    n_pieces = -(-span.frames // room)
    edges = np.linspace(span.start, span.end, n_pieces + 1).astype(int).tolist()
    return [Span(start, end, span.mean, span.peak) for start, end in pairwise(edges)]


def _merged(group: Sequence[Span], padding: int, first: int, last: int) -> Span:
    total = sum(span.frames for span in group)
    mean = sum(span.mean * span.frames for span in group) / total
    start = max(first, group[0].start - padding)
    end = min(last, group[-1].end + padding)
    return Span(start, end, mean, max(span.peak for span in group))
