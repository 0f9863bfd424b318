"""Where the user writes: a field that grows, Enter sends, a paste of any size freezes nothing."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from companion.gui.buttons import icon_button, push_button
from companion.gui.chat.microphone import MicrophoneButton
from companion.gui.chat.rows import COLUMN
from companion.gui.inert import plain_label
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

MAX_LINES: Final = 6
LONGEST_TYPED: Final = 10_000
"""Characters the field takes; a longer paste is offered to be sent as a whole or shortened to this."""
_COUNTED_FROM: Final = 2_000


class ComposerField(QPlainTextEdit):
    """Plain text. `sent` on Enter unless an input method is composing; `too_long` instead of a huge paste."""

    sent = Signal()
    too_long = Signal(str)
    focus_changed = Signal(bool)
    undo_wanted = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._composing = False
        self.setProperty("look", "composer")
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(2)
        self.textChanged.connect(self.fit)
        look.changed.connect(self.fit)

    def fit(self) -> None:
        """Take the height of the text, up to six lines."""
        n_lines = max(1, math.ceil(self.document().size().height()))
        more = n_lines > MAX_LINES
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if more else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        self.setFixedHeight(min(n_lines, MAX_LINES) * self.fontMetrics().lineSpacing() + self._look.px(6))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        held = event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier)
        if enter and not held and not self._composing:
            self.sent.emit()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self._undo()
        else:
            super().keyPressEvent(event)

    def _undo(self) -> None:
        # A change of font counts as a step, so whether there is one says nothing.
        before = self.toPlainText()
        self.undo()
        if self.toPlainText() == before:
            self.undo_wanted.emit()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Take text only; files go on to the window, which takes characters."""
        return source.hasText() and not source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        if len(text) + len(self.toPlainText()) > LONGEST_TYPED:
            self.too_long.emit(text)
        else:
            self.insertPlainText(text)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()


class Composer(QWidget):
    """Field, microphone, send or stop. `said` carries the text; it is kept by `take_back` if it was not saved."""

    said = Signal(str)
    stopped = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._texts = Texts(self)
        self._name, self._pasted, self._last = "", "", ""
        self._busy = False
        self.field = ComposerField(look, self)
        self.microphone = MicrophoneButton(look, self)
        self._send = icon_button(self._texts, look, "send", "Send", size=22, tone="accent")
        self._stop = icon_button(self._texts, look, "stop", "Stop (Esc)", size=22, tone="accent")
        self._count = plain_label(size="small", tone="muted")
        self._frame = self._frame_of_all()
        self._strip, self._strip_label = self._strip_for_long_text()
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self._strip)
        column.addWidget(self._frame)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 16)
        row.addStretch(1)
        row.addLayout(column, 1_000)
        row.addStretch(1)
        look.changed.connect(self._limit_width)
        self._limit_width()
        self._texts.also(self._speak_of_name)
        self._connect()
        self._update()

    def set_name(self, name: str) -> None:
        """Say whom the words go to."""
        self._name = name
        self._speak_of_name()

    def set_busy(self, busy: bool) -> None:
        """Show the stop button while she thinks or speaks."""
        self._busy = busy
        self._update()

    def take_back(self) -> None:
        """Put the last text back: it could not be saved."""
        if not self.field.toPlainText().strip():
            self.field.setPlainText(self._last[:LONGEST_TYPED])
            self.field.moveCursor(self.field.textCursor().MoveOperation.End)
        if len(self._last) > LONGEST_TYPED:
            self._offer(self._last)

    def put(self, text: str) -> None:
        """Set the text, as from a suggestion."""
        self.field.selectAll()
        self.field.insertPlainText(text)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _limit_width(self) -> None:
        for part in (self._strip, self._frame):
            part.setMaximumWidth(self._look.px(COLUMN + 16))

    def _connect(self) -> None:
        self.field.sent.connect(self._say)
        self.field.textChanged.connect(self._update)
        self.field.too_long.connect(self._offer)
        self.field.focus_changed.connect(self._show_focus)
        self._send.clicked.connect(self._say)
        self._stop.clicked.connect(self.stopped)

    def _frame_of_all(self) -> QFrame:
        frame = QFrame(self)
        frame.setProperty("look", "composer")
        row = QHBoxLayout(frame)
        row.setContentsMargins(8, 5, 8, 5)
        row.setSpacing(4)
        bottom = Qt.AlignmentFlag.AlignBottom
        row.addWidget(self.microphone, 0, bottom)
        row.addWidget(self.field, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._count, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._stop, 0, bottom)
        row.addWidget(self._send, 0, bottom)
        return frame

    def _strip_for_long_text(self) -> tuple[QFrame, QLabel]:
        strip = QFrame(self)
        strip.setProperty("look", "strip")
        box = QVBoxLayout(strip)
        box.setContentsMargins(14, 10, 14, 10)
        label = plain_label(wrap=True)
        box.addWidget(label)
        beginning, whole, discard = (push_button(parent=strip) for _ in range(3))
        self._texts.put(beginning.setText, "Insert the beginning")
        self._texts.put(whole.setText, "Send it whole")
        self._texts.put(discard.setText, "Discard it")
        beginning.clicked.connect(self._insert_beginning)
        whole.clicked.connect(self._send_whole)
        discard.clicked.connect(self._discard)
        row = QHBoxLayout()
        for button in (beginning, whole, discard):
            row.addWidget(button)
        row.addStretch(1)
        box.addLayout(row)
        strip.hide()
        return strip, label

    def _say(self) -> None:
        text = self.field.toPlainText()
        if text.strip():
            self._last = text
            self.field.selectAll()
            self.field.insertPlainText("")
            self.said.emit(text)

    def _offer(self, text: str) -> None:
        self._pasted = text
        said = tr(
            "This text has {n} characters. It will be kept whole, but she reads only as much as fits her memory.",
            n=f"{len(text):,}",
        )
        self._strip_label.setText(said)
        self._strip.show()

    def _insert_beginning(self) -> None:
        room = LONGEST_TYPED - len(self.field.toPlainText())
        self.field.insertPlainText(self._pasted[: max(0, room)])
        self._discard()

    def _send_whole(self) -> None:
        text = self.field.toPlainText() + self._pasted
        self._discard()
        self._last = text
        self.field.clear()
        self.said.emit(text)

    def _discard(self) -> None:
        self._pasted = ""
        self._strip.hide()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _update(self) -> None:
        n = len(self.field.toPlainText())
        self._count.setText(f"{n:,}" if n >= _COUNTED_FROM else "")
        self._count.setVisible(n >= _COUNTED_FROM)
        has_text = bool(self.field.toPlainText().strip())
        self._stop.setVisible(self._busy)
        self._send.setVisible(has_text or not self._busy)
        self._send.setEnabled(has_text)
        self._send.set_icon("send", "accent" if has_text else "muted")

    def _show_focus(self, focused: bool) -> None:
        self._frame.setProperty("focused", "true" if focused else "false")
        self._frame.style().unpolish(self._frame)
        self._frame.style().polish(self._frame)

    def _speak_of_name(self) -> None:
        self.field.setPlaceholderText(tr("Say something to {name}", name=self._name) if self._name else "")
        self.field.setAccessibleName(tr("Message"))
