"""A text that is only read, with places in it marked; it loads and obeys nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
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
        self._held: tuple[int, int] | None = None
        self._is_moving = False
        look.changed.connect(self._mark)
        self.verticalScrollBar().valueChanged.connect(self._let_go)

    def show_text(self, text: str, *, strong: Spans = (), ground: Spans = ()) -> None:
        """Show `text` with words in `strong` letters of the accent and passages on a tinted `ground`."""
        self._text, self._strong, self._ground = text, strong, ground
        self._held = None
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
        if self._grows or not event.oldSize().isValid():
            super().resizeEvent(event)
        else:
            self._keep_place(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _keep_place(self, event: QResizeEvent) -> None:
        """Resize, and scroll so that what was read stays where it was; lines break elsewhere now."""
        if self._held is None:
            self._held = self._place(event.oldSize().height())
        at, y = self._held
        self._is_moving = True
        super().resizeEvent(event)
        cursor = QTextCursor(self.document())
        cursor.setPosition(at)
        bar = self.verticalScrollBar()
        # A place that was far down may lie below a lower view.
        y = min(y, max(0, self.viewport().height() - 2 * self.cursorRect(cursor).height()))
        bar.setValue(bar.value() + self.cursorRect(cursor).top() - y)
        self._is_moving = False

    def _place(self, height: int) -> tuple[int, int]:
        """Return a place in Qt's count, and where it is seen: the marked passage's, else that of the topmost line."""
        for start, _ in self._ground:
            cursor = self._cursor(start, start)
            if 0 <= self.cursorRect(cursor).top() < height:
                return cursor.position(), self.cursorRect(cursor).top()
        cursor = self.cursorForPosition(QPoint(0, 0))
        return cursor.position(), self.cursorRect(cursor).top()

    def _let_go(self) -> None:
        # Held over any number of resizes, else each would move the text by a part of a line.
        if not self._is_moving:
            self._held = None

    def _fit(self) -> None:
        if self._grows:
            self.document().setTextWidth(self.viewport().width())
            self.setFixedHeight(round(self.document().size().height()) + 6)


def _units(text: str, at: int) -> int:
    """Return the place of character `at` in Qt's count, in which some characters are two."""
    return at + sum(one > "\uffff" for one in text[:at])
