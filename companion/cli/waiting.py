"""Wait in a command for what the conversation publishes."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from types import TracebackType

from companion.app import Companion
from companion.domain.events import Event
from companion.errors import WorkerError


class EventQueue:
    """Collects events from now on; use as a context manager."""

    def __init__(self, companion: Companion) -> None:
        self._events: queue.Queue[Event] = queue.Queue()
        self._remove = companion.bus.subscribe(self._events.put)

    def __enter__(self) -> EventQueue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def until(self, timeout_s: float) -> Iterator[Event]:
        """Yield events as they come. Raises WorkerError when none has come for `timeout_s`."""
        while True:
            try:
                yield self._events.get(timeout=timeout_s)
            except queue.Empty:
                raise WorkerError(
                    f"Nothing happened for {timeout_s:.0f} seconds.", "Run: companion doctor", code="timeout"
                ) from None

    def drain(self, seconds: float) -> list[Event]:
        """Return what comes within `seconds`."""
        end, found = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            try:
                found.append(self._events.get(timeout=left))
            except queue.Empty:
                break
        return found
