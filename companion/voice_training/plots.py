"""Small drawings for the report: curves, bars and histograms as inline SVG, coloured by the page's stylesheet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

_WIDTH, _HEIGHT = 340, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 22, 24
_MOST_POINTS: Final = 400
_CLASSES: Final = ("one", "two", "three", "four", "five")

Point = tuple[float, float]


def curves(title: str, series: Mapping[str, Sequence[Point]], *, marked: float | None = None) -> str:
    """Return curves of (x, y) in one frame; `marked` is an x that is pointed at. Empty where there is no point."""
    kept = {name: _finite(points) for name, points in series.items()}
    every = [point for points in kept.values() for point in points]
    if not every:
        return ""
    frame = _Frame([x for x, _ in every], [y for _, y in every])
    parts = [frame.axes(title)]
    if marked is not None:
        x = frame.x(marked)
        parts.append(f'<line class="marked" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>')
    for place, (name, points) in enumerate(kept.items()):
        style = _CLASSES[place % len(_CLASSES)]
        path = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in _thinned(points))
        parts.append(f'<polyline class="{style}" points="{path}"/>')
        if len(points) < 30:
            parts += [
                f'<circle class="{style}" cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="2.4"/>'
                for x, y in points
            ]
        if len(kept) > 1:
            at = f'x="{_WIDTH - _RIGHT}" y="{_TOP + 10 + 12 * place}"'
            parts.append(f'<text class="{style}" {at} text-anchor="end">{escape(name)}</text>')
    return _svg(title, parts)


def histogram(title: str, edges: Sequence[float], counts: Sequence[int]) -> str:
    """Return bars of equal width; `edges` has one number more than `counts`."""
    if not counts or not sum(counts):
        return ""
    frame = _Frame([edges[0], edges[-1]], [0.0, float(max(counts))])
    bars = []
    for left, right, count in zip(edges, edges[1:], counts, strict=False):
        x, top = frame.x(left), frame.y(count)
        width = max(1.0, frame.x(right) - x - 1)
        height = _HEIGHT - _BOTTOM - top
        bars.append(
            f'<rect class="one" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
        )
    return _svg(title, [frame.axes(title), *bars])


def bars(title: str, rows: Sequence[tuple[str, float, str]]) -> str:
    """Return one bar across for each (label, value, said), the longest full."""
    if not rows:
        return ""
    most = max(value for _, value, _ in rows) or 1.0
    parts = []
    for place, (label, value, said) in enumerate(rows):
        y = 8 + 22 * place
        width = max(1.0, 300 * value / most)
        parts.append(
            f'<text x="150" y="{y + 11}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="one" x="158" y="{y}" width="{width:.1f}" height="14" rx="2"/>'
            f'<text x="{158 + width + 6:.1f}" y="{y + 11}">{escape(said)}</text>'
        )
    height = 12 + 22 * len(rows)
    return f'<svg viewBox="0 0 560 {height}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


class _Frame:
    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self.low_x, self.high_x = min(xs), max(xs)
        low, high = min(ys), max(ys)
        room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
        self.low_y, self.high_y = (low if low == 0 else low - room), high + room

    def x(self, value: float) -> float:
        span = self.high_x - self.low_x or 1.0
        return _LEFT + (value - self.low_x) / span * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return (
            _HEIGHT - _BOTTOM - (value - self.low_y) / (self.high_y - self.low_y) * (_HEIGHT - _TOP - _BOTTOM)
        )

    def axes(self, title: str) -> str:
        floor = _HEIGHT - _BOTTOM
        return (
            f'<text class="title" x="{_LEFT}" y="13">{escape(title)}</text>'
            f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{floor}" y2="{floor}"/>'
            f'<text x="{_LEFT - 5}" y="{_TOP + 8}" text-anchor="end">{_short(self.high_y)}</text>'
            f'<text x="{_LEFT - 5}" y="{floor}" text-anchor="end">{_short(self.low_y)}</text>'
            f'<text x="{_LEFT}" y="{floor + 15}">{_short(self.low_x)}</text>'
            f'<text x="{_WIDTH - _RIGHT}" y="{floor + 15}" text-anchor="end">{_short(self.high_x)}</text>'
        )


def _svg(title: str, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _finite(points: Sequence[Point]) -> list[Point]:
    return [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Return at most 400 points, each the mean of its neighbours."""
    size = -(-len(points) // _MOST_POINTS)
    if size <= 1:
        return list(points)
    groups = [points[begin : begin + size] for begin in range(0, len(points), size)]
    return [(sum(x for x, _ in one) / len(one), sum(y for _, y in one) / len(one)) for one in groups]
