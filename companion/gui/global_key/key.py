"""The talk key while another program has the focus, as far as the desktop allows it.

Only this one key is asked of the system: nothing else that is typed is seen, as it would be with a keyboard hook.
"""

from __future__ import annotations

import sys
from typing import Protocol

from PySide6.QtCore import QKeyCombination, QObject, Signal
from PySide6.QtGui import QGuiApplication

from companion.gui.global_key.windows import WindowsKey
from companion.gui.global_key.x11 import X11Key
from companion.gui.talk_key import combination_of
from companion.gui.translation import tr


class Grab(Protocol):
    """A key that is held for us; `close` gives it back and is safe to call twice."""

    def close(self) -> None: ...


class GlobalKey(QObject):
    """`held` carries when the key goes down and up."""

    held = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._grab: Grab | None = None
        self._taken = ""

    @property
    def key(self) -> str:
        """The key that is asked of the system now, or an empty string."""
        return self._taken

    def take(self, key: str) -> str:
        """Ask the system for `key`, and give back the one before; an empty one asks for none.

        Returns why it cannot be had, or an empty string.
        """
        if key == self._taken:
            return ""
        self.close()
        combination = combination_of(key)
        if combination is None:
            return ""
        if why := why_not():
            return why
        self._grab = _grab(combination, self)
        if self._grab is None:
            return tr("{key} belongs to another program. Choose another key.", key=key)
        self._taken = key
        return ""

    def close(self) -> None:
        """Give the key back. Safe to call twice."""
        if self._grab is not None:
            self._grab.close()
        self._grab, self._taken = None, ""


def why_not() -> str:
    """Return why this desktop gives no program a key of its own, or an empty string where it does."""
    platform = QGuiApplication.platformName()
    if platform in ("xcb", "windows"):
        return ""
    if platform.startswith("wayland"):
        return tr("Under Wayland the desktop keeps all keys to itself. In this window the key works.")
    return tr("This system keeps all keys to itself. In this window the key works.")


def _grab(combination: QKeyCombination, owner: GlobalKey) -> Grab | None:
    if sys.platform == "win32":
        return WindowsKey.take(combination, owner.held.emit, owner)
    return X11Key.take(combination, owner.held.emit, owner)
