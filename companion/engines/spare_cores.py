"""How many cores other programs leave free, so that llama.cpp never waits for one.

llama.cpp's threads wait for one another at every layer by spinning: with two threads on two cores of which
one is busy, a 0.5B model fell from 23 to 2 tokens a second (measured), where one thread kept its speed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

_SAMPLE_S: Final = 0.25
_STALE_S: Final = 2.0
_NEARLY_FREE: Final = 0.35
_LOADAVG: Final = Path("/proc/loadavg")


class SpareCores:
    """Advises on a number of threads; cheap enough to be asked before every token."""

    def __init__(
        self,
        n_cores: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        busy_s: Callable[[], float] | None = None,
        running: Callable[[], int | None] | None = None,
    ) -> None:
        self._n_cores = n_cores
        self._clock, self._busy_s, self._running = clock, busy_s or others_busy_s, running or others_running
        self._at_s, self._busy = clock(), self._busy_s()
        self._spare = float(n_cores - (self._running() or 0))

    def threads(self, wanted: int) -> int:
        """Return how many of `wanted` threads have a core to themselves, at least one."""
        now = self._clock()
        elapsed = now - self._at_s
        if elapsed >= _SAMPLE_S:
            busy = self._busy_s()
            used = max(0.0, busy - self._busy) / elapsed
            # An average over a long pause tells nothing of this moment; what runs now does.
            runs = self._running() if elapsed > _STALE_S else None
            self._spare = self._n_cores - (used if runs is None else float(runs))
            self._at_s, self._busy = now, busy
        return max(1, min(wanted, int(self._spare + _NEARLY_FREE)))

    def look(self) -> None:
        """Count what runs at this moment, for whoever begins now: an average tells of work that may be over."""
        runs = self._running()
        if runs is not None:
            self._spare = self._n_cores - float(runs)
            self._at_s, self._busy = self._clock(), self._busy_s()


class Pace:
    """The thread counts for decoding and prefill, as far as cores are spare."""

    def __init__(self, decode: int, prefill: int, cores: SpareCores) -> None:
        self._wanted, self._cores = (decode, prefill), cores
        self._now = self._wanted

    def begin(self) -> None:
        """A prompt is about to be read: count the spare cores anew."""
        self._cores.look()

    def changed(self) -> tuple[int, int] | None:
        """Return new counts (decode, prefill) if they should be other than before."""
        spare = self._cores.threads(max(self._wanted))
        now = (min(self._wanted[0], spare), min(self._wanted[1], spare))
        if now == self._now:
            return None
        self._now = now
        return now


def others_busy_s() -> float:
    """Return the processor seconds, over all cores, that others than this process have used."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    own = psutil.Process().cpu_times()
    return float(sum(times[:8]) - idle - own.user - own.system)


def others_running() -> int | None:
    """Return how many threads run or wait for a core now, ours left out; None where the system does not tell."""
    try:
        return max(0, int(_LOADAVG.read_text(encoding="ascii").split()[3].split("/")[0]) - 1)
    except (OSError, ValueError, IndexError):
        return None
