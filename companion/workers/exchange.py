"""Requests and their answers over one worker process."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from companion.errors import Cancelled, CompanionError, WorkerError
from companion.ports import Cancel
from companion.workers.codec import decode_error
from companion.workers.frames import Frame, Header
from companion.workers.process import Launch, WorkerProcess

POLL_S: Final = 0.02
_INBOX_FRAMES: Final = 16_384
_INBOX_BYTES: Final = 64_000_000


class _Inbox:
    """The frames of one answer, bounded."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._error: CompanionError | None = None
        self._n_bytes = 0

    def put(self, frame: Frame) -> None:
        with self._changed:
            if self._error is not None:
                return
            self._n_bytes += len(frame.body)
            if len(self._frames) >= _INBOX_FRAMES or self._n_bytes > _INBOX_BYTES:
                self._error = WorkerError("An answer was longer than anyone can use.", code="flooded")
            else:
                self._frames.append(frame)
            self._changed.notify()

    def fail(self, error: CompanionError) -> None:
        with self._changed:
            self._error = self._error or error
            self._changed.notify()

    def get(self, timeout_s: float) -> Frame | None:
        """Return the next frame, None after `timeout_s`. Raises the error when no frame is left before it."""
        with self._changed:
            if not self._frames and self._error is None:
                self._changed.wait(timeout_s)
            if self._frames:
                frame = self._frames.popleft()
                self._n_bytes -= len(frame.body)
                return frame
            if self._error is not None:
                raise self._error
            return None


class Exchange:
    """Starts a worker process and carries requests to it; `send` and `call` may be used from any thread.

    `on_signal` gets the frames that answer nothing, on the reader thread. `on_end` is called when the process
    is gone, after every request in flight has failed.
    """

    def __init__(
        self,
        role: str,
        launch: Launch,
        *,
        on_signal: Callable[[Frame], None],
        on_end: Callable[[], None],
    ) -> None:
        self.hello = threading.Event()
        self.hello_header: Header = {}
        self.beat_s = time.monotonic()
        self.rss = 0
        self._on_signal, self._on_end = on_signal, on_end
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._inboxes: dict[int, _Inbox] = {}
        self._lost: CompanionError | None = None
        self.process = WorkerProcess(role, launch, self._take, self._end)

    @property
    def takes_requests(self) -> bool:
        """False from the moment at which the process was lost."""
        with self._lock:
            return self._lost is None

    def send(self, op: str, fields: Header | None = None, body: bytes = b"") -> bool:
        """Send a frame that wants no answer; False when it cannot be sent. Never blocks."""
        return self.process.send(Frame({"op": op, **(fields or {})}, body))

    def call(
        self,
        op: str,
        fields: Header | None = None,
        body: bytes = b"",
        *,
        cancel: Cancel | None = None,
        timeout_s: float | None = None,
        patience_s: float = 2.0,
    ) -> Iterator[Frame]:
        """Yield the frames of the answer; the last one is `done`.

        A requested `cancel` is passed on within 20 ms; an answer that has not ended `patience_s` later raises
        Cancelled. Raises the worker's own error, and WorkerError, code `worker`, when the process ends and code
        `timeout` after `timeout_s`. Leaving the iteration early cancels.
        """
        number, inbox = self._register()
        ended = False
        try:
            self._post(Frame({"op": op, "id": number, **(fields or {})}, body), cancel)
            for frame in self._answer(number, inbox, cancel, timeout_s, patience_s):
                ended = frame.op == "done"
                yield frame
        except CompanionError as error:
            ended = ended or error.code != "timeout"
            raise
        finally:
            with self._lock:
                self._inboxes.pop(number, None)
            if not ended:
                self.send("cancel", {"target": number})

    def fail_all(self, error: CompanionError) -> None:
        """Let every request in flight, and every later one, raise `error`."""
        with self._lock:
            self._lost = self._lost or error
            inboxes = list(self._inboxes.values())
        for inbox in inboxes:
            inbox.fail(error)

    def _register(self) -> tuple[int, _Inbox]:
        with self._lock:
            if self._lost is not None:
                raise self._lost
            number, inbox = next(self._numbers), _Inbox()
            self._inboxes[number] = inbox
        return number, inbox

    def _post(self, frame: Frame, cancel: Cancel | None) -> None:
        while not self.process.send(frame):
            with self._lock:
                if self._lost is not None:
                    raise self._lost
            if cancel is not None and cancel.requested:
                raise Cancelled
            self.process.ended.wait(POLL_S)

    def _answer(
        self,
        number: int,
        inbox: _Inbox,
        cancel: Cancel | None,
        timeout_s: float | None,
        patience_s: float,
    ) -> Iterator[Frame]:
        began = time.monotonic()
        cancelled_s: float | None = None
        n_taken = 0
        while True:
            frame = inbox.get(POLL_S)
            if frame is not None and frame.op == "error":
                raise decode_error(frame.header)
            if frame is not None:
                yield frame
                if frame.op == "done":
                    return
                if frame.op == "delta":
                    n_taken += 1
                    self.send("took", {"target": number, "parts": n_taken})
            now = time.monotonic()
            if cancelled_s is None and cancel is not None and cancel.requested:
                cancelled_s = now
                self.send("cancel", {"target": number})
            if cancelled_s is not None and now - cancelled_s >= patience_s:
                raise Cancelled
            if timeout_s is not None and now - began > timeout_s:
                raise WorkerError(f"A request was not answered within {timeout_s:.0f} s.", code="timeout")

    def _take(self, frame: Frame) -> None:
        self.beat_s = time.monotonic()
        match frame.op:
            case "beat":
                rss = frame.header.get("rss")
                self.rss = rss if isinstance(rss, int) else 0
            case "hello":
                self.hello_header = frame.header
                self.hello.set()
            case "delta" | "chunk" | "done" | "error":
                number = frame.header.get("id")
                with self._lock:
                    inbox = self._inboxes.get(number) if isinstance(number, int) else None
                if inbox is not None:
                    inbox.put(frame)
                elif frame.op == "error" and number == 0:
                    self._on_signal(frame)
            case _:
                self._on_signal(frame)

    def _end(self) -> None:
        role = self.process.role
        self.fail_all(
            WorkerError(
                f"The {role} worker was lost: {self.process.cause}.",
                "It is started again by itself; try once more.",
                code="worker",
            )
        )
        self._on_end()
