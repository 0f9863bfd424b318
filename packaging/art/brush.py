"""Brushes of the two characters' art: splines, tapered ink, locks of hair, soft shading on layered sheets.

Points are (x, y) in canvas pixels. A sheet maps them through its transform, so a tilted head is drawn
upright and tilted once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPolygonF,
    QRadialGradient,
    QTransform,
)

Point = tuple[float, float]
Points = Sequence[Point] | NDArray[np.float64]
Line = NDArray[np.float64]


def spline(points: Points, *, closed: bool = False, step: int = 14) -> Line:
    """Return a centripetal Catmull-Rom curve through `points`, shape (n, 2)."""
    knots = np.asarray(points, dtype=np.float64)
    if len(knots) < 3 and not closed:
        share = np.linspace(0.0, 1.0, step)[:, None]
        return knots[0] * (1 - share) + knots[-1] * share
    if closed:
        around = np.vstack([knots[-1], knots, knots[0], knots[1]])
    else:
        around = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    pieces = [_piece(around[i : i + 4], step) for i in range(len(around) - 3)]
    return np.vstack([*pieces, knots[:1] if closed else knots[-1:]])


def _piece(p: Line, step: int) -> Line:
    gaps = np.maximum(np.linalg.norm(np.diff(p, axis=0), axis=1), 1e-6) ** 0.5
    t0, t1, t2, t3 = 0.0, gaps[0], gaps[0] + gaps[1], gaps.sum()
    t = np.linspace(t1, t2, step, endpoint=False)[:, None]
    a1 = (t1 - t) / (t1 - t0) * p[0] + (t - t0) / (t1 - t0) * p[1]
    a2 = (t2 - t) / (t2 - t1) * p[1] + (t - t1) / (t2 - t1) * p[2]
    a3 = (t3 - t) / (t3 - t2) * p[2] + (t - t2) / (t3 - t2) * p[3]
    b1 = (t2 - t) / (t2 - t0) * a1 + (t - t0) / (t2 - t0) * a2
    b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
    line: Line = (t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2
    return line


def shape(*segments: Points) -> Line:
    """Join smooth segments at sharp corners into one outline."""
    return np.vstack([spline(segment) for segment in segments])


def even(points: Points, n: int = 48) -> Line:
    """Return `n` points at equal distances along the curve through `points`."""
    line = spline(points)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(0.0, run[-1], n)
    return np.column_stack([np.interp(at, run, line[:, 0]), np.interp(at, run, line[:, 1])])


def offset(line: Line, widths: NDArray[np.float64]) -> Line:
    """Move each point of `line` along its normal by `widths`; positive is to the left of the direction."""
    tangent = np.gradient(line, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    moved: Line = line + np.column_stack([tangent[:, 1], -tangent[:, 0]]) * widths[:, None]
    return moved


def ribbon(points: Points, width: float, *, start: float = 0.0, end: float = 0.0, peak: float = 0.5) -> Line:
    """Return the outline of a stroke that is `width` wide at `peak` and tapers to shares `start`, `end` of it."""
    line = even(points)
    t = np.linspace(0.0, 1.0, len(line))
    rise = start + (1 - start) * np.sin(np.clip(t / max(peak, 1e-3), 0, 1) * np.pi / 2)
    fall = end + (1 - end) * np.sin(np.clip((1 - t) / max(1 - peak, 1e-3), 0, 1) * np.pi / 2)
    half = np.minimum(rise, fall) * width / 2
    return np.vstack([offset(line, half), offset(line, -half)[::-1]])


def shifted(line: Points, dx: float, dy: float) -> Line:
    """Return the points moved by `dx`, `dy`."""
    moved: Line = np.asarray(line, dtype=np.float64) + np.array([dx, dy])
    return moved


def path_of(line: Points) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(float(x), float(y)) for x, y in np.asarray(line)]))
    path.closeSubpath()
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


def ellipse(x: float, y: float, rx: float, ry: float) -> Line:
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    return np.column_stack([x + rx * np.cos(angle), y + ry * np.sin(angle)])


def colour(name: str, alpha: float = 1.0) -> QColor:
    made = QColor(name)
    made.setAlphaF(alpha * made.alphaF())
    return made


Stops = Sequence[tuple[float, str]] | Sequence[tuple[float, QColor]]


def across(a: Point, b: Point, stops: Stops) -> QBrush:
    """Return a linear gradient from `a` to `b`."""
    gradient = QLinearGradient(QPointF(*a), QPointF(*b))
    for at, tone in stops:
        gradient.setColorAt(at, QColor(tone))
    return QBrush(gradient)


def glow(centre: Point, radius: float, stops: Stops) -> QBrush:
    """Return a radial gradient around `centre`."""
    gradient = QRadialGradient(QPointF(*centre), radius)
    for at, tone in stops:
        gradient.setColorAt(at, QColor(tone))
    return QBrush(gradient)


@dataclass(frozen=True, slots=True)
class Hair:
    """Tones of one head of hair, dark to light; `ink` draws its lines."""

    ink: str
    deep: str
    shade: str
    base: str
    light: str
    gloss: str


class Sheet:
    """One transparent layer being painted."""

    def __init__(self, width: int, height: int, transform: QTransform | None = None) -> None:
        self.image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        self.image.fill(0)
        self.transform = transform or QTransform()
        self._mode = QPainter.CompositionMode.CompositionMode_SourceOver

    def fill(self, line: Points, brush: QBrush | QColor | str, opacity: float = 1.0) -> None:
        """Fill the outline."""
        with self._painter(opacity) as painter:
            painter.fillPath(path_of(line), _brush(brush))

    def ink(
        self,
        points: Points,
        width: float,
        tone: QColor | str,
        *,
        start: float = 0.0,
        end: float = 0.0,
        peak: float = 0.5,
        opacity: float = 1.0,
    ) -> None:
        """Draw a tapered stroke along the curve through `points`."""
        self.fill(ribbon(points, width, start=start, end=end, peak=peak), QColor(tone), opacity)

    def soft(self, line: Points, brush: QBrush | QColor | str, radius: float, opacity: float = 1.0) -> None:
        """Fill the outline with edges blurred over `radius` pixels."""
        other = Sheet(self.image.width(), self.image.height(), self.transform)
        other.fill(line, brush)
        self.merge(blurred(other.image, radius), opacity)

    @contextmanager
    def within(self, line: Points, brush: QBrush | QColor | str) -> Iterator[Sheet]:
        """Fill the outline; what is painted on the sheet handed out stays inside it."""
        inner = Sheet(self.image.width(), self.image.height(), self.transform)
        inner.fill(line, brush)
        inner._mode = QPainter.CompositionMode.CompositionMode_SourceAtop
        yield inner
        self.merge(inner.image)

    def erase(self, line: Points, radius: float = 0.0, opacity: float = 1.0) -> None:
        """Take the outline away, softly over `radius` pixels."""
        other = Sheet(self.image.width(), self.image.height(), self.transform)
        other.fill(line, "#000000")
        kept, self._mode = self._mode, QPainter.CompositionMode.CompositionMode_DestinationOut
        self.merge(blurred(other.image, radius) if radius else other.image, opacity)
        self._mode = kept

    def merge(self, image: QImage, opacity: float = 1.0) -> None:
        """Paint another sheet's image over this one."""
        painter = QPainter(self.image)
        painter.setCompositionMode(self._mode)
        painter.setOpacity(opacity)
        painter.drawImage(0, 0, image)
        painter.end()

    @contextmanager
    def _painter(self, opacity: float) -> Iterator[QPainter]:
        painter = QPainter(self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setCompositionMode(self._mode)
        painter.setOpacity(opacity)
        painter.setTransform(self.transform)
        yield painter
        painter.end()


def _brush(brush: QBrush | QColor | str) -> QBrush:
    return brush if isinstance(brush, QBrush) else QBrush(QColor(brush))


def blurred(image: QImage, radius: float) -> QImage:
    """Return `image` with a Gaussian blur of `radius` pixels."""
    result = QImage(image)
    box = bounds(image, margin=int(radius * 3) + 2)
    if box is None:
        return result
    part = image.copy(box)
    view = np.frombuffer(part.constBits(), np.uint8).reshape(part.height(), part.width(), 4)
    soft = np.asarray(Image.fromarray(view.copy(), "RGBA").filter(ImageFilter.GaussianBlur(radius)))
    back = QImage(
        np.ascontiguousarray(soft).data, part.width(), part.height(), part.width() * 4, part.format()
    )
    result.fill(0)
    painter = QPainter(result)
    painter.drawImage(box.topLeft(), back)
    painter.end()
    return result


def cut(image: QImage, line: Points, transform: QTransform) -> QImage:
    """Return what of `image` lies inside the outline."""
    mask = Sheet(image.width(), image.height(), transform)
    mask.fill(line, "#000000")
    painter = QPainter(mask.image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.drawImage(0, 0, image)
    painter.end()
    return mask.image


def rim(image: QImage, dx: float, dy: float, tone: str, radius: float, opacity: float) -> None:
    """Tint the edge of what is painted on the side away from (`dx`, `dy`): light or shade along a contour."""
    edge = Sheet(image.width(), image.height())
    edge.merge(image)
    painter = QPainter(edge.image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(image.rect(), QColor(tone))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
    painter.drawImage(QPointF(dx, dy), image)
    painter.end()
    over = QPainter(image)
    over.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceAtop)
    over.setOpacity(opacity)
    over.drawImage(0, 0, blurred(edge.image, radius))
    over.end()


def bounds(image: QImage, margin: int = 0) -> QRect | None:
    """Return the rectangle of the pixels that are not transparent, or None for an empty image."""
    alpha = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., 3]
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not len(rows):
        return None
    left, top = int(columns[0]) - margin, int(rows[0]) - margin
    right, bottom = int(columns[-1]) + margin, int(rows[-1]) + margin
    return QRect(left, top, right - left + 1, bottom - top + 1).intersected(image.rect())


def lock_edges(spine: Points, width: float, *, root: float = 0.6, peak: float = 0.35) -> tuple[Line, Line]:
    """Return the two edges of a lock: `root` share of `width` at its root, widest at `peak`, pointed at its tip."""
    line = even(spine, 40)
    t = np.linspace(0.0, 1.0, 40)
    rise = root + (1 - root) * np.sin(np.clip(t / peak, 0, 1) * np.pi / 2)
    fall = np.clip((1 - t) / (1 - peak), 0, 1) ** 0.72
    half = np.minimum(rise, fall) * width / 2
    return offset(line, half), offset(line, -half)


def lock(
    sheet: Sheet,
    spine: Points,
    width: float,
    hair: Hair,
    *,
    root: float = 0.6,
    peak: float = 0.35,
    gloss: float | None = 0.33,
    tone: tuple[str, str] | None = None,
    lit: int = 1,
    ink_width: float = 3.4,
    strands: int = 2,
) -> None:
    """Paint one lock from root to tip: gradient, a shaded side, a gloss at share `gloss`, strands, tapered ink.

    `lit` is +1 when the light falls on the left edge of the direction root to tip, else -1.
    """
    left, right = lock_edges(spine, width, root=root, peak=peak)
    outline = np.vstack([left, right[::-1]])
    line = even(spine, 40)
    root_tone, tip_tone = tone or (hair.base, hair.shade)
    fill = across(tuple(line[0]), tuple(line[-1]), [(0.0, root_tone), (0.55, root_tone), (1.0, tip_tone)])
    dark, bright = (right, left) if lit > 0 else (left, right)
    with sheet.within(outline, fill) as inner:
        inner.soft(np.vstack([dark, (dark * 0.45 + line * 0.55)[::-1]]), hair.shade, 2.5, 0.85)
        inner.soft(np.vstack([dark, (dark * 0.8 + line * 0.2)[::-1]]), hair.deep, 2.0, 0.5)
        inner.soft(np.vstack([bright, (bright * 0.7 + line * 0.3)[::-1]]), hair.light, 3.0, 0.55)
        for i in range(strands):
            share = 0.25 + 0.5 * (i + 0.5) / strands
            inner.ink(left[4:36] * (1 - share) + right[4:36] * share, 2.0, hair.deep, opacity=0.4)
        if gloss is not None:
            _gloss(inner, left, right, gloss, hair)
    sheet.ink(left, ink_width, hair.ink, start=0.1, end=0.25, peak=0.75)
    sheet.ink(right, ink_width, hair.ink, start=0.1, end=0.25, peak=0.75)


def _gloss(sheet: Sheet, left: Line, right: Line, at: float, hair: Hair) -> None:
    for share, reach, wide in ((0.2, 0.08, 0.1), (0.36, 0.15, 0.2), (0.54, 0.11, 0.15), (0.68, 0.06, 0.1)):
        first, last = max(0, int((at - reach) * 39)), min(39, int((at + reach * 0.8) * 39) + 2)
        strand = left[first:last] * (1 - share) + right[first:last] * share
        if len(strand) > 3:
            middle = (first + last) // 2
            gap = float(np.linalg.norm(left[middle] - right[middle]))
            sheet.soft(ribbon(strand, max(3.0, gap * wide), peak=0.5), hair.gloss, 1.2, 0.7)


def band(sheet: Sheet, spine: Points, width: float, tones: dict[str, str], side: int) -> None:
    """Paint a strip of cloth: base, shade, light, ink, and a `thread` along it where `tones` has one."""
    line = even(spine, 60)
    half = np.full(60, width / 2)
    left, right = offset(line, half), offset(line, -half)
    dark, bright = (right, left) if side > 0 else (left, right)
    with sheet.within(np.vstack([left, right[::-1]]), tones["base"]) as strip:
        strip.soft(np.vstack([dark, (dark * 0.55 + line * 0.45)[::-1]]), tones["shade"], 4, 0.9)
        strip.soft(np.vstack([bright, (bright * 0.5 + line * 0.5)[::-1]]), tones["light"], 4, 0.7)
    if "thread" in tones:
        sheet.ink(offset(line, half * 0.6 * side), 2.6, tones["thread"], start=1, end=1)
    for edge in (left, right):
        sheet.ink(edge, 3.4, tones["ink"], start=0.5, end=0.5)


def bead(sheet: Sheet, x: float, y: float, r: float, base: str, shade: str) -> None:
    """Paint a small shining ball."""
    with sheet.within(ellipse(x, y, r, r), base) as ball:
        ball.soft(ellipse(x + r * 0.5, y + r * 0.6, r * 0.8, r * 0.8), shade, 2, 0.85)
        ball.soft(ellipse(x - r * 0.35, y - r * 0.4, r * 0.42, r * 0.34), "#ffffff", 1.2, 0.95)
