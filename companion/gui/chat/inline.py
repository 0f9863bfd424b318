"""The field that opens in place of a bubble: to edit a message, or to select parts of its text."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import LONGEST_READ, plain_label, tame
from companion.gui.theme import Look
from companion.gui.translation import tr

_MAX_LINES: Final = 14


class _Field(QPlainTextEdit):
    saved = Signal()
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._composing = False

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif enter and not self._composing and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.saved.emit()
        else:
            super().keyPressEvent(event)


class InlineField(QFrame):
    """Opens over the row of `message`. `saved` carries (message, text), `left` that nothing is changed."""

    saved = Signal(int, str)
    left = Signal()

    def __init__(self, look: Look, message: int, text: str, *, editable: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.message = message
        self._look, self._editable = look, editable
        self.setProperty("look", "card")
        self._field = _Field(self)
        self._field.setPlainText(text if editable else tame(text, LONGEST_READ))
        self._field.setReadOnly(not editable)
        if not editable:
            flags = Qt.TextInteractionFlag
            self._field.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self._field.setAccessibleName(tr("Edit the message") if editable else tr("Text of the message"))
        self._field.setTabChangesFocus(True)
        self._field.left.connect(self.left)
        self._field.saved.connect(self._save if editable else self.left)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.addWidget(self._field)
        box.addLayout(self._buttons())

    @property
    def text(self) -> str:
        return self._field.toPlainText()

    def set_name(self, name: str) -> None:
        """Say to screen readers what is written here."""
        self._field.setAccessibleName(name)

    def wanted_height(self) -> int:
        """Return a height that shows the text, up to 14 lines."""
        n_lines = min(_MAX_LINES, max(2, round(self._field.document().size().height())))
        return n_lines * self._field.fontMetrics().lineSpacing() + self._look.px(84)

    def take_focus(self) -> None:
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        if self._editable:
            self._field.moveCursor(self._field.textCursor().MoveOperation.End)
        else:
            self._field.selectAll()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        hint = (
            tr("Enter saves, Esc leaves it as it is")
            if self._editable
            else tr("Ctrl+C copies what is selected")
        )
        row.addWidget(plain_label(hint, size="small", tone="muted"), 1)
        leave = push_button(parent=self)
        leave.setText(tr("Cancel") if self._editable else tr("Close"))
        leave.clicked.connect(self.left)
        row.addWidget(leave)
        if self._editable:
            save = push_button("primary", self)
            save.setText(tr("Save"))
            save.clicked.connect(self._save)
            row.addWidget(save)
        return row

    def _save(self) -> None:
        text = self._field.toPlainText().strip()
        if text:
            self.saved.emit(self.message, text)
        else:
            self.left.emit()


class InlineSlot(QObject):
    """Holds the one field that may be open in a view; `changed` carries the message whose row has another height."""

    changed = Signal(int)

    def __init__(self, look: Look, viewport: QWidget) -> None:
        super().__init__(viewport)
        self._look, self._viewport = look, viewport
        self.field: InlineField | None = None

    def is_at(self, key: int) -> bool:
        return self.field is not None and self.field.message == key

    def height(self) -> float:
        """Return the height of the row in which the field stands."""
        return float(self.field.wanted_height() + self._look.px(24)) if self.field is not None else 0.0

    def open(self, key: int, text: str, *, editable: bool) -> InlineField:
        self.close()
        self.field = InlineField(self._look, key, text, editable=editable, parent=self._viewport)
        self.field.left.connect(self.close)
        self.changed.emit(key)
        self.field.show()
        self.field.take_focus()
        return self.field

    def close(self) -> None:
        """Close the field, changing nothing."""
        if self.field is not None:
            field, self.field = self.field, None
            field.hide()
            field.deleteLater()
            self.changed.emit(field.message)

    def place(self, row: QRect) -> None:
        """Put the field into its row."""
        if self.field is not None:
            px = self._look.px
            self.field.setGeometry(row.adjusted(px(24), px(16), -px(24), -px(8)))
