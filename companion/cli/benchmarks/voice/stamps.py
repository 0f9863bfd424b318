"""What the program told while it was measured, each with its moment on the monotonic clock."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator

from companion.app import Companion
from companion.domain import events
from companion.domain.events import Event
from companion.errors import WorkerError

Stamped = tuple[float, Event]


class Stamps:
    """Collects events from its making on, levels left out; without `sound` also her sound and how far it is."""

    def __init__(self, companion: Companion, *, sound: bool = True) -> None:
        self._sound = sound
        self.rows: list[Stamped] = []
        self._arriving: queue.Queue[Stamped] = queue.Queue()
        self._remove = companion.bus.subscribe(self._take)

    def close(self) -> None:
        self._remove()

    def until(self, timeout_s: float) -> Iterator[Stamped]:
        """Yield events as they come. Raises WorkerError when none has come for `timeout_s`."""
        while True:
            try:
                yield self._arriving.get(timeout=timeout_s)
            except queue.Empty:
                raise WorkerError(
                    f"Nothing happened for {timeout_s:.0f} seconds.", "Run: companion doctor", code="timeout"
                ) from None

    def _take(self, event: Event) -> None:
        if isinstance(event, events.HearingLevel):
            return
        row = (time.monotonic(), event)
        if isinstance(event, events.HeardTo | events.SpeechReady):
            if self._sound:
                self.rows.append(row)
            return
        self.rows.append(row)
        self._arriving.put(row)
