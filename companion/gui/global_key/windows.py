"""A key on Windows: `RegisterHotKey` tells of the press, and while the key is down it is asked whether it still is."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QKeyCombination, QObject, Qt, QTimer, Signal

_HOTKEY, _QUIT, _NO_REPEAT, _ID = 0x0312, 0x0012, 0x4000, 1
_ASK_MS: Final = 25
_LOADER: Final = "WinDLL"  # ctypes has it on Windows alone
_MODIFIERS: Final = (
    (Qt.KeyboardModifier.AltModifier, 1),
    (Qt.KeyboardModifier.ControlModifier, 2),
    (Qt.KeyboardModifier.ShiftModifier, 4),
    (Qt.KeyboardModifier.MetaModifier, 8),
)
_CODES: Final = {
    Qt.Key.Key_Insert: 0x2D,
    Qt.Key.Key_Pause: 0x13,
    Qt.Key.Key_ScrollLock: 0x91,
    Qt.Key.Key_Menu: 0x5D,
    Qt.Key.Key_Space: 0x20,
    Qt.Key.Key_Return: 0x0D,
    Qt.Key.Key_Tab: 0x09,
    Qt.Key.Key_Backspace: 0x08,
    Qt.Key.Key_Delete: 0x2E,
    Qt.Key.Key_PageUp: 0x21,
    Qt.Key.Key_PageDown: 0x22,
    Qt.Key.Key_End: 0x23,
    Qt.Key.Key_Home: 0x24,
    Qt.Key.Key_Left: 0x25,
    Qt.Key.Key_Up: 0x26,
    Qt.Key.Key_Right: 0x27,
    Qt.Key.Key_Down: 0x28,
}


class WindowsKey(QObject):
    """Waits for the key on a thread of its own; `told` is called on the GUI thread."""

    _pressed = Signal()

    def __init__(self, code: int, modifiers: int, told: Callable[[bool], None], parent: QObject) -> None:
        super().__init__(parent)
        self._code, self._modifiers, self._told = code, modifiers, told
        self._user32, self._kernel32 = _library("user32"), _library("kernel32")
        self._is_registered, self._started = False, threading.Event()
        self._thread_id = 0
        self._is_down = False
        self._asking = QTimer(self, interval=_ASK_MS)
        self._asking.timeout.connect(self._ask)
        self._pressed.connect(self._on_pressed)
        self._thread = threading.Thread(target=self._wait, name="talk-key")
        self._thread.start()
        self._started.wait(2.0)

    @classmethod
    def take(
        cls, combination: QKeyCombination, told: Callable[[bool], None], parent: QObject
    ) -> WindowsKey | None:
        """Register a key; None if another program has it or it has no code."""
        code = _code(combination.key())
        if code is None:
            return None
        held = sum(bit for modifier, bit in _MODIFIERS if combination.keyboardModifiers() & modifier)
        made = cls(code, held, told, parent)
        if made._is_registered:
            return made
        made.close()
        return None

    def close(self) -> None:
        """Give the key back. Safe to call twice."""
        if self._thread.is_alive():
            self._user32.PostThreadMessageW(self._thread_id, _QUIT, 0, 0)
            self._thread.join(2.0)
        self._asking.stop()
        self._set_down(False)
        self.deleteLater()

    def _wait(self) -> None:
        """Runs on the thread whose queue gets the key's messages."""
        self._thread_id = self._kernel32.GetCurrentThreadId()
        self._is_registered = bool(
            self._user32.RegisterHotKey(None, _ID, self._modifiers | _NO_REPEAT, self._code)
        )
        self._started.set()
        if not self._is_registered:
            return
        message = _Message()
        while self._user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            if message.message == _HOTKEY:
                self._pressed.emit()
        self._user32.UnregisterHotKey(None, _ID)

    def _on_pressed(self) -> None:
        self._set_down(True)
        self._asking.start()

    def _ask(self) -> None:
        if not self._user32.GetAsyncKeyState(self._code) & 0x8000:
            self._asking.stop()
            self._set_down(False)

    def _set_down(self, down: bool) -> None:
        if down != self._is_down:
            self._is_down = down
            self._told(down)


class _Message(ctypes.Structure):
    """Windows' MSG."""

    _fields_ = (
        ("hwnd", ctypes.c_void_p),
        ("message", ctypes.c_uint),
        ("wParam", ctypes.c_size_t),
        ("lParam", ctypes.c_ssize_t),
        ("time", ctypes.c_uint32),
        ("x", ctypes.c_int32),
        ("y", ctypes.c_int32),
        ("private", ctypes.c_uint32),
    )


def _library(name: str) -> Any:
    return getattr(ctypes, _LOADER)(name)


def _code(key: Qt.Key) -> int | None:
    """Return the virtual key code; letters and digits are their own."""
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F24:
        return 0x70 + int(key) - int(Qt.Key.Key_F1)
    if Qt.Key.Key_0 <= key <= Qt.Key.Key_9 or Qt.Key.Key_A <= key <= Qt.Key.Key_Z:
        return int(key)
    return _CODES.get(key)
