"""Where a figure stands in an area: whole in a tall one, down to the chest in a strip."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF

from companion.gui.stage.pictures import Cast

_HEADROOM: Final = 0.045
_FILL: Final = 1.16
_BUST: Final = 0.56
_STRIP: Final = 0.5
_FIGURE_SIDE: Final = 0.46


def is_strip(area: QRectF) -> bool:
    """Tell whether a subtitle below the figure would cover her face."""
    return area.height() < area.width() * _STRIP and area.height() < 420


def figure_area(area: QRectF) -> QRectF:
    """Return the part of the stage that belongs to the figure: the left side of a strip, else all."""
    return (
        QRectF(area.left(), area.top(), area.width() * _FIGURE_SIDE, area.height())
        if is_strip(area)
        else area
    )


def caption_area(area: QRectF) -> QRectF:
    """Return the part of the stage that belongs to subtitles: the right side of a strip, else all."""
    if not is_strip(area):
        return area
    left = area.left() + area.width() * (_FIGURE_SIDE - 0.04)
    return QRectF(left, area.top(), area.right() - left - 8, area.height())


def scale(cast: Cast, area: QRectF) -> float:
    """Return widget pixels per canvas pixel."""
    box = cast.box
    if cast.framed:
        return min(area.width() * 0.86 / box.width(), area.height() * 0.84 / box.height())
    by_height = area.height() * (1 - _HEADROOM) / (box.height() * _shown_share(area))
    return min(by_height, area.width() * _FILL / box.width())


def origin(cast: Cast, area: QRectF) -> QPointF:
    """Return where the canvas' upper left corner stands."""
    size, box = scale(cast, area), cast.box
    left = area.center().x() - box.center().x() * size
    if cast.framed:
        return QPointF(left, area.center().y() - box.center().y() * size - area.height() * 0.03)
    bottom = area.bottom() - box.bottom() * size
    top = area.top() + area.height() * _HEADROOM - box.top() * size
    return QPointF(left, max(bottom, top))


def box(cast: Cast, area: QRectF) -> QRectF:
    """Return what the resting figure covers of the widget."""
    size, at = scale(cast, area), origin(cast, area)
    around = cast.box
    return QRectF(
        at.x() + around.x() * size, at.y() + around.y() * size, around.width() * size, around.height() * size
    )


def eyes(cast: Cast, area: QRectF) -> QPointF:
    """Return the middle between the eyes in the widget."""
    size, at = scale(cast, area), origin(cast, area)
    return QPointF(at.x() + cast.rig.eyes[0] * size, at.y() + cast.rig.eyes[1] * size)


def _shown_share(area: QRectF) -> float:
    """Return the share of the figure that is seen: all of it in a tall area, the bust in a strip."""
    shape = area.height() / max(1.0, area.width())
    return _BUST + (1 - _BUST) * min(1.0, max(0.0, (shape - 0.7) / 0.6))
