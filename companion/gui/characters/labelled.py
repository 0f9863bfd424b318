"""A field of the editor: its name, what it is for, how much of her memory it takes, what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from companion.gui.inert import plain_label
from companion.gui.translation import Texts

Words = Callable[[], tuple[str, str]]


class Labelled(QWidget):
    """Puts `words` (name, help) above `content`, which is named after them."""

    def __init__(self, content: QWidget, words: Words, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content, self._words = content, words
        self._name = plain_label(strong=True)
        self._count = plain_label(size="small", tone="muted")
        self._help = plain_label(size="small", tone="muted", wrap=True)
        self._problem = plain_label(size="small", tone="danger", wrap=True)
        self._problem.hide()
        head = QHBoxLayout()
        head.addWidget(self._name, 1)
        head.addWidget(self._count)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(head)
        box.addWidget(self._help)
        box.addWidget(content)
        box.addWidget(self._problem)
        self.setFocusProxy(content)
        Texts(self).also(self.write)
        self.write()

    @property
    def problem(self) -> str:
        return self._problem.text()

    def set_problem(self, text: str) -> None:
        """Tell what is wrong with the field; an empty text takes it back."""
        self._problem.setText(text)
        self._problem.setVisible(bool(text))

    def set_count(self, text: str) -> None:
        """Show how much of her memory the field takes."""
        self._count.setText(text)

    def write(self) -> None:
        """Take up the words anew."""
        name, help_ = self._words()
        self._name.setText(name)
        self._help.setText(help_)
        self._help.setVisible(bool(help_))
        self.content.setAccessibleName(name)
        self.content.setAccessibleDescription(help_)


class GrowingText(QPlainTextEdit):
    """A text of several lines that is as high as it needs, between `least` and `most` lines. Tab leaves it."""

    edited = Signal()

    def __init__(self, *, least: int = 3, most: int = 14) -> None:
        super().__init__()
        self._least, self._most = least, most
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._on_changed)
        self._fit()

    def set_text(self, text: str) -> None:
        """Show `text` without telling."""
        if text != self.toPlainText():
            self.blockSignals(True)
            self.setPlainText(text)
            self.blockSignals(False)
            self._fit()

    def text(self) -> str:
        return self.toPlainText()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll unless the text has the focus and more of it."""
        if self.hasFocus() and self.verticalScrollBar().maximum() > 0:
            super().wheelEvent(event)
        else:
            event.ignore()

    def _on_changed(self) -> None:
        self._fit()
        self.edited.emit()

    def _fit(self) -> None:
        line = self.fontMetrics().lineSpacing()
        # Chinese letters come from another font and make a line higher than the metrics of the first one say.
        high, block = 0.0, self.document().firstBlock()
        while block.isValid() and high < self._most * line:
            high += self.blockBoundingRect(block).height()
            block = block.next()
        fits = high <= self._most * line
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if fits else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setVerticalScrollBarPolicy(policy)
        self.setFixedHeight(round(min(self._most * line, max(self._least * line, high))) + 24)


class Line(QLineEdit):
    """A text of one line."""

    edited = Signal()

    def __init__(self, longest: int = 200) -> None:
        super().__init__()
        self.setMaxLength(longest)
        self.textEdited.connect(lambda _: self.edited.emit())

    def set_text(self, text: str) -> None:
        """Show `text` without telling; its beginning is in view."""
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)
