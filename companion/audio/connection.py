"""One device kept open for as long as it is wanted: watchdog, loss, backoff, recovery.

closed -> opening -> running -> lost -> opening ... A stream that says it is active but whose callback stands
still is lost as well: that is what a suspended sound server looks like, without any error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, Literal, Protocol, TypeVar

from companion.audio.devices import DeviceInfo, Direction, Stream, choose, is_the_one
from companion.errors import AudioError
from companion.ports import AudioSignal, DeviceLost, DeviceOpened

_log = logging.getLogger(__name__)

STALL_S = 1.5
# A fresh stream is filled at once and may then rest until the server has played what it held before.
OPENING_S = 3.0
_SETTLED_S = 0.25
_BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 5.0)
_LOG_EVERY_S = 60.0

State = Literal["closed", "opening", "running", "lost"]


class _Beating(Protocol):
    @property
    def beats(self) -> int: ...


RingT = TypeVar("RingT", bound=_Beating)


class Connection(Generic[RingT]):
    """`find` lists the devices, `connect` opens one; both are called in `tick`, which belongs to one thread."""

    def __init__(
        self,
        direction: Direction,
        backend_name: str,
        find: Callable[[], list[DeviceInfo]],
        connect: Callable[[DeviceInfo], tuple[Stream, RingT]],
        emit: Callable[[AudioSignal], None],
    ) -> None:
        self._direction = direction
        self._backend_name = backend_name
        self._find = find
        self._connect = connect
        self._emit = emit
        self._wanted_name = ""
        self._name = ""
        self._open: tuple[Stream, RingT] | None = None
        self._state: State = "closed"
        self._opened_s = self._beat_s = self._retry_s = 0.0
        self._beats = 0
        self._failures = 0
        self._is_told_lost = False
        self._told_missing = ""
        self._logged_s = float("-inf")

    @property
    def state(self) -> State:
        return self._state

    @property
    def ring(self) -> RingT | None:
        """The ring of the open stream."""
        opened = self._open
        return opened[1] if opened else None

    @property
    def name(self) -> str:
        """The device that is open or was last."""
        return self._name or self._wanted_name or "default"

    @property
    def is_hopeful(self) -> bool:
        """Whether the stream is about to run, and no loss has been told yet."""
        return self._state in ("closed", "opening") and not self._is_told_lost

    def is_stale(self, now_s: float) -> bool:
        """Whether the next `tick` will try again with a list of devices that has already failed."""
        return self._open is None and self._failures >= 2 and now_s >= self._retry_s

    def want(self, name: str) -> None:
        """Use the device called `name` from the next `tick` on; empty means the default."""
        if name != self._wanted_name:
            self._wanted_name = name
            self._told_missing = ""
            self.drop()

    def drop(self) -> None:
        """Close the stream; the next wanted `tick` opens it again at once."""
        opened, self._open = self._open, None
        if opened:
            opened[0].close()
        self._state = "closed"
        self._failures = 0
        self._retry_s = 0.0

    def tick(self, now_s: float, *, wanted: bool) -> None:
        """Do what is due: open, close, notice a loss."""
        if not wanted:
            if self._open or self._state != "closed":
                self.drop()
            self._is_told_lost = False
        elif self._open is None:
            if now_s >= self._retry_s:
                self._try_to_open(now_s)
        else:
            self._watch(self._open, now_s)

    def _try_to_open(self, now_s: float) -> None:
        device = choose(self._find(), self._wanted_name)
        if device is None:
            self._fail(now_s, f"There is no {'microphone' if self._direction == 'input' else 'loudspeaker'}.")
            return
        self._say_if_another(device)
        try:
            opened = self._connect(device)
        except AudioError as error:
            self._fail(now_s, error.what)
            return
        self._name = device.name
        self._opened_s = self._beat_s = now_s
        self._beats = 0
        self._state = "opening"
        self._open = opened

    def _watch(self, opened: tuple[Stream, RingT], now_s: float) -> None:
        stream, ring = opened
        if ring.beats != self._beats:
            self._beats, self._beat_s = ring.beats, now_s
            if self._state == "opening" and now_s - self._opened_s >= _SETTLED_S:
                self._state, self._failures, self._is_told_lost = "running", 0, False
                self._emit(DeviceOpened(self._direction, self._name, self._backend_name))
        if not stream.is_active:
            self._fail(now_s, f"{self._name} was disconnected.")
        elif now_s - self._beat_s >= STALL_S and now_s - self._opened_s >= OPENING_S:
            self._fail(now_s, f"{self._name} stopped answering.")

    def _fail(self, now_s: float, why: str) -> None:
        opened, self._open = self._open, None
        self._state = "lost"
        delay_s = _BACKOFF_S[min(self._failures, len(_BACKOFF_S) - 1)]
        self._failures += 1
        if not self._is_told_lost:
            self._is_told_lost = True
            self._emit(DeviceLost(self._direction, self.name, why, reopening=True))
        if now_s - self._logged_s >= _LOG_EVERY_S:
            self._logged_s = now_s
            _log.warning("audio %s lost, trying again: %s", self._direction, why)
        if opened:
            opened[0].close()
        self._retry_s = now_s + delay_s

    def _say_if_another(self, device: DeviceInfo) -> None:
        wanted = self._wanted_name
        if not is_the_one(device, wanted) and self._told_missing != wanted:
            self._told_missing = wanted
            why = f"{wanted} was not found; {device.name} is used instead."
            self._emit(DeviceLost(self._direction, wanted, why, reopening=False))
