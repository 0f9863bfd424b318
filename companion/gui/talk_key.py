"""The key that is held to talk: which keys may be it, and when it goes down and up in the window."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget

from companion.gui.shortcuts import shortcuts, shown_keys
from companion.gui.translation import tr

_HARD: Final = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)
_MODIFIERS: Final = frozenset(
    {
        Qt.Key.Key_Control,
        Qt.Key.Key_Shift,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_Super_L,
        Qt.Key.Key_Super_R,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    }
)
# Keys that write nothing and move nothing, so that they are free without a modifier.
_FREE: Final = frozenset({Qt.Key.Key_Insert, Qt.Key.Key_Pause, Qt.Key.Key_ScrollLock, Qt.Key.Key_Menu})


def combination_of(text: str) -> QKeyCombination | None:
    """Return the key that `text` names, such as `F8` or `Ctrl+Space`; None if it names none."""
    sequence = QKeySequence(text)
    return sequence[0] if sequence.count() == 1 else None  # type: ignore[index]


def combination_in(event: QKeyEvent) -> QKeyCombination:
    """Return the key of an event, without regard to the keypad."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return QKeyCombination(modifiers, Qt.Key(event.key()))


def is_modifier(key: Qt.Key) -> bool:
    return key in _MODIFIERS


def refusal(combination: QKeyCombination) -> str:
    """Return why a key cannot be the one to talk, or an empty string."""
    key, modifiers = combination.key(), combination.keyboardModifiers()
    text = QKeySequence(combination).toString()
    taken = next(
        (one for one in shortcuts() if not one.elsewhere and QKeySequence(one.keys).toString() == text), None
    )
    if taken is not None:
        return tr("{key} is already used: {what}", key=shown_keys(text), what=taken.text)
    is_function = Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35
    if is_function or key in _FREE or (modifiers & _HARD and key != Qt.Key.Key_unknown):
        return ""
    return tr(
        "{key} is needed for writing. Take an F key, or hold Ctrl or Alt with it.", key=shown_keys(text)
    )


class TalkKey(QObject):
    """`held` tells that the key went down or up while `window` has the focus, also while a text is written.

    Only the widget with the focus is watched: a filter on the whole application would see every event.
    """

    held = Signal(bool)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._wanted: QKeyCombination | None = None
        self._is_down = False
        self._focus: QWidget | None = None
        window.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)

    def set_key(self, text: str) -> None:
        """Take another key; one that is down counts as let go."""
        self.let_go()
        self._wanted = combination_of(text)

    def let_go(self) -> None:
        """Count the key as up: its release went to another window."""
        if self._is_down:
            self._is_down = False
            self.held.emit(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the events of the key away from the widget with the focus."""
        kind = event.type()
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride):
            return False
        if not isinstance(event, QKeyEvent) or self._wanted is None or watched.property("takesKeys"):
            return False
        if kind == QEvent.Type.KeyRelease:
            if not self._is_down or event.key() != self._wanted.key():
                return False
            if not event.isAutoRepeat():
                self.let_go()
            return True
        if combination_in(event) != self._wanted and not (
            self._is_down and event.key() == self._wanted.key()
        ):
            return False
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()
        elif not event.isAutoRepeat() and not self._is_down:
            self._is_down = True
            self.held.emit(True)
        return True

    def _on_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and old is self._focus and old is not self._window:
            old.removeEventFilter(self)
        self._focus = new if new is not None and new.window() is self._window else None
        if self._focus is not None and self._focus is not self._window:
            self._focus.installEventFilter(self)
