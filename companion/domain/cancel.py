"""The one way to stop work."""

from __future__ import annotations

import threading


class CancelToken:
    """Satisfies `ports.Cancel`; set once, never cleared."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self) -> None:
        self._event.set()

    def wait(self, timeout_s: float) -> bool:
        """Return True as soon as stopping is requested, False after `timeout_s`."""
        return self._event.wait(timeout_s)
