"""The window's life beside the screen: tray, quiet times, the key to talk, and staying when it is closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from companion.domain import commands as do
from companion.domain.state import ListenMode
from companion.gui.attention import Attention
from companion.gui.global_key.key import GlobalKey
from companion.gui.quiet import QuietWatch
from companion.gui.surface import Surface
from companion.gui.talk_key import TalkKey
from companion.gui.translation import tr
from companion.gui.tray import Tray

_LOOK_MS: Final = 15_000


class Background(QObject):
    """Belongs to the window `window`. `held` carries the key to talk, from this window or from any program.

    `said` carries what the user should know about the key; `listened` that another mode was chosen in the tray.
    """

    held = Signal(bool)
    said = Signal(str)
    listened = Signal(str)
    quiet_changed = Signal(bool)
    settings_wanted = Signal()

    def __init__(
        self,
        window: QWidget,
        companion: Surface,
        attention: Attention,
        *,
        has_tray: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        super().__init__(window)
        self._window, self._companion, self._attention = window, companion, attention
        self.quiet = QuietWatch(companion, self, now=now)
        self.tray = Tray(window, attention, is_available=has_tray)
        self.talk_key, self.global_key = TalkKey(window), GlobalKey(self)
        self._held_by: set[str] = set()
        # At log-in the desktop's tray may come after the program.
        self._late_tray = QTimer(self, interval=_LOOK_MS)
        self._late_tray.timeout.connect(lambda: self.tray.show(companion.settings.background.tray))
        self._refused = ""
        self.talk_key.held.connect(lambda down: self._hold("window", down))
        self.global_key.held.connect(lambda down: self._hold("anywhere", down))
        self.quiet.changed.connect(self.quiet_changed)
        self.tray.quiet_chosen.connect(self.switch_quiet)
        self.tray.mode_chosen.connect(self.listened)
        self.tray.mode_chosen.connect(self.end_quiet_for)
        self.tray.window_wanted.connect(self.toggle_shown)
        self.tray.settings_wanted.connect(self._open_settings)

    @property
    def is_held(self) -> bool:
        """Whether the key to talk is down."""
        return bool(self._held_by)

    def begin(self) -> None:
        """Take up the settings, from now on."""
        self.quiet.begin()
        self.take_up()
        self._late_tray.start()

    def take_up(self) -> None:
        """Follow the settings as they are now."""
        settings = self._companion.settings
        self.tray.show(settings.background.tray)
        self.quiet.take_up()
        key = settings.ears.talk_key
        self.talk_key.set_key(key)
        why = self.global_key.take(key if settings.ears.talk_key_everywhere else "")
        if why and why != self._refused:
            self.said.emit(why)
        self._refused = why

    def switch_quiet(self, on: bool) -> None:
        """Be left in peace from now on, or end it; what she is saying ends too."""
        if on and self._attention.state == "speaking":
            self._companion.post(do.Interrupt())
        self.quiet.switch(on)

    def end_quiet_for(self, mode: ListenMode) -> None:
        """End a quiet time, because the user wants to be listened to."""
        if mode != "off" and self.quiet.is_on:
            self.quiet.switch(False)

    def show_up(self) -> None:
        """Bring the window to the front, from wherever it was."""
        self._window.setWindowState(self._window.windowState() & ~Qt.WindowState.WindowMinimized)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def toggle_shown(self) -> None:
        """Hide the window, or show it again."""
        if self._window.isVisible() and not self._window.isMinimized():
            self._window.hide()
        else:
            self.show_up()

    def window_left(self) -> None:
        """Let go of a key whose release goes to another window."""
        self.talk_key.let_go()

    def stays(self) -> bool:
        """Hide the window instead of closing it, if that is wanted and there is a way back."""
        background = self._companion.settings.background
        if not (background.keep_running and self.tray.is_there):
            return False
        self._window.hide()
        if not background.told_of_tray:
            background.told_of_tray = True
            self.tray.tell(
                self._attention.name or "Companion",
                tr(
                    "The window is put away and the program goes on. Click the icon to open it again, "
                    "or quit from its menu."
                ),
            )
        return True

    def close(self) -> None:
        """Take the icon away and give the key back."""
        self._late_tray.stop()
        self.quiet.close()
        self.global_key.close()
        self.tray.show(False)

    def _open_settings(self) -> None:
        self.show_up()
        self.settings_wanted.emit()

    def _hold(self, where: str, down: bool) -> None:
        before = bool(self._held_by)
        if down:
            self._held_by.add(where)
        else:
            self._held_by.discard(where)
        if before != bool(self._held_by):
            self.held.emit(not before)
