"""The pictures of a face: read and scaled off the GUI thread, as `QImage`.

A card without a rig becomes a small rig itself: one slot with its flat emotions, or its portrait. So
the painter knows only rigs.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter, QPainterPath

from companion.domain.character import FaceAssets
from companion.domain.emotion import emotion_of_tag
from companion.errors import PackError
from companion.gui.stage.rig import Face, Layer, Rig, load_rig

_log = logging.getLogger(__name__)
_MAX_PIXELS: Final = 24_000_000
_FLAT_SIDE: Final = 1600
_FRAME_RADIUS: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """A rig with its pictures at their own size. `box` encloses all layers; `framed` is an opaque portrait."""

    rig: Rig
    pictures: Mapping[Path, QImage]
    box: QRectF
    framed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scenery:
    """What a stage shows: a cast, or None where only a letter can stand for the character, and a backdrop."""

    cast: Cast | None = None
    background: QImage | None = None


def load_scenery(face: FaceAssets) -> Scenery:
    """Read the best that `face` has: rig, flat emotions, portrait. Damaged parts are passed over and logged."""
    return Scenery(_rigged(face) or _flat(face) or _portrait(face), _picture(face.background))


def scaled(cast: Cast, scale: float) -> dict[Path, QImage]:
    """Return the pictures at `scale` screen pixels per canvas pixel."""
    result: dict[Path, QImage] = {}
    for path, picture in cast.pictures.items():
        size = QSize(max(1, round(picture.width() * scale)), max(1, round(picture.height() * scale)))
        smooth = picture.scaled(
            size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        result[path] = smooth.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return result


def _rigged(face: FaceAssets) -> Cast | None:
    if face.rig is None:
        return None
    try:
        rig = load_rig(face.rig)
    except PackError as error:
        _log.warning("a rig is passed over: %s", error.code)
        return None
    pictures: dict[Path, QImage] = {}
    box = QRectF()
    for layer in rig.layers:
        picture = pictures.get(layer.file) or _picture(layer.file)
        if picture is None:
            _log.warning("a rig is passed over: a layer cannot be read")
            return None
        pictures[layer.file] = picture
        box = box.united(QRectF(layer.x, layer.y, picture.width(), picture.height()))
    return Cast(rig, pictures, box)


def _flat(face: FaceAssets) -> Cast | None:
    found = {name: picture for name, path in face.emotions.items() if (picture := _picture(path)) is not None}
    if not found:
        return None
    faces: dict[str, Face] = {}
    for name in found:
        faces.setdefault(emotion_of_tag(name) or name, Face({"flat": name}))
    faces.setdefault("neutral", next(iter(faces.values())))
    size = max((picture.size() for picture in found.values()), key=lambda s: s.width() * s.height())
    pictures = {face.emotions[name]: _fitted(picture, size) for name, picture in found.items()}
    layers = tuple(Layer(face.emotions[name], 0, 0, "body", "flat", name) for name in found)
    return _flat_cast(size, layers, faces, pictures)


def _portrait(face: FaceAssets) -> Cast | None:
    picture = _picture(face.portrait)
    if picture is None or face.portrait is None:
        return None
    framed = not _is_cut_out(picture)
    if framed:
        picture = _rounded(picture)
    layers = (Layer(face.portrait, 0, 0, "body"),)
    cast = _flat_cast(picture.size(), layers, {"neutral": Face()}, {face.portrait: picture})
    return Cast(cast.rig, cast.pictures, cast.box, framed)


def _flat_cast(
    size: QSize, layers: tuple[Layer, ...], faces: dict[str, Face], pictures: dict[Path, QImage]
) -> Cast:
    width, height = float(size.width()), float(size.height())
    middle = (width / 2, height / 2)
    rig = Rig(width, height, middle, middle, (width / 2, height * 0.28), layers, faces, {}, {})
    return Cast(rig, pictures, QRectF(0, 0, width, height))


def _picture(path: Path | None) -> QImage | None:
    """Return the picture, at most 24 megapixels and shrunk to 1600 a side, or None if it cannot be read."""
    if path is None or not path.is_file():
        return None
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > _MAX_PIXELS:
        return None
    if max(size.width(), size.height()) > _FLAT_SIDE:
        reader.setScaledSize(size.scaled(_FLAT_SIDE, _FLAT_SIDE, Qt.AspectRatioMode.KeepAspectRatio))
    picture = reader.read()
    if picture.isNull():
        return None
    return picture.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _fitted(picture: QImage, size: QSize) -> QImage:
    if picture.size() == size:
        return picture
    canvas = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    canvas.fill(0)
    inside = picture.size().scaled(size, Qt.AspectRatioMode.KeepAspectRatio)
    painter = QPainter(canvas)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    left, top = (size.width() - inside.width()) / 2, size.height() - inside.height()
    painter.drawImage(QRectF(left, top, inside.width(), inside.height()), picture)
    painter.end()
    return canvas


def _is_cut_out(picture: QImage) -> bool:
    """Tell whether both upper corners are transparent: a figure that can stand on the stage."""
    return all(picture.pixelColor(x, 0).alpha() < 16 for x in (0, picture.width() - 1))


def _rounded(picture: QImage) -> QImage:
    result = QImage(picture.size(), QImage.Format.Format_ARGB32_Premultiplied)
    result.fill(0)
    path = QPainterPath()
    radius = min(picture.width(), picture.height()) * _FRAME_RADIUS
    path.addRoundedRect(QRectF(picture.rect()), radius, radius)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(path, Qt.GlobalColor.black)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.drawImage(0, 0, picture)
    painter.end()
    return result
