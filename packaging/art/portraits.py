"""Flat pictures painted from a finished rig: one per feeling, and the head portrait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from brush import Sheet, across, ellipse, glow
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath

from companion.domain.character import FaceAssets
from companion.domain.emotion import EMOTIONS
from companion.gui.stage.painter import still
from companion.gui.stage.pictures import Cast, load_scenery

_FLAT_HEIGHT: Final = 1066
_ICON: Final = 512
_GROUND: Final = {
    "xiaoman": ("#f3ecd8", "#b9d3bd", "#7fae95", "#fff7e2"),
    "wren": ("#f0b070", "#53659a", "#28365f", "#ffd89a"),
}
Save = Callable[..., None]


def write(name: str, assets: Path, save: Save) -> None:
    """Write `emotion/*.png` and `icon/main.png` of a character."""
    cast = load_scenery(FaceAssets(rig=assets / "x_rig" / "other" / "rig.json")).cast
    if cast is None:
        raise SystemExit(f"The rig of {name} cannot be read.")
    (assets / "emotion").mkdir(exist_ok=True)
    (assets / "icon").mkdir(exist_ok=True)
    for emotion in EMOTIONS:
        save(still(cast, emotion, _FLAT_HEIGHT), assets / "emotion" / f"{emotion}.png")
    save(portrait(cast, name, "tender" if name == "xiaoman" else "neutral"), assets / "icon" / "main.png")


def portrait(cast: Cast, name: str, emotion: str, side: int = _ICON) -> QImage:
    """Return a square head portrait before a soft ground."""
    top, middle, bottom, light = _GROUND[name]
    ground = Sheet(side, side)
    ground.fill(
        [(0, 0), (side, 0), (side, side), (0, side)],
        across((0, 0), (side * 0.5, side), [(0, top), (0.5, middle), (1, bottom)]),
    )
    ground.fill(
        ellipse(side * 0.34, side * 0.3, side * 0.6, side * 0.6),
        glow((side * 0.34, side * 0.3), side * 0.6, [(0, QColor(light)), (1, QColor(255, 255, 255, 0))]),
        0.9,
    )
    for x, y, r in ((0.12, 0.7, 0.1), (0.9, 0.2, 0.13), (0.84, 0.66, 0.06), (0.2, 0.14, 0.05)):
        ground.soft(ellipse(side * x, side * y, side * r, side * r), light, side * 0.012, 0.3)
    figure = still(cast, emotion, round(side * 1.92))
    scale = figure.height() / cast.rig.height
    x, y = cast.rig.eyes
    painter = QPainter(ground.image)
    painter.drawImage(
        QRectF(side * 0.5 - (x + 12) * scale, side * 0.5 - (y - 8) * scale, figure.width(), figure.height()),
        figure,
    )
    painter.end()
    return ground.image


def rounded(image: QImage, share: float) -> QImage:
    """Return the square picture with corners rounded by `share` of its side."""
    result = QImage(image.size(), QImage.Format.Format_ARGB32_Premultiplied)
    result.fill(0)
    path = QPainterPath()
    radius = image.width() * share
    path.addRoundedRect(QRectF(image.rect()), radius, radius)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(path, QColor("#000000"))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.drawImage(0, 0, image)
    painter.end()
    return result
