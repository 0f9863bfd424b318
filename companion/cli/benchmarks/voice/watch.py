"""Memory and threads of all processes while she is talked with, and a core kept busy if that is wished for."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Final

import psutil

from companion.cli.benchmarks.figures import rss_mb

_EVERY_S: Final = 2.0
_OWN: Final = "bench-"


@dataclass(frozen=True, slots=True)
class Sample:
    """`at_s` is monotonic; `rss_mb` by process and in all; `threads` of this process by name, `n_threads` of all."""

    at_s: float
    rss_mb: dict[str, float]
    threads: tuple[str, ...]
    n_threads: int


class Watch:
    """Takes a sample every two seconds; use as a context manager."""

    def __init__(self, *, busy: bool) -> None:
        self.samples: list[Sample] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{_OWN}watch")
        self._hog: subprocess.Popen[bytes] | None = None
        if busy:
            self._hog = subprocess.Popen([sys.executable, "-c", "while True: pass"])

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._hog is not None:
            self._hog.kill()
            self._hog.wait()

    def _run(self) -> None:
        while True:
            self.samples.append(sample())
            if self._over.wait(_EVERY_S):
                return


def sample() -> Sample:
    """Return what is used at this moment."""
    names = sorted(one.name for one in threading.enumerate() if not one.name.startswith(_OWN))
    return Sample(time.monotonic(), rss_mb(os.getpid()), tuple(names), _n_threads())


def leaked(before: Sample, after: Sample) -> list[str]:
    """Return the names of this process's threads that came and did not go; numbers in names do not count."""
    more = Counter(map(_kind, after.threads)) - Counter(map(_kind, before.threads))
    return sorted(more.elements())


def _kind(name: str) -> str:
    return name.rstrip("0123456789")


def _n_threads() -> int:
    parent = psutil.Process(os.getpid())
    total = 0
    for process in (parent, *parent.children(recursive=True)):
        try:
            total += process.num_threads()
        except psutil.Error:  # a process may end between two looks
            continue
    return total
