"""Buffers between a device callback and the thread that feeds or empties it.

One thread writes and one reads; no locks. Positions are sample counts since the beginning and only grow.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from companion.audio.gain import Gain

_BUCKET_S = 0.5


class SampleRing:
    """A bounded queue of float32 samples."""

    def __init__(self, capacity: int) -> None:
        self._buffer = np.zeros(capacity, dtype=np.float32)
        self.capacity = capacity
        self.written = 0
        self.read = 0

    @property
    def fill(self) -> int:
        return self.written - self.read

    def write(self, block: NDArray[np.float32]) -> int:
        """Copy as much of `block`, shape (n,), as there is room for and return how much that was."""
        n = min(len(block), self.capacity - self.fill)
        at = self.written % self.capacity
        head = min(n, self.capacity - at)
        self._buffer[at : at + head] = block[:head]
        if n > head:
            self._buffer[: n - head] = block[head:n]
        self.written += n
        return n

    def read_into(self, out: NDArray[np.float32]) -> int:
        """Fill the beginning of `out`, shape (n,), with what there is and return how much that was."""
        n = min(len(out), self.fill)
        at = self.read % self.capacity
        head = min(n, self.capacity - at)
        out[:head] = self._buffer[at : at + head]
        if n > head:
            out[head:n] = self._buffer[: n - head]
        self.read += n
        return n


class CaptureRing:
    """The callback writes, the DSP thread reads. `beats` counts callbacks, `overflows` lost samples."""

    def __init__(self, rate_hz: int, *, seconds: float = 2.0) -> None:
        self.rate_hz = rate_hz
        self._ring = SampleRing(int(rate_hz * seconds))
        self.beats = 0
        self.overflows = 0
        self._origin_s = self._last_origin_s = self._new_origin_s = float("inf")
        self._bucket_until = 0

    def write(self, block: NDArray[np.float32], at_s: float) -> None:
        """Take a block, shape (n,), whose last sample reached the microphone at `at_s` (monotonic seconds)."""
        n = self._ring.write(block)
        self.beats += 1
        self.overflows += len(block) - n
        # Blocks are late, never early: the smallest offset of late is the true one; older ones are forgotten, because
        # of drift and lost blocks.
        origin = at_s - self._ring.written / self.rate_hz
        if self._ring.written >= self._bucket_until:
            self._bucket_until = self._ring.written + int(_BUCKET_S * self.rate_hz)
            self._last_origin_s, self._new_origin_s = self._new_origin_s, origin
        self._new_origin_s = min(origin, self._new_origin_s)
        self._origin_s = min(self._last_origin_s, self._new_origin_s)

    def read(self) -> NDArray[np.float32]:
        """Return all samples that are there, shape (n,)."""
        out = np.empty(self._ring.fill, dtype=np.float32)
        return out[: self._ring.read_into(out)]

    @property
    def read_at_s(self) -> float:
        """When the last sample that was read reached the microphone; 0 before the first block."""
        return self._origin_s + self._ring.read / self.rate_hz if self.beats else 0.0


class PlayRing:
    """The DSP thread writes, the callback reads. `beats` counts callbacks, `underruns` callbacks left without sound.

    The callback notes when each block reaches the loudspeaker, so that `heard` can say what was heard when, and keeps
    what it gave away, as it left and with the silence between, for `take_left`.
    """

    _FADE_S = 0.005
    _NOTES = 64

    def __init__(self, rate_hz: int, *, seconds: float = 0.5) -> None:
        self.rate_hz = rate_hz
        self.beats = 0
        self.underruns = 0
        self.is_fed = False
        self._ring = SampleRing(int(rate_hz * seconds))
        self._n_fade = max(2, int(rate_hz * self._FADE_S))
        self._cut_wanted: int | None = None
        self._cut_at: int | None = None
        self._notes = np.zeros((self._NOTES, 3), dtype=np.float64)
        self.gain = Gain(rate_hz)
        self._left = CaptureRing(rate_hz, seconds=1.0)

    @property
    def fill(self) -> int:
        return self._ring.fill

    @property
    def written(self) -> int:
        return self._ring.written

    def write(self, block: NDArray[np.float32]) -> int:
        return self._ring.write(block)

    def fill_out(self, out: NDArray[np.float32], at_s: float, *, left_s: float | None = None) -> None:
        """Fill `out`, shape (n,), with sound and then silence; its first sample is audible at `at_s`.

        `left_s` is the time now, for whoever keeps another clock than the monotonic one.
        """
        before = self._ring.read
        wanted = self._cut_wanted
        n = self._fade_out(out, wanted) if wanted is not None else self._ring.read_into(out)
        out[n:] = 0.0
        self.gain.apply(out)
        self._left.write(out, time.monotonic() if left_s is None else left_s)
        note = self._notes[self.beats % self._NOTES]
        note[0], note[1], note[2] = at_s, before, n
        if n < len(out) and self.is_fed and wanted is None and before + n > 0:
            self.underruns += 1
        self.beats += 1

    def cut(self) -> None:
        """Let the next callback fade out within 5 ms and drop all that is written by now."""
        self._cut_wanted = self._ring.written

    def take_left(self) -> tuple[NDArray[np.float32], float]:
        """Return what has left since the last call, shape (n,), and when its last sample did."""
        block = self._left.read()
        return block, self._left.read_at_s

    def take_cut(self) -> int | None:
        """Return the position after the last sample of a cut that was carried out, once."""
        at, self._cut_at = self._cut_at, None
        return at

    def heard(self, now_s: float) -> int:
        """Return how many of the written samples had left the loudspeaker at `now_s`."""
        beats = self.beats
        for beat in range(beats - 1, max(-1, beats - self._NOTES), -1):
            at_s, before, n = self._notes[beat % self._NOTES]
            if at_s <= now_s:
                return int(before + min(n, (now_s - at_s) * self.rate_hz))
        return 0 if beats < self._NOTES else int(self._notes[(beats + 1) % self._NOTES][1])

    def _fade_out(self, out: NDArray[np.float32], wanted: int) -> int:
        n = min(len(out), self._n_fade, wanted - self._ring.read)
        n = self._ring.read_into(out[: max(0, n)])
        out[:n] *= np.linspace(1.0, 0.0, n, dtype=np.float32)
        self._cut_at = self._ring.read
        self._ring.read = max(self._ring.read, wanted)
        self._cut_wanted = None
        self.is_fed = False
        return n


class History:
    """The latest samples of a stream, addressed by their position in it."""

    def __init__(self, capacity: int) -> None:
        self._buffer = np.zeros(2 * capacity, dtype=np.float32)
        self._capacity = capacity
        self._first = 0
        self._n = 0

    @property
    def first(self) -> int:
        return self._first

    @property
    def end(self) -> int:
        return self._first + self._n

    def append(self, block: NDArray[np.float32]) -> None:
        """Add a block, shape (n,), n at most the capacity; the oldest samples leave."""
        if self._n + len(block) > len(self._buffer):
            self.drop_before(self.end - self._capacity)
        self._buffer[self._n : self._n + len(block)] = block
        self._n += len(block)

    def drop_before(self, position: int) -> None:
        """Forget all samples before `position`."""
        gone = min(max(0, position - self._first), self._n)
        self._buffer[: self._n - gone] = self._buffer[gone : self._n].copy()
        self._first += gone
        self._n -= gone

    def slice(self, first: int, until: int) -> NDArray[np.float32]:
        """Return a copy of samples `first` to `until`, as far as they are kept."""
        low = min(max(0, first - self._first), self._n)
        high = min(max(low, until - self._first), self._n)
        return self._buffer[low:high].copy()
