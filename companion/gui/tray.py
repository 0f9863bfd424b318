"""The icon in the tray: what the microphone does at a glance, and a menu that works while the window is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from companion.domain.state import ListenMode
from companion.gui.attention import Attention
from companion.gui.chat.microphone import MODES, mode_words
from companion.gui.translation import Texts, tr
from companion.gui.tray_icon import badge_of, tray_icon

_NAME: Final = "Companion"
_COMINGS: Final = (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.WindowStateChange)


class Tray(QObject):
    """`window` is the one that is shown and hidden. Where the system has no tray, `is_there` stays False.

    The icon of a system whose tray appears late is shown as soon as `show` is asked again.
    """

    window_wanted = Signal()
    mode_chosen = Signal(str)
    quiet_chosen = Signal(bool)
    settings_wanted = Signal()
    quit_wanted = Signal()

    def __init__(
        self,
        window: QWidget,
        attention: Attention,
        *,
        is_available: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable,
    ) -> None:
        super().__init__(window)
        self._window, self._attention, self._is_available = window, attention, is_available
        self._icon: QSystemTrayIcon | None = None
        self.menu = QMenu(window)
        self._show = self.menu.addAction("")
        self._show.triggered.connect(self.window_wanted)
        self.menu.addSeparator()
        self._modes = self._add_modes()
        self.menu.addSeparator()
        self._quiet = self.menu.addAction("")
        self._quiet.setCheckable(True)
        self._quiet.triggered.connect(self.quiet_chosen)
        self.menu.addSeparator()
        self._settings = self.menu.addAction("")
        self._settings.triggered.connect(self.settings_wanted)
        self._quit = self.menu.addAction("")
        self._quit.triggered.connect(self.quit_wanted)
        self.menu.aboutToShow.connect(self.refresh)
        attention.changed.connect(self.refresh)
        window.installEventFilter(self)
        Texts(window).also(self.refresh)
        self.refresh()

    @property
    def is_there(self) -> bool:
        """Whether the user can see the icon."""
        return self._icon is not None and self._is_available()

    def show(self, wanted: bool) -> None:
        """Show the icon if it is `wanted` and the system has a tray, else take it away."""
        if wanted and self._icon is None and self._is_available():
            self._icon = QSystemTrayIcon(self)
            self._icon.setContextMenu(self.menu)
            self._icon.activated.connect(self._on_activated)
            self.refresh()
            self._icon.show()
        elif not wanted and self._icon is not None:
            self._icon.hide()
            self._icon.deleteLater()
            self._icon = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Word the menu anew when the window comes or goes: not every desktop asks before it shows the menu."""
        if watched is self._window and event.type() in _COMINGS:
            self.refresh()
        return False

    def tell(self, title: str, text: str) -> None:
        """Show a short message at the icon."""
        if self._icon is not None:
            self._icon.showMessage(title, text, self._icon.icon(), 8_000)

    def refresh(self) -> None:
        """Show what goes on now."""
        now = self._attention
        is_hidden = not self._window.isVisible() or self._window.isMinimized()
        self._show.setText(tr("Show the window") if is_hidden else tr("Hide the window"))
        for action, text in zip(self._modes, mode_words(), strict=True):
            action.setText(text)
            action.setChecked(not now.is_quiet and action.data() == now.mode)
        self._quiet.setText(tr("Do not disturb"))
        self._quiet.setChecked(now.is_quiet)
        self._settings.setText(tr("Settings…"))
        self._quit.setText(tr("Quit"))
        if self._icon is not None:
            self._icon.setIcon(tray_icon(badge_of(now)))
            self._icon.setToolTip(f"{now.name or _NAME}\n{now.words}")

    def _add_modes(self) -> list[QAction]:
        group = QActionGroup(self.menu)
        actions = []
        for mode in MODES:
            action = self.menu.addAction("")
            action.setCheckable(True)
            action.setData(mode)
            action.triggered.connect(lambda _=False, mode=mode: self._choose(mode))
            group.addAction(action)
            actions.append(action)
        # In quiet none of them holds.
        group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        return actions

    def _choose(self, mode: ListenMode) -> None:
        self.mode_chosen.emit(mode)
        self.refresh()

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        # A double click is told as a trigger first.
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self.window_wanted.emit()
