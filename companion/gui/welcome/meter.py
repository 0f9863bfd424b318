"""The level of the live microphone as a row of bars; empty when no stream is open."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from companion.gui.theme import Look

_BARS: Final = 24
_QUIET_DB: Final = -60.0
_LOUD_DB: Final = -10.0


class LevelMeter(QWidget):
    """`set_level` gets what the stream measures; `clear` when it closes."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.n_lit = 0
        self._is_open = False
        self._speech = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_level(self, level_db: float, *, speech: bool) -> None:
        """Show an RMS level in dBFS; `speech` colours it as a voice."""
        share = (level_db - _QUIET_DB) / (_LOUD_DB - _QUIET_DB)
        self.n_lit = round(_BARS * min(1.0, max(0.0, share)))
        self._is_open, self._speech = True, speech
        self.update()

    def clear(self) -> None:
        """Show that nothing is measured."""
        self.n_lit, self._is_open, self._speech = 0, False, False
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(240), self._look.px(28))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._look.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setOpacity(1.0 if self._is_open else 0.5)
        step = self.width() / _BARS
        for bar in range(_BARS):
            lit = bar < self.n_lit
            height = self.height() * (0.35 + 0.65 * bar / _BARS) if lit else self.height() * 0.3
            colour = tokens.listening if self._speech else tokens.accent
            painter.setBrush(colour if lit else tokens.outline)
            top = (self.height() - height) / 2
            painter.drawRoundedRect(QRectF(bar * step + 1, top, step - 3, height), 2, 2)
        painter.end()
