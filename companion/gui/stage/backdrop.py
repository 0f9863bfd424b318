"""What stands behind the character: the pack's background, or soft light in the accent."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QLinearGradient, QPainter, QRadialGradient

LIGHT_S: Final = 36.0


def backdrop(size: QSize, ratio: float, background: QImage | None, accent: QColor, *, dark: bool) -> QImage:
    """Return an opaque picture of `size` widget pixels at device pixel ratio `ratio`."""
    picture = QImage(size * ratio, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(ratio)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    area = QRectF(0, 0, size.width(), size.height())
    if background is None:
        _paint_accent(painter, area, accent, dark)
    else:
        _paint_cover(painter, area, background)
        painter.fillRect(area, QColor(8, 10, 20, 105) if dark else QColor(255, 250, 240, 22))
    painter.fillRect(area, _floor(area, dark))
    painter.end()
    return picture


def paint_light(picture: QImage, size: QSize, seconds: float, *, dark: bool) -> None:
    """Paint the slow light that wanders over the backdrop into `picture`; it returns after 36 s."""
    phase = 2 * math.pi * seconds / LIGHT_S
    area = QRectF(0, 0, size.width(), size.height())
    x, y = 0.5 + 0.28 * math.cos(phase), 0.3 + 0.1 * math.sin(phase)
    centre = QPointF(area.width() * x, area.height() * y)
    light = QRadialGradient(centre, max(area.width(), area.height()) * 0.55)
    light.setColorAt(0.0, QColor(255, 244, 220, 30 if dark else 44))
    light.setColorAt(1.0, QColor(255, 244, 220, 0))
    painter = QPainter(picture)
    painter.fillRect(area, QBrush(light))
    painter.end()


def _paint_cover(painter: QPainter, area: QRectF, background: QImage) -> None:
    scale = max(area.width() / background.width(), area.height() / background.height())
    width, height = background.width() * scale, background.height() * scale
    left = area.left() - (width - area.width()) / 2
    painter.drawImage(QRectF(left, area.top() - (height - area.height()) * 0.4, width, height), background)


def _paint_accent(painter: QPainter, area: QRectF, accent: QColor, dark: bool) -> None:
    hue, saturation = max(accent.hslHue(), 0), accent.hslSaturation()
    top, bottom = (38, 22) if dark else (236, 208)
    calm = min(saturation, 90 if dark else 120)
    fall = QLinearGradient(area.topLeft(), area.bottomRight())
    fall.setColorAt(0.0, QColor.fromHsl(hue, calm, top))
    fall.setColorAt(1.0, QColor.fromHsl((hue + 16) % 360, calm, bottom))
    painter.fillRect(area, QBrush(fall))
    painter.setPen(Qt.PenStyle.NoPen)
    for x, y, share, alpha in (
        (0.2, 0.22, 0.34, 60),
        (0.84, 0.16, 0.22, 46),
        (0.74, 0.62, 0.42, 50),
        (0.1, 0.74, 0.26, 36),
    ):
        centre = QPointF(area.left() + area.width() * x, area.top() + area.height() * y)
        radius = max(area.width(), area.height()) * share
        glow = QRadialGradient(centre, radius)
        tone = QColor.fromHsl((hue + 8) % 360, calm, 90 if dark else 250, alpha)
        glow.setColorAt(0.0, tone)
        tone.setAlpha(0)
        glow.setColorAt(1.0, tone)
        painter.fillRect(area, QBrush(glow))


def _floor(area: QRectF, dark: bool) -> QBrush:
    fall = QLinearGradient(QPointF(0, area.top() + area.height() * 0.68), QPointF(0, area.bottom()))
    fall.setColorAt(0.0, QColor(10, 12, 20, 0))
    fall.setColorAt(1.0, QColor(10, 12, 20, 120 if dark else 70))
    return QBrush(fall)
