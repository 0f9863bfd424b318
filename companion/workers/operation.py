"""What a host offers: operations on requests, each on a lane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from companion.workers.frames import Frame, Header


class Request:
    """One request in the worker; satisfies `ports.Cancel`."""

    def __init__(self, frame: Frame, send: Callable[[Frame], None]) -> None:
        self.header: Header = frame.header
        self.body = frame.body
        self.id: int = frame.header.get("id", 0)
        self.requested = False
        self._send = send

    def send(self, op: str, fields: Header, body: bytes = b"") -> None:
        """Send a part of the answer."""
        self._send(Frame({"op": op, "id": self.id, **fields}, body))


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
