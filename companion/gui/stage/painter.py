"""A rig painted in a pose: layers of one motion are flattened once per look and only moved afterwards."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from companion.gui.stage.motion import STILL, Pose
from companion.gui.stage.pictures import Cast, scaled
from companion.gui.stage.rig import Face, Layer, Motion, Rig

_CACHED: Final = 48
_BREATH_HEIGHT: Final = 0.0062
_BREATH_WIDTH: Final = 0.0016
_LIDS: Final = {0: "", 1: "half", 2: "shut"}

Slots = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring layers that move alike; irises move within the head's run."""

    motion: Motion
    layers: tuple[int, ...]


class Puppet:
    """Paints one cast at one scale; GUI thread. `images` come from `pictures.scaled` at the same scale."""

    def __init__(self, cast: Cast, images: Mapping[Path, QImage], scale: float) -> None:
        self.cast = cast
        self.scale = scale
        self._images = images
        self._runs = _runs(cast.rig)
        self._sheets: OrderedDict[tuple[object, ...], tuple[QPointF, QImage] | None] = OrderedDict()

    def draw(
        self, painter: QPainter, pose: Pose, slots: Slots, old: Slots | None = None, share: float = 1.0
    ) -> None:
        """Paint at the painter's origin, in screen pixels; `old` fades into `slots` with `share` 0 to 1."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        base = painter.transform()
        for run in self._runs:
            painter.setTransform(_moved(run.motion, self.cast.rig, pose, self.scale) * base)
            new = self._key(run, slots, pose)
            before = self._key(run, old, pose) if old is not None else new
            if before != new and share < 1.0:
                self._put(painter, run, before, 1.0)
                self._put(painter, run, new, share)
            else:
                self._put(painter, run, new, 1.0)
        painter.restore()

    def _put(self, painter: QPainter, run: _Run, key: tuple[object, ...], opacity: float) -> None:
        if key not in self._sheets:
            self._sheets[key] = self._flatten(run, key)
            while len(self._sheets) > _CACHED:
                self._sheets.popitem(last=False)
        self._sheets.move_to_end(key)
        sheet = self._sheets[key]
        if sheet is not None:
            painter.setOpacity(opacity)
            painter.drawImage(sheet[0], sheet[1])

    def _key(self, run: _Run, slots: Slots, pose: Pose) -> tuple[object, ...]:
        layers = self.cast.rig.layers
        shown = tuple(i for i in run.layers if _is_shown(layers[i], slots))
        looks = any(layers[i].motion == "iris" for i in shown)
        return (run.layers[0], shown, (pose.gaze_x, pose.gaze_y) if looks else None)

    def _flatten(self, run: _Run, key: tuple[object, ...]) -> tuple[QPointF, QImage] | None:
        shown: tuple[int, ...] = key[1]  # type: ignore[assignment]
        gaze: tuple[float, float] = key[2] or (0.0, 0.0)  # type: ignore[assignment]
        layers = [self.cast.rig.layers[i] for i in shown]
        box = QRectF()
        for layer in layers:
            image = self._images[layer.file]
            box = box.united(
                QRectF(layer.x * self.scale, layer.y * self.scale, image.width(), image.height())
            )
        if box.isEmpty():
            return None
        area = box.toAlignedRect()
        sheet = QImage(area.size(), QImage.Format.Format_ARGB32_Premultiplied)
        sheet.fill(0)
        painter = QPainter(sheet)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.translate(-area.x(), -area.y())
        for i, layer in enumerate(layers):
            at = QPointF(layer.x * self.scale, layer.y * self.scale)
            if layer.motion == "iris":
                at += QPointF(gaze[0] * self.scale, gaze[1] * self.scale)
            if layer.clip:
                self._put_clipped(painter, layer, at, layers[:i])
            else:
                painter.drawImage(at, self._images[layer.file])
        painter.end()
        return QPointF(area.topLeft()), sheet

    def _put_clipped(self, painter: QPainter, layer: Layer, at: QPointF, below: list[Layer]) -> None:
        """Paint a layer only where those of its clip slot are: an iris within the white of the eye."""
        image = self._images[layer.file]
        masks = [other for other in below if other.slot == layer.clip]
        piece = QImage(image.width() + 2, image.height() + 2, QImage.Format.Format_ARGB32_Premultiplied)
        piece.fill(0)
        inner = QPainter(piece)
        inner.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        corner = QPointF(int(at.x()), int(at.y()))
        for mask in masks:
            inner.drawImage(
                QPointF(mask.x * self.scale, mask.y * self.scale) - corner, self._images[mask.file]
            )
        inner.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
        whole = QImage(piece.size(), piece.format())
        whole.fill(0)
        placed = QPainter(whole)
        placed.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        placed.drawImage(at - corner, image)
        placed.end()
        inner.drawImage(0, 0, whole)
        inner.end()
        painter.drawImage(corner, piece)


def slots_of(rig: Rig, emotion: str, viseme: str, lids: int) -> dict[str, str]:
    """Return the variant of every slot for a feeling, a mouth shape and a state of the lids (0, 1, 2)."""
    face: Face = rig.face(emotion)
    slots = dict(face.slots)
    mouth = rig.mouth(emotion, viseme)
    if mouth:
        slots["mouth"] = mouth
    stages = rig.blink.get(slots.get("eyes", ""), ())
    if lids and len(stages) >= lids:
        slots["eyes"] = stages[lids - 1]
    return slots


def still(cast: Cast, emotion: str, height: int) -> QImage:
    """Return the whole canvas as one picture of `height` pixels, at rest with `emotion`."""
    scale = height / cast.rig.height
    picture = QImage(round(cast.rig.width * scale), height, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(0)
    face = cast.rig.face(emotion)
    pose = Pose(head_angle=face.tilt, gaze_x=face.gaze[0], gaze_y=face.gaze[1])
    painter = QPainter(picture)
    Puppet(cast, scaled(cast, scale), scale).draw(painter, pose, slots_of(cast.rig, emotion, "rest", 0))
    painter.end()
    return picture


def _runs(rig: Rig) -> list[_Run]:
    runs: list[_Run] = []
    for i, layer in enumerate(rig.layers):
        motion: Motion = "head" if layer.motion == "iris" else layer.motion
        if runs and runs[-1].motion == motion:
            runs[-1] = _Run(motion, (*runs[-1].layers, i))
        else:
            runs.append(_Run(motion, (i,)))
    return runs


def _is_shown(layer: Layer, slots: Slots) -> bool:
    return not layer.slot or slots.get(layer.slot) == layer.variant


def _moved(motion: Motion, rig: Rig, pose: Pose, scale: float) -> QTransform:
    """Return how layers of `motion` stand in `pose`, in screen pixels."""
    if pose is STILL or pose == STILL:
        return QTransform()
    move = QTransform()
    if motion == "body":
        move.translate(rig.width / 2 * scale, rig.height * scale)
        move.scale(1 + _BREATH_WIDTH * pose.breath, 1 + _BREATH_HEIGHT * pose.breath)
        return move.translate(-rig.width / 2 * scale, -rig.height * scale)
    x, y = rig.head[0] * scale, rig.head[1] * scale
    lag = {"hair_front": 0.35, "hair_back": -0.6, "dangle": -0.3}.get(motion, 0.0)
    move.translate(x + (pose.head_x + pose.hair_x * lag) * scale, y + pose.head_y * scale)
    move.rotate(
        pose.head_angle * (0.7 if motion == "dangle" else 1.0)
        + (pose.hair_angle * 0.35 if motion == "hair_back" else 0.0)
    )
    move.translate(-x, -y)
    if motion == "dangle":
        px, py = rig.dangle[0] * scale, rig.dangle[1] * scale
        move.translate(px, py)
        move.rotate(-pose.head_angle * 0.6 + pose.hair_angle * 1.6)
        move.translate(-px, -py)
    return move
