"""One turn drawn: both channels, the marks on the way to her first sound, what was held back."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.cli.benchmarks.voice.recording import Recording
from companion.cli.benchmarks.voice.turns import MeasuredTurn

_WIDTH: Final = 1060
_HALF: Final = 46
_TOP: Final = 92
_LEAD_S: Final = 0.3
_TAIL_S: Final = 0.5
_LONGEST_S: Final = 40.0
_FLOOR_DB: Final = -54.0
_MARK_ROW: Final = 12
_ROWS: Final = 7
_LETTER: Final = 6.2
_Place = Callable[[float], float]


def span_of(turn: MeasuredTurn, recording: Recording) -> tuple[int, int]:
    """Return the samples that belong to a turn: from just before the user to just after her."""
    rate = recording.rate_hz
    begin = max(0, turn.onset - int(_LEAD_S * rate))
    heard = np.flatnonzero(np.abs(recording.hers[begin : turn.until]) > 10 ** (_FLOOR_DB / 20))
    last = max(turn.during_end or turn.end, begin + int(heard[-1]) if len(heard) else 0)
    return begin, min(last + int(_TAIL_S * rate), begin + int(_LONGEST_S * rate), len(recording.hers))


def drawn(turn: MeasuredTurn, recording: Recording) -> str:
    """Return an SVG element; its classes take their colours from the page."""
    begin, end = span_of(turn, recording)
    scale = _WIDTH / max(1, end - begin)

    def x(sample: float) -> float:
        return round((sample - begin) * scale, 1)

    middle = _TOP + _HALF
    parts = [_seconds(begin, end, recording.rate_hz, x, middle + _HALF)]
    for low, high in turn.spoken.said.pauses:
        parts.append(_box("pause", x(turn.begin + low), x(turn.begin + high), _TOP, _HALF))
    for kind, low, high in _held(turn, recording, end):
        parts.append(_box(kind, x(low), x(high), middle, _HALF))
    parts.append(_wave("user", recording.user[begin:end], middle, -1))
    parts.append(_wave("hers", recording.hers[begin:end], middle, 1))
    parts.append(f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{middle}" y2="{middle}"/>')
    parts.append(_upright("end", x(turn.end), 8, middle + _HALF))
    parts += _marks(turn, recording, x, middle)
    height = middle + _HALF + 18
    label = escape(f"{turn.spoken.turn.name}: time line")
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _marks(turn: MeasuredTurn, recording: Recording, x: _Place, middle: int) -> list[str]:
    parts: list[str] = []
    free = [-1e9] * _ROWS
    for name, seconds in sorted(turn.marks.items(), key=lambda item: item[1]):
        at = x(turn.end + seconds * recording.rate_hz)
        kind = "first" if name == "first sound" else "mark"
        text = f"{name} {seconds:.2f}"
        row = next((row for row, until in enumerate(free) if until < at), len(free) - 1)
        free[row] = at + len(text) * _LETTER
        y = 10 + row * _MARK_ROW
        parts.append(_upright(kind, at, y - 6, middle + (_HALF if kind == "first" else 0)))
        parts.append(
            f'<text class="marktext" x="{min(at + 3, _WIDTH - len(text) * _LETTER):.1f}" y="{y}">{text}</text>'
        )
    return parts


def _held(turn: MeasuredTurn, recording: Recording, end: int) -> list[tuple[str, int, int]]:
    """Return where she was softer (`ducked`) or silent (`held`) because of the user."""
    out: list[tuple[str, int, int]] = []
    open_: tuple[str, int] | None = None
    for row in recording.told:
        if not turn.begin <= row["sample"] < turn.until:
            continue
        if row["name"] in ("Ducked", "Paused", "Resumed", "PlaybackEnded"):
            if open_ is not None:
                out.append((*open_, row["sample"]))
            kind = {"Ducked": "ducked", "Paused": "held"}.get(row["name"])
            open_ = (kind, row["sample"]) if kind else None
    if open_ is not None:
        out.append((*open_, end))
    return out


def _wave(kind: str, sound: NDArray[np.float32], middle: int, side: int) -> str:
    n = _WIDTH // 2
    edges = np.linspace(0, len(sound), n + 1).astype(int)
    peaks = np.array([np.abs(sound[a:b]).max(initial=0.0) for a, b in pairwise(edges)])
    level = np.clip(1.0 - 20.0 * np.log10(np.maximum(peaks, 1e-6)) / _FLOOR_DB, 0.0, 1.0)
    points = [f"{i * 2},{middle + side * value * _HALF:.1f}" for i, value in enumerate(level)]
    return f'<polygon class="{kind}" points="0,{middle} {" ".join(points)} {_WIDTH},{middle}"/>'


def _seconds(begin: int, end: int, rate: int, x: _Place, y: int) -> str:
    whole = range(int((end - begin) / rate) + 1)
    return "".join(
        f'<line class="axis" x1="{x(begin + s * rate)}" x2="{x(begin + s * rate)}" y1="{_TOP}" y2="{y + 4}"/>'
        f'<text x="{x(begin + s * rate) + 2}" y="{y + 14}">{s} s</text>'
        for s in whole
    )


def _upright(kind: str, at: float, top: float, bottom: float) -> str:
    return f'<line class="{kind}" x1="{at}" x2="{at}" y1="{top}" y2="{bottom}"/>'


def _box(kind: str, left: float, right: float, top: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{left}" y="{top}" width="{max(0.5, right - left):.1f}" height="{height}"/>'
    )
