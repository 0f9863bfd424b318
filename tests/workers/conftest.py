"""Workers with engines that misbehave; every test must leave no thread and no process behind."""

from __future__ import annotations

import os
import queue
import select
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import psutil
import pytest

from companion.workers.process import Launch
from companion.workers.supervisor import Limits, WorkerEvent

T = TypeVar("T")


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    children = {child.pid for child in psutil.Process().children()}
    yield
    assert [thread.name for thread in threading.enumerate() if thread not in before] == []
    assert [child for child in psutil.Process().children() if child.pid not in children] == []


@pytest.fixture
def launch() -> Launch:
    """Workers that may load the engines of stub_engines.py."""
    return Launch(allow_targets=True, environment={"PYTHONPATH": str(Path(__file__).parent)})


@pytest.fixture
def limits() -> Limits:
    """Short silences, no waiting between restarts."""
    return Limits(quiet_s=1.5, hang_s=2.5, close_s=3.0, backoff_s=(0.0,))


class Events:
    """What a supervisor told, in order."""

    def __init__(self) -> None:
        self._queue: queue.Queue[WorkerEvent] = queue.Queue()
        self.seen: list[WorkerEvent] = []

    def __call__(self, event: WorkerEvent) -> None:
        self.seen.append(event)
        self._queue.put(event)

    def wait_for(self, kind: type[T]) -> T:
        """Return the next event of this kind, others skipped."""
        while not isinstance(event := self._queue.get(timeout=60), kind):
            pass
        return event


@pytest.fixture
def events() -> Events:
    return Events()


class Closable(Protocol):
    def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


@pytest.fixture
def closing() -> Iterator[Callable[[C], C]]:
    """Close what the test has made, also when it fails: a worker's threads would keep the test run alive."""
    made: list[Closable] = []

    def keep(client: C) -> C:
        made.append(client)
        return client

    yield keep
    for client in made:
        client.close()


def has_ended(pid: int, timeout_s: float) -> bool:
    """Wait until a process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], timeout_s)[0])
    finally:
        os.close(descriptor)


@pytest.fixture(name="has_ended")
def _has_ended() -> object:
    return has_ended
