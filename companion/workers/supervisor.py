"""Keeps one worker alive: starts it, watches its beat, replaces it, and stops trying when that is hopeless."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from companion.domain.events import Notice, WorkerLost, WorkerReady, WorkerRole
from companion.errors import Cancelled, CompanionError, WorkerError
from companion.ports import Cancel
from companion.workers.exchange import POLL_S, Exchange
from companion.workers.frames import Frame
from companion.workers.process import LAUNCH, Launch

_log = logging.getLogger(__name__)

WorkerEvent = WorkerLost | WorkerReady | Notice
_State = Literal["starting", "ready", "replacing", "failed", "closed"]
_TICK_S: Final = 0.25


def _refuse_signal(frame: Frame) -> None:
    raise WorkerError(f"A worker broke its protocol: it sent {frame.op[:40]}.", code="frame")


@dataclass(frozen=True, slots=True)
class Limits:
    """Deadlines in seconds and the budget of restarts.

    A process that has answered `settle_requests` requests and lived for `settle_s` is warm. Beyond `growth` times
    its size then, and at least `slack_bytes` more, or beyond `cap_bytes` (0: none), it is replaced between two
    requests, at most once in `recycle_every_s`. A crash while loading counts against `load_crashes` in a row: a
    file that has ended its loader twice will do it again.
    """

    hello_s: float = 30.0
    load_s: float = 600.0
    quiet_s: float = 3.0
    hang_s: float = 30.0
    close_s: float = 4.0
    wait_s: float = 10.0
    crashes: int = 5
    within_s: float = 300.0
    load_crashes: int = 2
    backoff_s: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0)
    growth: float = 1.5
    slack_bytes: int = 512_000_000
    cap_bytes: int = 0
    settle_requests: int = 24
    settle_s: float = 300.0
    recycle_every_s: float = 120.0


LIMITS: Final = Limits()


class Supervisor:
    """One role's worker. `setup` loads the engines into a fresh process, on the supervisor's thread.

    `subject` names what is loaded, for the message after too many crashes. `on_event` and `on_lost` (called
    after the requests in flight have failed) run on the supervisor's thread and must return at once. A large
    worker is only replaced while `may_recycle`.
    """

    def __init__(
        self,
        role: WorkerRole,
        subject: str,
        setup: Callable[[Exchange], None],
        *,
        on_event: Callable[[WorkerEvent], None],
        on_signal: Callable[[Frame], None] = _refuse_signal,
        on_lost: Callable[[WorkerLost], None] = lambda lost: None,
        may_recycle: Callable[[], bool] = lambda: True,
        launch: Launch = LAUNCH,
        limits: Limits = LIMITS,
    ) -> None:
        self._role, self._subject, self._setup = role, subject, setup
        self._on_event, self._on_signal, self._on_lost = on_event, on_signal, on_lost
        self._may_recycle, self._launch, self._limits = may_recycle, launch, limits
        self._changed = threading.Condition()
        self._state: _State = "starting"
        self._exchange: Exchange | None = None
        self._error: CompanionError | None = None
        self._n_leases = 0
        self._n_requests = 0
        self._was_ready = False
        self._crashes: deque[float] = deque()
        self._load_crashes = 0
        self._recycled_s = float("-inf")
        self._thread = threading.Thread(target=self._run, name=f"{role}-supervisor")

    def start(self, cancel: Cancel | None = None) -> None:
        """Start and wait until the engines are loaded.

        Raises what loading raised, WorkerError after too many crashes, Cancelled; the worker is closed then.
        """
        self._thread.start()
        try:
            self._wait_ready(cancel, None)
        except BaseException:
            # Ctrl-C too: the threads would keep the program alive.
            self.close()
            raise

    @contextlib.contextmanager
    def lease(self, cancel: Cancel | None = None, *, wait_s: float | None = None) -> Iterator[Exchange]:
        """Give the ready worker for one request; waits while it restarts, about 10 s at most, or `wait_s`.

        Raises WorkerError, code `worker`, when it does not come back, Cancelled, or what loading raised.
        """
        patience_s = self._limits.wait_s if wait_s is None else wait_s
        exchange = self._wait_ready(cancel, patience_s, take=True)
        try:
            yield exchange
        finally:
            with self._changed:
                self._n_leases -= 1
                self._n_requests += 1
                self._changed.notify_all()

    @property
    def pid(self) -> int | None:
        """The process that serves now."""
        with self._changed:
            return self._exchange.process.pid if self._exchange is not None else None

    @property
    def confinement(self) -> tuple[str, ...]:
        """What the process that serves now has given up, in words."""
        with self._changed:
            steps = self._exchange.hello_header.get("confined") if self._exchange is not None else None
        return tuple(map(str, steps)) if isinstance(steps, list) else ()

    def close(self) -> None:
        """End worker and threads; requests in flight raise WorkerError, code `closed`."""
        with self._changed:
            self._state = "closed"
            self._error = self._error or _closed(self._role)
            exchange = self._exchange
            self._changed.notify_all()
        if exchange is not None:
            exchange.fail_all(_closed(self._role))
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _wait_ready(self, cancel: Cancel | None, timeout_s: float | None, *, take: bool = False) -> Exchange:
        began = time.monotonic()
        with self._changed:
            while self._state != "ready" or self._exchange is None or not self._exchange.takes_requests:
                if self._error is not None and self._state in ("failed", "closed"):
                    raise self._error
                if cancel is not None and cancel.requested:
                    raise Cancelled
                if timeout_s is not None and time.monotonic() - began > timeout_s:
                    raise WorkerError(
                        f"The {self._role} worker is not back yet.", "Try again in a moment.", code="worker"
                    )
                self._changed.wait(POLL_S)
            self._n_leases += take
            return self._exchange

    # ---- supervisor thread

    def _run(self) -> None:
        try:
            while not self._is_closed and self._serve_once():
                self._pause(self._backoff_s)
        except Exception as error:  # noqa: BLE001 - thread top: callers learn that there is no worker any more
            _log.exception("the supervisor of the %s worker failed", self._role)
            self._give_up(WorkerError(f"The {self._role} worker is lost: {error}", code="fault"))
        self._end_process("closed")

    def _serve_once(self) -> bool:
        """Run one process from start to end; return whether another one shall follow."""
        began = time.monotonic()
        try:
            exchange = Exchange(
                self._role, self._launch, on_signal=self._on_signal, on_end=self._process_ended
            )
        except WorkerError as error:
            self._give_up(error)
            return False
        with self._changed:
            self._exchange = exchange
            if self._state == "closed":
                return False
        try:
            self._await_hello(exchange)
            self._setup(exchange)
        except CompanionError as error:
            return self._loading_failed(exchange, error)
        self._load_crashes = 0
        self._was_ready = True
        if not self._become_ready(exchange):
            return False
        seconds = time.monotonic() - began
        _log.info("%s worker ready after %.2f s", self._role, seconds)
        self._on_event(WorkerReady(self._role, seconds))
        return self._watch(exchange)

    def _await_hello(self, exchange: Exchange) -> None:
        deadline = time.monotonic() + self._limits.hello_s
        while not exchange.hello.wait(POLL_S):
            if self._is_closed:
                raise _closed(self._role)
            if exchange.process.ended.is_set():
                raise WorkerError(f"The {self._role} worker was lost.", code="worker")
            if time.monotonic() > deadline:
                exchange.process.kill(f"did not start within {self._limits.hello_s:.0f} s")

    def _loading_failed(self, exchange: Exchange, error: CompanionError) -> bool:
        if self._is_closed:
            return False
        if error.code == "timeout":
            exchange.process.kill(f"did not finish loading within {self._limits.load_s:.0f} s")
            exchange.process.ended.wait(self._limits.close_s)
        if error.code in ("worker", "timeout"):
            self._load_crashes += 1
            return self._lost(exchange, hopeless=self._load_crashes >= self._limits.load_crashes)
        self._end_process("closed")
        self._give_up(error)
        if self._was_ready:
            self._tell_lost(f"could not load again: {error.what}", restarts=False)
        return False

    def _become_ready(self, exchange: Exchange) -> bool:
        with self._changed:
            if self._state == "closed":
                return False
            self._state = "ready"
            exchange.beat_s = time.monotonic()
            self._changed.notify_all()
        return True

    def _watch(self, exchange: Exchange) -> bool:
        warm_bytes, is_quiet = 0, False
        ready_s = looked_s = time.monotonic()
        first_request = self._n_requests
        while not self._is_closed:
            with self._changed:
                if not exchange.process.ended.is_set():
                    self._changed.wait(_TICK_S)
            if exchange.process.ended.is_set():
                return self._lost(exchange)
            now = time.monotonic()
            if now - looked_s > 4 * _TICK_S:
                # We were stopped ourselves: nobody read the beats.
                exchange.beat_s = now
            looked_s = now
            is_quiet = self._listen_for_beat(exchange, now - exchange.beat_s, is_quiet)
            is_warm = self._n_requests - first_request >= self._limits.settle_requests
            if not is_warm or now - ready_s < self._limits.settle_s:
                warm_bytes = max(warm_bytes, exchange.rss)
            elif self._has_grown(exchange.rss, warm_bytes) and self._stand_still():
                return self._recycle(exchange)
        return False

    def _listen_for_beat(self, exchange: Exchange, silence_s: float, was_quiet: bool) -> bool:
        if silence_s > self._limits.hang_s:
            exchange.process.kill(f"did not answer for {self._limits.hang_s:.0f} s")
            exchange.process.ended.wait(self._limits.close_s)
        is_quiet = silence_s > self._limits.quiet_s
        if is_quiet and not was_quiet:
            self._on_event(
                Notice(
                    f"The {self._role} worker has not answered for {self._limits.quiet_s:.0f} s.",
                    f"It is replaced if it stays silent for {self._limits.hang_s:.0f} s.",
                    code="worker_quiet",
                )
            )
        return is_quiet

    def _has_grown(self, rss: int, warm_bytes: int) -> bool:
        limits = self._limits
        if time.monotonic() - self._recycled_s < limits.recycle_every_s:
            return False
        grown = rss > max(warm_bytes * limits.growth, warm_bytes + limits.slack_bytes)
        return grown or 0 < limits.cap_bytes < rss

    def _stand_still(self) -> bool:
        """Let no request begin, if none is in flight."""
        if not self._may_recycle():
            return False
        with self._changed:
            if self._n_leases or self._state != "ready":
                return False
            self._state = "replacing"
            return True

    def _recycle(self, exchange: Exchange) -> bool:
        self._recycled_s = time.monotonic()
        cause = f"held {exchange.rss / 1e6:,.0f} MB and was replaced"
        self._end_process("was replaced")
        self._tell_lost(cause, restarts=True)
        return not self._is_closed

    def _lost(self, exchange: Exchange, *, hopeless: bool = False) -> bool:
        exchange.process.join()
        now = time.monotonic()
        self._crashes.append(now)
        while now - self._crashes[0] > self._limits.within_s:
            self._crashes.popleft()
        cause = exchange.process.cause
        restarts = not hopeless and len(self._crashes) < self._limits.crashes
        with self._changed:
            self._exchange = None
            if self._state == "closed":
                return False
            self._state = "replacing"
        if not restarts:
            self._give_up(self._hopeless(cause))
        self._tell_lost(cause, restarts=restarts)
        return restarts

    def _hopeless(self, cause: str) -> WorkerError:
        return WorkerError(
            f"The {self._role} worker ended {len(self._crashes)} times and is not started again: {cause}. "
            f"It had loaded: {self._subject}.",
            "Choose another model or engine in the settings, or start the program again.",
            code="worker_given_up",
        )

    def _tell_lost(self, cause: str, *, restarts: bool) -> None:
        _log.warning("%s worker lost, restarts: %s", self._role, restarts)
        lost = WorkerLost(self._role, cause, restarts)
        self._on_lost(lost)
        self._on_event(lost)

    def _give_up(self, error: CompanionError) -> None:
        with self._changed:
            if self._state != "closed":
                self._state, self._error = "failed", error
            self._changed.notify_all()

    def _end_process(self, why: str) -> None:
        with self._changed:
            exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.fail_all(WorkerError(f"The {self._role} worker {why}.", code="closed"))
            exchange.process.close(self._limits.close_s)

    def _process_ended(self) -> None:
        with self._changed:
            self._changed.notify_all()

    @property
    def _backoff_s(self) -> float:
        waits = self._limits.backoff_s
        return waits[min(max(len(self._crashes), 1), len(waits)) - 1]

    def _pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with self._changed:
            while self._state != "closed" and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)

    @property
    def _is_closed(self) -> bool:
        with self._changed:
            return self._state == "closed"


def _closed(role: str) -> WorkerError:
    return WorkerError(f"The {role} worker was closed.", code="closed")
