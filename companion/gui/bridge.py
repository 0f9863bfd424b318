"""Events from other threads, delivered on the GUI thread in order; streams are merged to about 30 a second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from companion.domain.events import Event, HeardTo, HearingLevel, ReplyDelta
from companion.gui.surface import Bus

STREAM_MS: Final = 33
_STREAMS = (ReplyDelta, HearingLevel, HeardTo)


class EventBridge(QObject):
    """Subscribes to the bus; `arrived` is emitted on the GUI thread, once per event, in order."""

    arrived = Signal(object)
    _poked = Signal(bool)

    def __init__(self, bus: Bus, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: list[Event] = []
        self._poke_out = False
        self._urgent_out = False
        self._timer = QTimer(self, singleShot=True, interval=STREAM_MS)
        self._timer.timeout.connect(self._deliver)
        self._poked.connect(self._on_poked, Qt.ConnectionType.QueuedConnection)
        self._remove: Callable[[], None] = bus.subscribe(self.take)

    def take(self, event: Event) -> None:
        """Queue an event; may be called from any thread and returns at once."""
        urgent = not isinstance(event, _STREAMS)
        with self._lock:
            self._merge(event)
            needed = not self._urgent_out if urgent else not self._poke_out
            self._poke_out = True
            self._urgent_out = self._urgent_out or urgent
        if needed:
            self._poked.emit(urgent)

    def close(self) -> None:
        """Hear no more events; those under way are dropped."""
        self._remove()
        self._timer.stop()
        with self._lock:
            self._waiting.clear()

    def _merge(self, event: Event) -> None:
        """Append `event`, or fold it into the last one where only the sum or the latest value matters."""
        last = self._waiting[-1] if self._waiting else None
        if isinstance(event, ReplyDelta) and isinstance(last, ReplyDelta):
            if (last.turn, last.thought) == (event.turn, event.thought):
                self._waiting[-1] = replace(last, text=last.text + event.text)
                return
        elif isinstance(event, (HearingLevel, HeardTo)):
            for at in range(len(self._waiting) - 1, -1, -1):
                if not isinstance(self._waiting[at], _STREAMS):
                    break
                if type(self._waiting[at]) is type(event):
                    self._waiting[at] = event
                    return
        self._waiting.append(event)

    @Slot(bool)
    def _on_poked(self, urgent: bool) -> None:
        if urgent:
            self._deliver()
        elif not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _deliver(self) -> None:
        self._timer.stop()
        with self._lock:
            events, self._waiting = self._waiting, []
            self._poke_out = self._urgent_out = False
        for event in events:
            self.arrived.emit(event)
