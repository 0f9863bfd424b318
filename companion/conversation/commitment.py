"""Whether a turn may be seen and heard: it may be prepared in hiding before the user has finished speaking."""

from __future__ import annotations

import threading
from collections.abc import Callable

from companion.conversation.bus import Subscriber
from companion.domain.events import Event
from companion.ports import Cancel

_POLL_S = 0.02


class Commitment:
    """What a turn tells before its commit is kept back, in order; what is never committed is never told.

    Methods may be called from any thread.
    """

    def __init__(self, publish: Subscriber, *, committed: bool = True) -> None:
        self._publish = publish
        self._lock = threading.Lock()
        self._kept: list[Callable[[], Event]] = []
        self._committed = threading.Event()
        if committed:
            self._committed.set()

    @property
    def is_made(self) -> bool:
        return self._committed.is_set()

    def publish(self, event: Event) -> None:
        """Publish `event`, or keep it until the commit."""
        self.tell(lambda: event)

    def tell(self, make: Callable[[], Event]) -> None:
        """Publish what `make` returns; it runs now on this thread, or at the commit on the committing one.

        Raises what `make` raises when it runs now.
        """
        with self._lock:
            if not self._committed.is_set():
                self._kept.append(make)
                return
        self._publish(make())

    def commit(self) -> None:
        """Tell what was kept back, and from now on everything at once. Raises what a kept `make` raises."""
        with self._lock:
            kept, self._kept = self._kept, []
            try:
                for make in kept:
                    self._publish(make())
            finally:
                self._committed.set()

    def wait(self, cancel: Cancel) -> bool:
        """Wait for the commit; return False when `cancel` was requested before it."""
        while not self._committed.wait(_POLL_S):
            if cancel.requested:
                return False
        return True
