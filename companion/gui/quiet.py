"""Keeps the program quiet when the settings or the time say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from companion.domain.quiet import Quiet, QuietHours
from companion.gui.surface import Surface

_LOOK_MS: Final = 15_000


class QuietWatch(QObject):
    """`changed` carries whether it is quiet now, `switched` that the user said so. `now` is the local time."""

    changed = Signal(bool)
    switched = Signal()

    def __init__(
        self, companion: Surface, parent: QObject | None = None, *, now: Callable[[], datetime] = datetime.now
    ) -> None:
        super().__init__(parent)
        self._companion, self._now = companion, now
        self._quiet = Quiet()
        self.is_on = False
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)

    def begin(self) -> None:
        """Take up the settings, and look at the clock from now on."""
        self.take_up()
        self._timer.start()

    def take_up(self) -> None:
        """Follow the settings as they are now."""
        wish = self._companion.settings.background
        hours = QuietHours.between(wish.quiet_from, wish.quiet_until) if wish.quiet_hours else None
        if wish.do_not_disturb and not self._quiet.by_hand:
            self._quiet = Quiet(True, hours)
        else:
            self._quiet = Quiet(wish.do_not_disturb, hours, self._quiet.is_excused)
        self.look()

    def switch(self, on: bool) -> None:
        """Switch it by hand; off within the daily hours lasts until they next begin."""
        self._quiet = self._quiet.switched(on, self._minute)
        self._companion.settings.background.do_not_disturb = on
        self.look()
        self.switched.emit()

    def look(self) -> None:
        """Find out whether it is quiet now."""
        self._quiet = self._quiet.passed(self._minute)
        on = self._quiet.is_on(self._minute)
        if on != self.is_on:
            self.is_on = on
            self._companion.keep_quiet(on)
            self.changed.emit(on)

    def close(self) -> None:
        self._timer.stop()

    @property
    def _minute(self) -> int:
        now = self._now()
        return now.hour * 60 + now.minute
