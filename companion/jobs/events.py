"""What a job tells while it works: one stream for the window, the command line and the tests."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from companion.jobs.stage import State

EVENTS = "events.jsonl"
_REMEMBERED = 21


@dataclass(frozen=True, slots=True)
class JobEvent:
    """`t` in seconds since the epoch; `state` if the stage changed; `done` of `total` units; `eta_s` None: unknown.

    `kind` tells `state`, `progress`, `message`, `quiet` (nothing was heard for long) and `question` apart.
    """

    t: float
    stage: str
    kind: str = "progress"
    state: State | None = None
    done: int = 0
    total: int = 0
    eta_s: float | None = None
    msg: str = ""
    metrics: Mapping[str, object] = field(default_factory=dict, hash=False)

    def line(self) -> str:
        """Return the event as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


Listener = Callable[[JobEvent], None]


class EventLog:
    """Appends events to `events.jsonl` of a job and hands them to listeners, on the thread that tells. Thread-safe.

    What cannot be written any more, such as on a full disk, is still handed on.
    """

    def __init__(self, folder: Path, listeners: tuple[Listener, ...]) -> None:
        self._path = folder / EVENTS
        self._listeners = listeners
        self._lock = threading.Lock()
        self.last_heard = time.monotonic()

    def tell(self, event: JobEvent) -> None:
        with self._lock:
            if event.kind != "quiet":
                self.last_heard = time.monotonic()
            try:
                with self._path.open("ab") as file:
                    file.write(event.line().encode() + b"\n")
            except OSError:
                pass
            for listener in self._listeners:
                listener(event)

    def beat(self) -> None:
        """Note a sign of life that is not worth an event."""
        self.last_heard = time.monotonic()


class Eta:
    """Time left, from the median time of the last 21 units: one slow unit does not frighten anybody."""

    def __init__(self) -> None:
        self._paces: deque[float] = deque(maxlen=_REMEMBERED)
        self._before: tuple[float, int] | None = None

    def left_s(self, now_s: float, done: int, total: int) -> float | None:
        """Return the seconds left at `now_s` (any monotonic clock); None while it cannot be known."""
        if self._before is not None and done > self._before[1]:
            self._paces.append((now_s - self._before[0]) / (done - self._before[1]))
        if self._before is None or done != self._before[1]:
            self._before = (now_s, done)
        return statistics.median(self._paces) * max(0, total - done) if self._paces else None


class Watchdog:
    """Tells once when nothing has been heard for `silence_s`, and again after each further such time."""

    def __init__(self, log: EventLog, stage: str, silence_s: float) -> None:
        self._log, self._stage, self._silence_s = log, stage, silence_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="job-watchdog")

    def __enter__(self) -> Watchdog:
        self._log.beat()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        told = 0
        while not self._ended.wait(self._silence_s / 4):
            quiet_s = time.monotonic() - self._log.last_heard
            n_times = int(quiet_s / self._silence_s)
            if n_times > told:
                msg = f"Nothing was heard for {quiet_s:.0f} s; it may still be working."
                self._log.tell(JobEvent(time.time(), self._stage, "quiet", msg=msg))
            told = n_times
