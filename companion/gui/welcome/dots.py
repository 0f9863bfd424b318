"""How far one is: a dot for each step, the present one long."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from companion.gui.theme import Look
from companion.gui.translation import tr


class ProgressDots(QWidget):
    """Shows step `current` of `n`."""

    def __init__(self, look: Look, n: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._n, self.current = look, n, 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)

    def show_step(self, current: int) -> None:
        self.current = current
        self.setAccessibleName(tr("Step {step} of {n}", step=current + 1, n=self._n))
        self.setToolTip(self.accessibleName())
        self.update()

    def sizeHint(self) -> QSize:
        px = self._look.px
        return QSize(px(20) * self._n + px(16), px(16))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, px = self._look.tokens, self._look.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        x, middle = 0.0, self.height() / 2
        for step in range(self._n):
            wide = px(24) if step == self.current else px(8)
            painter.setBrush(tokens.accent if step <= self.current else tokens.outline)
            painter.drawRoundedRect(QRectF(x, middle - px(4), wide, px(8)), px(4), px(4))
            x += wide + px(10)
        painter.end()
