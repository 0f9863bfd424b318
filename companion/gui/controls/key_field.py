"""A field that takes a key by having it pressed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from companion.gui.inert import plain_label
from companion.gui.shortcuts import shown_keys
from companion.gui.talk_key import combination_in, is_modifier, refusal
from companion.gui.translation import Texts, tr


class KeyField(QWidget):
    """Shows a key; after a click, or Enter, the next key that may be it is taken. `picked` carries its name."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = _Catcher(self)
        self._key = ""
        self._said = plain_label(size="small", tone="danger", wrap=True)
        self._said.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.button)
        box.addWidget(self._said)
        self.setFocusProxy(self.button)
        self.button.toggled.connect(lambda _: self._write())
        self.button.pressed_key.connect(self._take)
        Texts(self).also(self._write)
        self._write()

    @property
    def refused(self) -> str:
        """Why the last key was not taken."""
        return self._said.text() if self._said.isVisibleTo(self) else ""

    def value(self) -> str:
        return self._key

    def set_value(self, key: str) -> None:
        """Show `key` without telling."""
        self._key = key
        self._write()

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.button.setAccessibleName(name)

    def _take(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._say("")
            self.button.setChecked(False)
            return
        combination = combination_in(event)
        if why := refusal(combination):
            self._say(why)
            return
        self._say("")
        self._key = QKeySequence(combination).toString(QKeySequence.SequenceFormat.PortableText)
        self.button.setChecked(False)
        self.picked.emit(self._key)

    def _say(self, why: str) -> None:
        self._said.setText(why)
        self._said.setVisible(bool(why))

    def _write(self) -> None:
        waits = self.button.isChecked()
        self.button.setText(tr("Press a key…") if waits else shown_keys(self._key))
        self.button.setAccessibleDescription(self.button.text())
        if not waits:
            self._say("")


class _Catcher(QPushButton):
    """A button that takes every key while it is pressed in."""

    pressed_key = Signal(QKeyEvent)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "segment")
        self.setCheckable(True)
        self.setAutoDefault(False)
        # The key to talk is taken from every other widget.
        self.setProperty("takesKeys", True)

    def event(self, event: QEvent) -> bool:
        """Take keys before shortcuts and the focus order do."""
        if self.isChecked() and isinstance(event, QKeyEvent):
            is_press = event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat()
            if is_press and not is_modifier(Qt.Key(event.key())):
                self.pressed_key.emit(event)
            event.accept()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.setChecked(False)
        super().focusOutEvent(event)
