"""A writer who is not read rests."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from companion.workers.frames import Frame
from companion.workers.operation import Request

pytestmark = pytest.mark.unit


class Pipe:
    """Counts what was sent and wakes who waits for a count."""

    def __init__(self) -> None:
        self.n_sent = 0
        self._changed = threading.Condition()

    def send(self, _frame: Frame) -> None:
        with self._changed:
            self.n_sent += 1
            self._changed.notify_all()

    def await_sent(self, n: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.n_sent >= n, timeout=10)


def _written(send: Callable[[Request], None], n_taken: int, n_expected: int) -> int:
    """Return how many parts were sent by a writer whose reader took `n_taken` and then stopped him."""
    pipe = Pipe()
    request = Request(Frame({"op": "generate", "id": 1}, b""), pipe.send)

    def write() -> None:
        while not request.requested and pipe.n_sent < 1000:
            send(request)

    thread = threading.Thread(target=write)
    thread.start()
    if n_taken:
        pipe.await_sent(n_taken)
        request.took(n_taken)
    pipe.await_sent(n_expected)
    request.requested = True
    thread.join()
    return pipe.n_sent


@pytest.mark.parametrize("n_taken", [0, 1, 4])
def test_a_paced_writer_keeps_at_most_four_parts_ahead(n_taken: int) -> None:
    assert _written(lambda request: request.send_paced("delta", {}), n_taken, n_taken + 4) == n_taken + 4


def test_control_an_unpaced_writer_runs_ahead() -> None:
    assert _written(lambda request: request.send("delta", {}), 0, 1000) == 1000
