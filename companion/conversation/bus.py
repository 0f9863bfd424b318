"""Events from the conversation to whoever listens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from companion.domain.events import Event

_log = logging.getLogger(__name__)
Subscriber = Callable[[Event], None]


class EventBus:
    """Calls every subscriber on the publishing thread, in the order of subscription."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[Subscriber, ...] = ()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Add a subscriber; return what removes it again."""
        with self._lock:
            self._subscribers = (*self._subscribers, subscriber)

        def remove() -> None:
            with self._lock:
                self._subscribers = tuple(one for one in self._subscribers if one is not subscriber)

        return remove

    def publish(self, event: Event) -> None:
        for subscriber in self._subscribers:
            subscriber(event)
