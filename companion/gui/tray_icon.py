"""The picture in the tray: the program's face with a badge that tells what the microphone and she are doing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

from companion.gui.attention import Attention
from companion.paths import bundled

Ground = Literal["open", "speaking", "muted"]
Glyph = Literal["listening", "hearing", "name", "speaking", "quiet"]
_GROUNDS: Final[dict[Ground, str]] = {"open": "#1f9d6b", "speaking": "#456a96", "muted": "#5b5650"}
_SIZES: Final = (16, 22, 24, 32, 48, 64)
_INK: Final = QColor("#ffffff")


@dataclass(frozen=True, slots=True)
class Badge:
    """Its ground is green exactly while the microphone is open; the glyph tells the rest by its shape."""

    ground: Ground
    glyph: Glyph


def badge_of(now: Attention) -> Badge | None:
    """Return the badge for what goes on, None while the microphone is closed and she is silent."""
    if now.is_quiet and not now.is_open:
        return Badge("muted", "quiet")
    ground: Ground = "open" if now.is_open else "speaking"
    if now.state == "speaking":
        return Badge(ground, "speaking")
    if not now.is_open:
        return None
    if now.state == "hearing":
        return Badge(ground, "hearing")
    return Badge(ground, "name" if now.awaits_name else "listening")


@lru_cache(maxsize=16)
def tray_icon(badge: Badge | None) -> QIcon:
    """Return the program's icon with `badge` in the lower right corner."""
    icon = QIcon()
    face = QPixmap(str(bundled("assets") / "icons" / "companion.png"))
    for size in _SIZES:
        picture = QPixmap(QSize(size, size))
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(QRectF(0, 0, size, size), face, QRectF(face.rect()))
        if badge is not None:
            painter.scale(size / 64, size / 64)
            _paint(painter, badge)
        painter.end()
        icon.addPixmap(picture)
    return icon


def _paint(painter: QPainter, badge: Badge) -> None:
    """Draw the badge on a canvas of 64 x 64."""
    centre, radius = QPointF(43, 43), 20.0
    painter.setPen(QPen(_INK, 3.5))
    painter.setBrush(QColor(_GROUNDS[badge.ground]))
    painter.drawEllipse(centre, radius, radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_INK)
    match badge.glyph:
        case "listening":
            painter.drawRoundedRect(QRectF(37.5, 31, 11, 18), 5.5, 5.5)
            painter.drawRect(QRectF(41.5, 49, 3, 5))
            painter.drawRect(QRectF(37, 52.5, 12, 3))
        case "hearing":
            painter.drawEllipse(centre, 9.5, 9.5)
        case "name":
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(_INK, 4.5))
            painter.drawEllipse(centre, 9.0, 9.0)
        case "speaking":
            for x, half in ((34.0, 5.0), (43.0, 10.5), (52.0, 6.5)):
                painter.drawRoundedRect(QRectF(x - 2.5, 43 - half, 5, 2 * half), 2.5, 2.5)
        case "quiet":
            moon, bite = QPainterPath(), QPainterPath()
            moon.addEllipse(centre, 11.5, 11.5)
            bite.addEllipse(QPointF(48.5, 39), 9.5, 9.5)
            painter.drawPath(moon.subtracted(bite))
