"""A character to choose: portrait, name, a line about her."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from companion.domain.character import Character
from companion.gui.icons import pixmap
from companion.gui.inert import plain_name
from companion.gui.portraits import Portraits
from companion.gui.theme import Look
from companion.gui.translation import tr


class PortraitButton(QAbstractButton):
    """Checkable; the chosen one has a ring and a tick."""

    def __init__(
        self, character: Character, look: Look, portraits: Portraits, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.character, self._look, self._portraits = character, look, portraits
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(plain_name(character.shown_name))
        self.setToolTip(plain_name(character.creator_notes.split("\n")[0], 120))
        portraits.arrived.connect(self._on_portrait)
        look.changed.connect(self.updateGeometry)

    def _on_portrait(self, id_: str) -> None:
        if id_ == self.character.id:
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(148), self._look.px(168))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, px = self._look.tokens, self._look.px
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        inside = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        chosen = self.isChecked()
        edge = tokens.text if self.hasFocus() else tokens.accent if chosen else tokens.outline
        painter.setPen(QPen(edge, 2 if chosen or self.hasFocus() else 1))
        painter.setBrush(tokens.tint if chosen else tokens.hover if self.underMouse() else tokens.raised)
        painter.drawRoundedRect(inside, px(12), px(12))
        side = px(96)
        at = QPointF((self.width() - side) / 2, px(14))
        painter.drawPixmap(at, self._portraits.round(self.character, side, self.devicePixelRatioF()))
        if chosen:
            self._paint_tick(painter, at + QPointF(side - px(14), side - px(14)))
        self._paint_words(painter, at.y() + side)
        painter.end()

    def _paint_tick(self, painter: QPainter, middle: QPointF) -> None:
        tokens, px = self._look.tokens, self._look.px
        painter.setPen(QPen(tokens.raised, 2))
        painter.setBrush(tokens.accent)
        painter.drawEllipse(middle, px(12), px(12))
        tick = pixmap("check", tokens.on_accent.name(), px(16), self.devicePixelRatioF())
        painter.drawPixmap(middle - QPointF(px(8), px(8)), tick)

    def _paint_words(self, painter: QPainter, top: float) -> None:
        tokens, px = self._look.tokens, self._look.px
        wide = self.width() - px(16)
        language = tr("Speaks Chinese") if self.character.language == "zh" else tr("Speaks English")
        for text, font, colour, y in (
            (
                plain_name(self.character.shown_name),
                self._look.font("body", weight=QFont.Weight.DemiBold),
                tokens.text,
                px(6),
            ),
            (language, self._look.font("small"), tokens.muted, px(28)),
        ):
            painter.setFont(font)
            painter.setPen(colour)
            said = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, wide)
            painter.drawText(QRectF(px(8), top + y, wide, px(22)), Qt.AlignmentFlag.AlignCenter, said)
