"""What stood before her eyes, as a bar in parts, with a name and a share for each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from companion.gui.controls.grid import FlowGrid
from companion.gui.inert import plain_label
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.why.words import section_title

_TURNS = {
    "persona": 0,
    "examples": 28,
    "summary": 62,
    "history": 120,
    "lore": 175,
    "time": 195,
    "passages": 225,
    "memories": 255,
    "instructions": 300,
}
_COLUMN = 200
Sections = Sequence[tuple[str, int]]


class SectionBar(QWidget):
    """Shows `sections`, (name, size) in the order of the prompt; empty ones are left out."""

    def __init__(self, look: Look, sections: Sections) -> None:
        super().__init__()
        self._look = look
        self._sections = [(name, n) for name, n in sections if n > 0]
        self._bar = _Bar(look, self._sections)
        self._legend = FlowGrid(look.px(_COLUMN), stretched=True)
        self._lines = [_Line(look, name) for name, _ in self._sections]
        self._note = plain_label(size="small", tone="muted", wrap=True)
        self._legend.set_widgets(self._lines)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 8, 0, 6)
        box.setSpacing(10)
        box.addWidget(self._bar)
        box.addWidget(self._legend)
        box.addWidget(self._note)
        Texts(self).also(self._write)
        self._write()

    @property
    def words(self) -> list[str]:
        """What the legend says."""
        return [line.said for line in self._lines]

    def _write(self) -> None:
        total = sum(n for _, n in self._sections)
        for line, (_, n) in zip(self._lines, self._sections, strict=True):
            line.write(n, total)
        self._note.setText(
            tr(
                "{total} altogether; a unit is one or two Chinese characters, or most of an English word.",
                total=f"{total:,}",
            )
        )
        self._bar.setAccessibleName("; ".join(self.words))


class _Line(QWidget):
    """A swatch, a name and a share."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._name = name
        self._title: QLabel = plain_label(size="small")
        self._share: QLabel = plain_label(size="small", tone="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(_Swatch(look, name))
        row.addWidget(self._title)
        row.addWidget(self._share, 1)

    @property
    def said(self) -> str:
        return f"{self._title.text()} {self._share.text()}"

    def write(self, n: int, total: int) -> None:
        self._title.setText(section_title(self._name))
        percent = max(1, round(100 * n / total))
        self._share.setText(f"{n:,} · {percent} %")


class _Swatch(QWidget):
    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look, self._name = look, name
        self.setFixedSize(QSize(look.px(12), look.px(12)))
        look.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(section_colour(self._name, self._look))
        painter.drawRoundedRect(QRectF(self.rect()), 3, 3)
        painter.end()


class _Bar(QWidget):
    def __init__(self, look: Look, sections: Sections) -> None:
        super().__init__()
        self._look, self._sections = look, sections
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(200), self._look.px(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        total = sum(n for _, n in self._sections) or 1
        least, gap = 3.0, 2.0
        room = self.width() - gap * (len(self._sections) - 1) - least * len(self._sections)
        x = 0.0
        for name, n in self._sections:
            wide = least + room * n / total
            painter.setBrush(section_colour(name, self._look))
            painter.drawRoundedRect(QRectF(x, 0, wide, self.height()), 3, 3)
            x += wide + gap
        painter.end()


def section_colour(name: str, look: Look) -> QColor:
    """Return the colour of a part: the accent, turned around the wheel."""
    if name == "user":
        return look.tokens.muted
    accent = look.tokens.accent
    hue = (max(0, accent.hslHue()) + _TURNS.get(name, 0)) % 360
    light = 150 if look.tokens.dark else 125
    return QColor.fromHsl(hue, 90, light)
