"""A text that is only read, with places in it marked; it loads and obeys nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QResizeEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from companion.gui.inert import InertBrowser
from companion.gui.theme import Look

_LINE_HEIGHT = 155.0
Spans = Sequence[tuple[int, int]]


class MarkedText(InertBrowser):
    """Shows `text` as it is; spans are offsets of characters. `grows` makes it as high as its text."""

    def __init__(self, look: Look, *, grows: bool = False, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._look, self._grows = look, grows
        self._text, self._strong, self._ground = "", (), ()  # type: tuple[str, Spans, Spans]
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if grows:
            self.setProperty("look", "excerpt")
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        look.changed.connect(self._mark)

    def show_text(self, text: str, *, strong: Spans = (), ground: Spans = ()) -> None:
        """Show `text` with words in `strong` letters of the accent and passages on a tinted `ground`."""
        self._text, self._strong, self._ground = text, strong, ground
        self.setPlainText(text)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        block = QTextBlockFormat()
        block.setLineHeight(_LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.mergeBlockFormat(block)
        for start, end in strong:
            bold = QTextCharFormat()
            bold.setFontWeight(QFont.Weight.DemiBold)
            self._cursor(start, end).mergeCharFormat(bold)
        self._mark()
        self._fit()

    def go_to(self, start: int) -> None:
        """Scroll so that the character at `start` stands in the upper third."""
        cursor = self._cursor(start, start)
        self.setTextCursor(cursor)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self.cursorRect(cursor).top() - self.viewport().height() // 4)

    def _cursor(self, start: int, end: int) -> QTextCursor:
        cursor = QTextCursor(self.document())
        cursor.setPosition(_units(self._text, start))
        cursor.setPosition(_units(self._text, end), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _mark(self) -> None:
        tokens = self._look.tokens
        selections = []
        for spans, is_ground in ((self._ground, True), (self._strong, False)):
            for start, end in spans:
                selection = QTextEdit.ExtraSelection()
                selection.cursor = self._cursor(start, end)
                paint = QTextCharFormat()
                if is_ground:
                    paint.setBackground(tokens.tint)
                else:
                    paint.setForeground(tokens.accent)
                selection.format = paint
                selections.append(selection)
        self.setExtraSelections(selections)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        if self._grows:
            self.document().setTextWidth(self.viewport().width())
            self.setFixedHeight(round(self.document().size().height()) + 6)


def _units(text: str, at: int) -> int:
    """Return the place of character `at` in Qt's count, in which some characters are two."""
    return at + sum(one > "\uffff" for one in text[:at])
