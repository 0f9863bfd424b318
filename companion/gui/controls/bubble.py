"""One message of hers outside of the conversation, drawn in the same manner."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextDocument,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from companion.gui.chat.document import Ink, message_document
from companion.gui.chat.markup import shown_text
from companion.gui.theme import RADIUS, Look

_PAD_X, _PAD_Y = 16, 12


class Bubble(QWidget):
    """As wide as it is given, as high as its text needs; text is data, see inert.py."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._text = look, ""
        self._document: QTextDocument | None = None
        self._width = 0
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        look.changed.connect(self._relayout)

    @property
    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        """Show `text` with the formatting of the conversation."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(shown_text(text))
            self._relayout()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        document = self._laid_out(width)
        return math.ceil(document.size().height()) + 2 * self._look.px(_PAD_Y)

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(360), self.heightForWidth(self.width() or self._look.px(360)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, px = self._look.tokens, self._look.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.outline, 1))
        painter.setBrush(tokens.raised)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), px(RADIUS), px(RADIUS))
        painter.translate(QPointF(px(_PAD_X), px(_PAD_Y)))
        self._laid_out(self.width()).documentLayout().draw(
            painter, QAbstractTextDocumentLayout.PaintContext()
        )
        painter.end()

    def _laid_out(self, width: int) -> QTextDocument:
        if self._document is None or width != self._width:
            tokens = self._look.tokens
            inner = max(40, width - 2 * self._look.px(_PAD_X))
            self._document = message_document(self._text, self._look, Ink(tokens.text, tokens.muted), inner)
            self._width = width
        return self._document

    def _relayout(self) -> None:
        self._document = None
        self.updateGeometry()
        self.update()
