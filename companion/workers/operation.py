"""What a host offers: operations on requests, each on a lane."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from companion.workers.frames import Frame, Header

_AHEAD: Final = 3
_LONGEST_WAIT_S: Final = 2.0
_POLL_S: Final = 0.02


class Request:
    """One request in the worker; satisfies `ports.Cancel`."""

    def __init__(self, frame: Frame, send: Callable[[Frame], None]) -> None:
        self.header: Header = frame.header
        self.body = frame.body
        self.id: int = frame.header.get("id", 0)
        self.requested = False
        self._send = send
        self._n_sent = self._n_taken = 0
        self._taken = threading.Condition()

    def send(self, op: str, fields: Header, body: bytes = b"") -> None:
        """Send a part of the answer."""
        self._send(Frame({"op": op, "id": self.id, **fields}, body))

    def send_paced(self, op: str, fields: Header) -> None:
        """Send a part, then wait while the client is more than three parts behind: who does not read stops the writer.

        Waits no longer than 2 s, nor once a stop is requested.
        """
        self.send(op, fields)
        self._n_sent += 1
        with self._taken:
            for _ in range(round(_LONGEST_WAIT_S / _POLL_S)):
                if self.requested or self._n_sent - self._n_taken <= _AHEAD:
                    return
                self._taken.wait(_POLL_S)

    def took(self, n_parts: int) -> None:
        """Note that the client has worked off `n_parts` in all."""
        with self._taken:
            self._n_taken = max(self._n_taken, n_parts)
            self._taken.notify()


Answer = tuple[Header, bytes]


@dataclass(frozen=True, slots=True)
class Operation:
    """Runs on the thread of `lane`, one request at a time; returns fields and body of the final frame."""

    lane: str
    run: Callable[[Request], Answer]


class Host(Protocol):
    """The ports of one role in its worker."""

    @property
    def operations(self) -> Mapping[str, Operation]: ...
    def close(self) -> None: ...
