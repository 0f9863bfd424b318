"""What she is doing, as everybody sees it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from companion.conversation.bus import Subscriber
from companion.domain.events import StateChanged
from companion.domain.state import State, is_legal

_log = logging.getLogger(__name__)


class Presence:
    """Owned by the session's thread. `is_busy`: a turn is under way; `may_listen`: the ears are open."""

    def __init__(
        self, publish: Subscriber, *, is_busy: Callable[[], bool], may_listen: Callable[[], bool]
    ) -> None:
        self._publish, self._is_busy, self._may_listen = publish, is_busy, may_listen
        self.state: State = "asleep"

    def go(self, new: State, why: str = "") -> None:
        """Go to a state and tell; the same state is told again only with a reason."""
        if not is_legal(self.state, new):
            _log.error("illegal step %s to %s", self.state, new)
        if new != self.state or why:
            old, self.state = self.state, new
            self._publish(StateChanged(old, new, why))

    def rest(self) -> None:
        """Go back to what she does when no turn is under way."""
        if self.state != "asleep" and not self._is_busy():
            self.go("listening" if self._may_listen() else "idle")
