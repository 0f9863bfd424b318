"""The painted subtitle: a clause laid out once as a whole, so that no word moves when the next appears."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QTextCharFormat, QTextLayout, QTextOption

from companion.gui.stage.subtitles import Shown

_LINES: Final = 3
_PADDING: Final = 14.0
_WIDEST: Final = 620.0


class Caption:
    """Lays out and paints one subtitle at the lower edge of an area; GUI thread."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._layout = QTextLayout()

    def box(self, area: QRectF, shown: Shown, font: QFont) -> QRectF:
        """Return where the subtitle's panel stands; empty without text."""
        if not shown.text.strip():
            return QRectF()
        self._lay_out(area, shown, font)
        lines = [self._layout.lineAt(i) for i in range(self._layout.lineCount())]
        visible = lines[: min(len(lines), _LINES)]
        widest = max((line.naturalTextWidth() for line in lines), default=0.0)
        width = min(widest + 2 * _PADDING + 8, area.width() - 24)
        height = sum(line.height() for line in visible) + 2 * _PADDING - 6
        return QRectF(area.center().x() - width / 2, area.bottom() - height - 20, width, height)

    def paint(self, painter: QPainter, area: QRectF, shown: Shown, font: QFont, *, dark: bool) -> None:
        """Paint the heard words; the newest group with its own opacity, the rest not at all."""
        box = self.box(area, shown, font)
        if box.isEmpty():
            return
        panel = QPainterPath()
        panel.addRoundedRect(box, 12, 12)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(panel, QColor(14, 17, 26, 178) if dark else QColor(24, 26, 34, 158))
        first = self._first_line(shown)
        top = self._layout.lineAt(first).y() if self._layout.lineCount() else 0.0
        painter.save()
        painter.setClipRect(box.adjusted(4, 6, -4, -6))
        left = area.center().x() - self._width(area) / 2
        self._layout.draw(painter, QPointF(left, box.top() + _PADDING - 3 - top))
        painter.restore()

    def _first_line(self, shown: Shown) -> int:
        line = self._layout.lineForTextPosition(max(0, min(shown.end - 1, len(shown.text) - 1)))
        return max(0, (line.lineNumber() if line.isValid() else 0) - _LINES + 1)

    def _width(self, area: QRectF) -> float:
        return min(area.width() - 24 - 2 * _PADDING, _WIDEST)

    def _lay_out(self, area: QRectF, shown: Shown, font: QFont) -> None:
        width = self._width(area)
        key = (shown, width, font.key())
        if key == self._key:
            return
        self._key = key
        option = QTextOption(Qt.AlignmentFlag.AlignHCenter)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout = QTextLayout(shown.text, font)
        self._layout.setTextOption(option)
        # Formats set after the layout would throw its lines away.
        self._layout.setFormats(_formats(shown))
        self._layout.beginLayout()
        y = 0.0
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(max(width, 40.0))
            line.setPosition(QPointF(0, y))
            y += line.height() * 1.15
        self._layout.endLayout()


def _formats(shown: Shown) -> list[QTextLayout.FormatRange]:
    spans = (
        (0, shown.start, 1.0),
        (shown.start, shown.end, shown.opacity),
        (shown.end, len(shown.text), 0.0),
    )
    ranges = []
    for start, end, opacity in spans:
        if end <= start:
            continue
        tone = QColor(255, 252, 246)
        tone.setAlphaF(opacity)
        look = QTextCharFormat()
        look.setForeground(tone)
        part = QTextLayout.FormatRange()
        part.start, part.length, part.format = start, end - start, look
        ranges.append(part)
    return ranges
