"""The queue of signals from an audio adapter to its one consumer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from companion.ports import AudioSignal, Level, Played

_PASSING = (Level, Played)  # superseded by the next of their kind
_BUSY = 200
_FULL = 20_000


class SignalQueue:
    """Bounded: levels and positions are dropped when the consumer is late, the rest only when it is lost."""

    def __init__(self) -> None:
        self._signals: deque[AudioSignal] = deque(maxlen=_FULL)
        self._changed = threading.Condition()
        self._closed = False

    def put(self, signal: AudioSignal) -> None:
        """Append a signal; never blocks."""
        with self._changed:
            if self._closed or (isinstance(signal, _PASSING) and len(self._signals) >= _BUSY):
                return
            self._signals.append(signal)
            self._changed.notify()

    def drain(self) -> list[AudioSignal]:
        """Return and remove all signals that are there."""
        with self._changed:
            signals = list(self._signals)
            self._signals.clear()
            return signals

    def __iter__(self) -> Iterator[AudioSignal]:
        while True:
            with self._changed:
                while not self._signals and not self._closed:
                    self._changed.wait()
                if not self._signals:
                    return
                signal = self._signals.popleft()
            yield signal

    def close(self) -> None:
        """Let the consumer come to its end after the signals that are there."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
