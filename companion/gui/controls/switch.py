"""A switch: on and off differ in place, colour and a tick."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from companion.gui.icons import pixmap
from companion.gui.theme import Look


class Switch(QAbstractButton):
    """A checkable button; `toggled` tells of every change, `clicked` of the user's."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(52), self._look.px(32))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, px = self._look.tokens, self._look.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.45)
        track = QRectF(0, 0, px(44), px(24))
        track.moveCenter(QRectF(self.rect()).center())
        if self.hasFocus():
            painter.setPen(QPen(tokens.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = track.adjusted(-3, -3, 3, 3)
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
        on = self.isChecked()
        painter.setPen(QPen(tokens.accent if on else tokens.muted, 1.5))
        painter.setBrush(tokens.accent if on else tokens.sunken)
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        radius = track.height() / 2 - px(3.5)
        x = track.right() - track.height() / 2 if on else track.left() + track.height() / 2
        middle = QPointF(x, track.center().y())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.on_accent if on else tokens.muted)
        painter.drawEllipse(middle, radius, radius)
        if on:
            size = round(radius * 1.7)
            tick = pixmap("check", tokens.accent.name(), size, self.devicePixelRatioF())
            painter.drawPixmap(middle - QPointF(size / 2, size / 2), tick)
        painter.end()
