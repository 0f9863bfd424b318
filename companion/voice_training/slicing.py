"""Where a recording is cut into clips: at pauses, 1.5 to 12 s each, 3 to 10 s where the pauses allow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.engines.recognisers.spans import speech_spans
from companion.voice_training.outline import FRAME_S, Outline
from companion.voice_training.transcripts import Line

F32 = NDArray[np.float32]

SHORTEST_S: Final = 1.5
LONGEST_S: Final = 12.0
_GOOD_S: Final = (3.0, 10.0)
_PAUSE_S: Final = 0.3
# Pauses up to this length may stay inside a clip that would be short without them.
_INNER_PAUSE_S: Final = 1.0
_KEPT_S: Final = 0.15
# How far subtitles may be off, and how much speech a line must hold.
_LATE_S: Final = 0.4
_LEAST_SPEECH_S: Final = 0.3
_DIP_FRAMES: Final = 5


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a recording; `speech_s` of it is speech. `line` is the text that belongs to it, if it was given.

    `forced` tells that one end lies in the middle of speech, `shared` that only a part of the line is said here.
    """

    start_s: float
    end_s: float
    speech_s: float
    line: Line | None = None
    forced: bool = False
    shared: bool = False

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class _Span:
    start: float
    end: float
    speech: float
    forced: bool = False


def slices(heard: Outline, lines: Sequence[Line] = ()) -> list[Slice]:
    """Return the stretches to be made clips of, ascending; those that are too short or too long are among them.

    Lines with times cut the recording at the pauses nearest to these times. One line without times is the text of the
    whole recording, which then stays in one piece; if that is too long, each piece gets the whole text, `shared`.
    A recording without speech gives one slice with `speech_s` 0.
    """
    spans = _spans(heard)
    if not spans:
        return [Slice(0.0, heard.seconds, 0.0, lines[0] if len(lines) == 1 else None)]
    timed = [line for line in lines if line.start_s is not None]
    if timed:
        found = _by_lines(spans, timed)
    elif lines and spans[-1].end - spans[0].start <= LONGEST_S - 2 * _KEPT_S:
        whole = _Span(spans[0].start, spans[-1].end, sum(span.speech for span in spans))
        found = [(whole, lines[0])]
    else:
        pieces = _grouped([piece for span in spans for piece in _cut(span, heard)])
        found = [(span, lines[0] if lines else None) for span in pieces]
    shared = bool(lines) and not timed and len(found) > 1
    return [replace(one, shared=shared) for one in _padded(found, heard.seconds)]


def _spans(heard: Outline) -> list[_Span]:
    bridge = round(_PAUSE_S / FRAME_S) - 1
    return [
        _Span(span.start * FRAME_S, min(heard.seconds, span.end * FRAME_S), span.frames * FRAME_S)
        for span in speech_spans(heard.speech, bridge=bridge)
    ]


def _cut(span: _Span, heard: Outline) -> list[_Span]:
    """Cut a span without pauses where it is least like speech, so that no piece is longer than 10 s."""
    pieces = []
    rest = span
    while rest.end - rest.start > LONGEST_S - 2 * _KEPT_S:
        first = int((rest.start + _GOOD_S[0]) / FRAME_S)
        last = int(min(rest.start + _GOOD_S[1], rest.end - SHORTEST_S) / FRAME_S)
        at = (first + _dip(heard, first, last)) * FRAME_S
        pieces.append(_Span(rest.start, at, at - rest.start, forced=True))
        rest = _Span(at, rest.end, rest.end - at, forced=True)
    return [*pieces, rest]


def _dip(heard: Outline, first: int, last: int) -> int:
    """Return the frame behind `first` around which it is quietest."""
    window = np.ones(_DIP_FRAMES) / _DIP_FRAMES
    quiet = np.convolve(heard.level_db[first:last] + 20 * heard.speech[first:last], window, mode="same")
    edge = _DIP_FRAMES // 2
    return int(np.argmin(quiet[edge:-edge])) + edge


def _grouped(spans: Sequence[_Span]) -> list[_Span]:
    """Join neighbours until they are long enough; then join what is still too short to the nearer neighbour."""
    groups: list[_Span] = []
    for span in spans:
        if groups and not (groups[-1].forced and span.forced) and _join_well(groups[-1], span):
            groups[-1] = _joined(groups[-1], span)
        else:
            groups.append(span)
    at = 0
    while at < len(groups):
        if groups[at].end - groups[at].start < SHORTEST_S and (other := _nearer(groups, at)) is not None:
            low = min(at, other)
            groups[low : low + 2] = [_joined(groups[low], groups[low + 1])]
            at = low
        else:
            at += 1
    return groups


def _join_well(one: _Span, other: _Span) -> bool:
    pause, seconds = other.start - one.end, other.end - one.start
    shorter = min(one.end - one.start, other.end - other.start)
    most = _INNER_PAUSE_S if shorter < _GOOD_S[0] else _PAUSE_S * 1.5
    return pause <= most and seconds <= _GOOD_S[1]


def _nearer(groups: Sequence[_Span], at: int) -> int | None:
    gaps = []
    for other in (at - 1, at + 1):
        if 0 <= other < len(groups):
            first, second = groups[min(at, other)], groups[max(at, other)]
            pause, seconds = second.start - first.end, second.end - first.start
            if pause <= _INNER_PAUSE_S and seconds <= LONGEST_S - 2 * _KEPT_S:
                gaps.append((pause, other))
    return min(gaps)[1] if gaps else None


def _joined(one: _Span, other: _Span) -> _Span:
    return _Span(one.start, other.end, one.speech + other.speech, one.forced or other.forced)


def _by_lines(spans: Sequence[_Span], lines: Sequence[Line]) -> list[tuple[_Span, Line | None]]:
    """Give each line the speech that lies in its time; its ends move to the speech's where those are near."""
    found: list[tuple[_Span, Line | None]] = []
    for line in lines:
        assert line.start_s is not None
        assert line.end_s is not None
        within = [
            _Span(max(span.start, line.start_s - _LATE_S), min(span.end, line.end_s + _LATE_S), 0.0)
            for span in spans
            if span.end > line.start_s and span.start < line.end_s
        ]
        within = [span for span in within if span.end > span.start]
        speech = sum(min(span.end, line.end_s) - max(span.start, line.start_s) for span in within)
        if speech < _LEAST_SPEECH_S:
            continue
        found.append((_Span(within[0].start, within[-1].end, speech), line))
    return _apart(found)


def _apart(found: list[tuple[_Span, Line | None]]) -> list[tuple[_Span, Line | None]]:
    """End each stretch where the next line begins: subtitles follow one another without a pause."""
    out = list(found)
    for at in range(len(out) - 1):
        (span, line), (following, other) = out[at], out[at + 1]
        if span.end > following.start and line and other:
            assert other.start_s is not None
            border = min(max(other.start_s, span.start), following.end)
            out[at] = (replace(span, end=border, forced=True), line)
            out[at + 1] = (replace(following, start=border, forced=True), other)
    return out


def _padded(found: Sequence[tuple[_Span, Line | None]], seconds: float) -> list[Slice]:
    """Keep up to 150 ms of the pauses around each span, half of them at most."""
    out = []
    for at, (span, line) in enumerate(found):
        before = found[at - 1][0].end if at else -2 * span.start
        after = found[at + 1][0].start if at + 1 < len(found) else 2 * seconds - span.end
        start = max(0.0, span.start - _KEPT_S, min(span.start, (before + span.start) / 2))
        end = min(seconds, span.end + _KEPT_S, max(span.end, (span.end + after) / 2))
        out.append(Slice(round(start, 4), round(end, 4), round(span.speech, 3), line, span.forced))
    return out
