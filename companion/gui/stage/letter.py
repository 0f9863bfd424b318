"""Who has no picture is shown by a letter in a soft disc."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QRadialGradient


def initial(name: str) -> str:
    """Return the letter that stands for `name`: the first one, in upper case."""
    return next((letter.upper() for letter in name if letter.isalnum()), "·")


def paint_letter(painter: QPainter, area: QRectF, name: str, accent: QColor) -> None:
    """Paint the disc in the middle of `area`."""
    radius = min(area.width(), area.height()) * 0.24
    centre = area.center() - QPointF(0, area.height() * 0.04)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    halo = QRadialGradient(centre, radius * 1.5)
    tone = QColor(accent)
    tone.setAlpha(90)
    halo.setColorAt(0.6, tone)
    tone.setAlpha(0)
    halo.setColorAt(1.0, tone)
    painter.setBrush(QBrush(halo))
    painter.drawEllipse(centre, radius * 1.5, radius * 1.5)
    disc = QRadialGradient(centre - QPointF(radius * 0.4, radius * 0.5), radius * 1.8)
    disc.setColorAt(0.0, accent.lighter(128))
    disc.setColorAt(1.0, accent.darker(130))
    painter.setBrush(QBrush(disc))
    painter.drawEllipse(centre, radius, radius)
    font = QFont(painter.font())
    font.setPixelSize(max(12, round(radius * 0.9)))
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(255, 255, 255, 235))
    box = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, initial(name))
