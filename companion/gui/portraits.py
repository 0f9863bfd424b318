"""Round portraits of characters, read off the GUI thread, and the accent found in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QImageReader, QPainter, QPainterPath, QPixmap

from companion.domain.character import Character
from companion.gui.colours import dominant, ink_on, mix
from companion.gui.tasks import Tasks
from companion.gui.theme import DEFAULT_ACCENT, Look

_READ: Final = 160
_LARGEST_PIXELS: Final = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """`image` is square, 160 pixels; None where a character has no picture. `accent` is `#rrggbb` or empty."""

    image: QImage | None
    accent: str


class Portraits(QObject):
    """Gives what is known at once and emits `arrived` with a character's id when its picture has been read."""

    arrived = Signal(str)

    def __init__(self, look: Look, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look, self._tasks = look, tasks
        self._known: dict[tuple[str, Path | None], Portrait] = {}
        self._asked: set[tuple[str, Path | None]] = set()

    def accent(self, character: Character) -> str:
        """Return the accent of the pack, else the one found in the portrait, else an empty string."""
        if QColor.isValidColorName(character.accent):
            return character.accent
        found = self._portrait(character)
        return found.accent if found is not None else ""

    def round(self, character: Character, size: int, ratio: float) -> QPixmap:
        """Return the portrait in a circle of `size`, or the first letter of the name."""
        picture = QPixmap(QSize(round(size * ratio), round(size * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(0, 0, size, size)
        path = QPainterPath()
        path.addEllipse(area)
        painter.setClipPath(path)
        accent = QColor(self.accent(character) or DEFAULT_ACCENT)
        painter.fillRect(area, mix(accent, self._look.tokens.surface, 0.5))
        found = self._portrait(character)
        if found is not None and found.image is not None:
            painter.drawImage(area, found.image)
        else:
            self._paint_letter(painter, area, character.shown_name, accent)
        painter.end()
        return picture

    def _portrait(self, character: Character) -> Portrait | None:
        key = (character.id, character.face.portrait)
        if key not in self._known and key not in self._asked:
            self._asked.add(key)
            path = character.face.portrait

            def done(portrait: Portrait) -> None:
                self._known[key] = portrait
                self.arrived.emit(character.id)

            self._tasks.run(lambda: read_portrait(path), done)
        return self._known.get(key)

    def _paint_letter(self, painter: QPainter, area: QRectF, name: str, accent: QColor) -> None:
        font = self._look.font("title", weight=QFont.Weight.DemiBold)
        font.setPixelSize(max(10, round(area.height() * 0.42)))
        painter.setFont(font)
        painter.setPen(ink_on(mix(accent, self._look.tokens.surface, 0.5)))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, name[:1].upper())


def read_portrait(path: Path | None) -> Portrait:
    """Return the upper square of a picture; a missing, damaged or giant one gives no image."""
    if path is None:
        return Portrait(None, "")
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > _LARGEST_PIXELS:
        return Portrait(None, "")
    scale = _READ / min(size.width(), size.height())
    reader.setScaledSize(
        QSize(max(_READ, round(size.width() * scale)), max(_READ, round(size.height() * scale)))
    )
    image = reader.read()
    if image.isNull():
        return Portrait(None, "")
    square = image.copy((image.width() - _READ) // 2, 0, _READ, _READ)
    small = square.scaled(
        24, 24, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    samples = [small.pixelColor(x, y) for x in range(24) for y in range(24)]
    accent = dominant(samples)
    return Portrait(square, accent.name() if accent is not None else "")
