"""The quiet ring that shows whose turn it is. Every state has its own shape, not only a colour."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from companion.domain.state import State

SIDE: Final = 44.0
MOVING: Final[frozenset[State]] = frozenset({"loading", "hearing", "thinking", "speaking", "listening"})
_FLOOR_DB: Final = -60.0


def loudness(level_db: float) -> float:
    """Return 0 to 1 for -60 dBFS to -12 dBFS."""
    if not math.isfinite(level_db):
        return 0.0
    return min(1.0, max(0.0, (level_db - _FLOOR_DB) / 48.0))


def paint_indicator(
    painter: QPainter, area: QRectF, state: State, seconds: float, level: float, accent: QColor
) -> None:
    """Paint the state into the square `area`; `level` 0 to 1 is the live microphone, or her voice."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    centre, radius = area.center(), area.width() / 2 - 9
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 15, 24, 120))
    painter.drawEllipse(centre, radius + 5, radius + 5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if state in ("listening", "hearing"):
        _ear(painter, centre, radius, level, accent, strong=state == "hearing")
    elif state == "thinking":
        _dots(painter, centre, radius, seconds, accent)
    elif state == "speaking":
        _bars(painter, centre, radius, seconds, level, accent)
    elif state == "loading":
        painter.setPen(_pen(accent, 2.4))
        start = int(-seconds * 200 * 16) % (360 * 16)
        painter.drawArc(
            QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius), start, 110 * 16
        )
    else:
        painter.setPen(_pen(QColor(255, 255, 255, 110), 1.6))
        painter.drawEllipse(centre, radius * 0.7, radius * 0.7)
        if state == "asleep":
            painter.drawLine(centre - QPointF(radius * 0.4, 0), centre + QPointF(radius * 0.4, 0))


def _ear(
    painter: QPainter, centre: QPointF, radius: float, level: float, accent: QColor, *, strong: bool
) -> None:
    inner = radius * (0.42 + 0.2 * level)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(accent)
    painter.drawEllipse(centre, inner * 0.8, inner * 0.8)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(accent, 2.2 if strong else 1.6))
    reach = radius * (0.72 + 0.28 * level)
    painter.drawEllipse(centre, reach, reach)
    if strong:
        for side in (0, 180):
            box = QRectF(centre.x() - reach - 4, centre.y() - reach - 4, 2 * reach + 8, 2 * reach + 8)
            painter.drawArc(box, (side - 35) * 16, 70 * 16)


def _dots(painter: QPainter, centre: QPointF, radius: float, seconds: float, accent: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for i in range(3):
        lift = max(0.0, math.sin(seconds * 4.4 - i * 0.8))
        tone = QColor(accent)
        tone.setAlphaF(0.5 + 0.5 * lift)
        painter.setBrush(tone)
        painter.drawEllipse(centre + QPointF((i - 1) * radius * 0.6, -3.0 * lift), 2.8, 2.8)


def _bars(
    painter: QPainter, centre: QPointF, radius: float, seconds: float, level: float, accent: QColor
) -> None:
    painter.setPen(_pen(accent, 3.0))
    for i in range(4):
        wave = 0.35 + 0.65 * abs(math.sin(seconds * (5.2 + i * 0.7) + i * 1.9))
        half = radius * (0.16 + 0.55 * level * wave)
        x = centre.x() + (i - 1.5) * radius * 0.42
        painter.drawLine(QPointF(x, centre.y() - half), QPointF(x, centre.y() + half))


def _pen(tone: QColor, width: float) -> QPen:
    pen = QPen(tone, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen
