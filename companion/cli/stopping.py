"""Ctrl-C during a job: the first one saves and stops, the second one ends it at once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from companion.jobs.job import Job


@contextmanager
def saving_on_interrupt(job: Job) -> Iterator[None]:
    """Let the first Ctrl-C ask the job to save and stop, the second one end it at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        if job.cancel.requested:
            raise KeyboardInterrupt
        job.cancel.request()
        print("Saving what is done; press Ctrl-C again to stop at once.", file=sys.stderr, flush=True)

    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
