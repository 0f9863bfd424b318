"""A key on X11: a passive grab of this key alone, on a connection of its own through libxcb.

libxcb, not Xlib: Xlib's own error handler would end the program when another client holds the key.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p
from typing import Any, Final

from PySide6.QtCore import QKeyCombination, QObject, QSocketNotifier, Qt

_PRESS, _RELEASE, _ASYNC = 2, 3, 1
_LOCKS: Final = (0, 2, 16, 18)  # Caps Lock and Num Lock must not matter
_MODIFIERS: Final = (
    (Qt.KeyboardModifier.ShiftModifier, 1),
    (Qt.KeyboardModifier.ControlModifier, 4),
    (Qt.KeyboardModifier.AltModifier, 8),
    (Qt.KeyboardModifier.MetaModifier, 64),
)
_KEYSYMS: Final = {
    Qt.Key.Key_Insert: 0xFF63,
    Qt.Key.Key_Pause: 0xFF13,
    Qt.Key.Key_ScrollLock: 0xFF14,
    Qt.Key.Key_Menu: 0xFF67,
    Qt.Key.Key_Return: 0xFF0D,
    Qt.Key.Key_Tab: 0xFF09,
    Qt.Key.Key_Backspace: 0xFF08,
    Qt.Key.Key_Delete: 0xFFFF,
    Qt.Key.Key_Home: 0xFF50,
    Qt.Key.Key_Left: 0xFF51,
    Qt.Key.Key_Up: 0xFF52,
    Qt.Key.Key_Right: 0xFF53,
    Qt.Key.Key_Down: 0xFF54,
    Qt.Key.Key_PageUp: 0xFF55,
    Qt.Key.Key_PageDown: 0xFF56,
    Qt.Key.Key_End: 0xFF57,
}
_LIBRARY: Final = "libxcb.so.1"


class _Cookie(ctypes.Structure):
    _fields_ = (("sequence", ctypes.c_uint),)


class _Screens(ctypes.Structure):
    _fields_ = (("data", POINTER(c_uint32)), ("rem", c_int), ("index", c_int))


class X11Key:
    """Holds the grab; `told` is called on the GUI thread with True when the key goes down, False when up."""

    def __init__(
        self,
        xcb: ctypes.CDLL,
        connection: int,
        grabs: list[tuple[int, int, int]],
        told: Callable[[bool], None],
        parent: QObject,
    ) -> None:
        self._xcb, self._connection, self._grabs, self._told = xcb, connection, grabs, told
        self._is_down = False
        self._notifier: QSocketNotifier | None = QSocketNotifier(
            xcb.xcb_get_file_descriptor(connection), QSocketNotifier.Type.Read, parent
        )
        self._notifier.activated.connect(self._read)

    @classmethod
    def take(
        cls, combination: QKeyCombination, told: Callable[[bool], None], parent: QObject
    ) -> X11Key | None:
        """Grab a key; None if another program has it, no keyboard has it or there is no X server."""
        xcb = _library()
        if xcb is None:
            return None
        connection = xcb.xcb_connect(None, None)
        if xcb.xcb_connection_has_error(connection):
            xcb.xcb_disconnect(connection)
            return None
        grabs = _grab_all(xcb, connection, combination)
        if not grabs:
            xcb.xcb_disconnect(connection)
            return None
        return cls(xcb, connection, grabs, told, parent)

    def close(self) -> None:
        """Give the key back. Safe to call twice."""
        if self._notifier is None:
            return
        self._notifier.setEnabled(False)
        self._notifier.deleteLater()
        self._notifier = None
        self._xcb.xcb_disconnect(self._connection)  # ends the grabs too
        self._set_down(False)

    def _read(self, *_: object) -> None:
        while self._notifier is not None and (event := self._xcb.xcb_poll_for_event(self._connection)):
            kind, code = (
                ctypes.cast(event, POINTER(c_uint8))[0] & 0x7F,
                ctypes.cast(event, POINTER(c_uint8))[1],
            )
            _free(event)
            if kind == _PRESS:
                self._set_down(True)
            elif kind == _RELEASE and not self._is_held(code):
                self._set_down(False)
        if self._notifier is not None and self._xcb.xcb_connection_has_error(self._connection):
            self.close()

    def _is_held(self, code: int) -> bool:
        """Tell a release from the pairs of release and press that a repeating key sends."""
        cookie = self._xcb.xcb_query_keymap(self._connection)
        reply = self._xcb.xcb_query_keymap_reply(self._connection, cookie, None)
        if not reply:
            return False
        keys = bytes((c_uint8 * 32).from_address(reply + 8))
        _free(reply)
        return bool(keys[code // 8] & (1 << code % 8))

    def _set_down(self, down: bool) -> None:
        if down != self._is_down:
            self._is_down = down
            self._told(down)


def _library() -> ctypes.CDLL | None:
    try:
        xcb = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    shapes: dict[str, tuple[Any, list[Any]]] = {
        "xcb_connect": (c_void_p, [c_char_p, POINTER(c_int)]),
        "xcb_disconnect": (None, [c_void_p]),
        "xcb_connection_has_error": (c_int, [c_void_p]),
        "xcb_get_file_descriptor": (c_int, [c_void_p]),
        "xcb_get_setup": (c_void_p, [c_void_p]),
        "xcb_setup_roots_iterator": (_Screens, [c_void_p]),
        "xcb_get_keyboard_mapping": (_Cookie, [c_void_p, c_uint8, c_uint8]),
        "xcb_get_keyboard_mapping_reply": (c_void_p, [c_void_p, _Cookie, c_void_p]),
        "xcb_query_keymap": (_Cookie, [c_void_p]),
        "xcb_query_keymap_reply": (c_void_p, [c_void_p, _Cookie, c_void_p]),
        "xcb_grab_key_checked": (
            _Cookie,
            [c_void_p, c_uint8, c_uint32, c_uint16, c_uint8, c_uint8, c_uint8],
        ),
        "xcb_request_check": (c_void_p, [c_void_p, _Cookie]),
        "xcb_poll_for_event": (c_void_p, [c_void_p]),
    }
    for name, (result, arguments) in shapes.items():
        function = getattr(xcb, name)
        function.restype, function.argtypes = result, arguments
    return xcb


def _free(pointer: int) -> None:
    libc = ctypes.CDLL(None)
    libc.free.argtypes, libc.free.restype = [c_void_p], None
    libc.free(pointer)


def _grab_all(xcb: ctypes.CDLL, connection: int, combination: QKeyCombination) -> list[tuple[int, int, int]]:
    """Grab the key with every state of the locks; return (window, modifiers, key code) of each, or nothing."""
    screens = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(connection))
    code = _key_code(xcb, connection, combination.key())
    if not screens.rem or code is None:
        return []
    window = int(screens.data[0])
    held = sum(bit for modifier, bit in _MODIFIERS if combination.keyboardModifiers() & modifier)
    for lock in _LOCKS:
        cookie = xcb.xcb_grab_key_checked(connection, 0, window, held | lock, code, _ASYNC, _ASYNC)
        if error := xcb.xcb_request_check(connection, cookie):
            _free(error)
            return []
    return [(window, held | lock, code) for lock in _LOCKS]


def _key_code(xcb: ctypes.CDLL, connection: int, key: Qt.Key) -> int | None:
    """Return the keyboard's code of a key; the first column of the present layout counts."""
    wanted = _keysym(key)
    setup = (c_uint8 * 36).from_address(xcb.xcb_get_setup(connection))
    first, last = setup[34], setup[35]
    cookie = xcb.xcb_get_keyboard_mapping(connection, first, last - first + 1)
    reply = xcb.xcb_get_keyboard_mapping_reply(connection, cookie, None)
    if not reply or wanted is None:
        return None
    per_code = c_uint8.from_address(reply + 1).value
    keysyms = (c_uint32 * ((last - first + 1) * per_code)).from_address(reply + 32)
    found = next(
        (first + at // per_code for at in range(0, len(keysyms), per_code) if keysyms[at] == wanted), None
    )
    _free(reply)
    return found


def _keysym(key: Qt.Key) -> int | None:
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35:
        return 0xFFBE + int(key) - int(Qt.Key.Key_F1)
    if Qt.Key.Key_Space <= key <= Qt.Key.Key_AsciiTilde:
        return ord(chr(int(key)).lower())
    return _KEYSYMS.get(key)
