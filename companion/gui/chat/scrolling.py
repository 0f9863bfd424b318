"""Where rows of unequal height stand: measured when they come into view, estimated before. No Qt."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate


class RowPositions:
    """Heights of `n` rows; `measure(row)` gives an exact height, `estimate(row)` a cheap one."""

    def __init__(self, measure: Callable[[int], float], estimate: Callable[[int], float]) -> None:
        self._measure, self._estimate = measure, estimate
        self._heights: list[float] = []
        self._exact: list[bool] = []
        self._tops: list[float] | None = None

    def __len__(self) -> int:
        return len(self._heights)

    @property
    def total(self) -> float:
        return self._sums()[-1]

    def reset(self, n: int) -> None:
        """Forget all heights; there are `n` rows now."""
        self._heights = [self._estimate(row) for row in range(n)]
        self._exact = [False] * n
        self._tops = None

    def insert(self, first: int, n: int) -> None:
        self._heights[first:first] = [self._estimate(row) for row in range(first, first + n)]
        self._exact[first:first] = [False] * n
        self._tops = None

    def remove(self, first: int, n: int) -> None:
        del self._heights[first : first + n]
        del self._exact[first : first + n]
        self._tops = None

    def forget(self, row: int) -> None:
        """The row changed; its old height stands until it is measured again."""
        self._exact[row] = False

    def top(self, row: int) -> float:
        return self._sums()[row]

    def height(self, row: int) -> float:
        return self._heights[row]

    def is_exact(self, row: int) -> bool:
        return self._exact[row]

    def at(self, y: float) -> int:
        """Return the row at `y`, the nearest one outside, -1 if there is none."""
        if not self._heights:
            return -1
        return min(max(0, bisect_right(self._sums(), y) - 1), len(self._heights) - 1)

    def measure(self, row: int) -> float:
        """Return the exact height of a row."""
        if not self._exact[row]:
            height = self._measure(row)
            self._exact[row] = True
            if height != self._heights[row]:
                self._heights[row] = height
                self._tops = None
        return self._heights[row]

    def settle_at_end(self, viewport: float) -> float:
        """Measure the last rows until they fill `viewport`; return the scroll value that shows the end."""
        filled, row = 0.0, len(self._heights) - 1
        while row >= 0 and filled < viewport:
            filled += self.measure(row)
            row -= 1
        return max(0.0, self.total - viewport)

    def settle(self, value: float, viewport: float) -> float:
        """Measure what `viewport` shows at scroll `value`; return the value that keeps known rows in place."""
        if not self._heights:
            return 0.0
        first, last = self.at(value), self.at(value + viewport)
        anchor = next((row for row in range(first, last + 1) if self._exact[row]), first)
        offset = self.top(anchor) - value
        for row in range(anchor, len(self._heights)):
            if self.top(row) - self.top(anchor) + offset > viewport:
                break
            self.measure(row)
        above, row = offset, anchor - 1
        while row >= 0 and above > 0:
            above -= self.measure(row)
            row -= 1
        return min(max(0.0, self.top(anchor) - offset), max(0.0, self.total - viewport))

    def _sums(self) -> list[float]:
        if self._tops is None:
            self._tops = list(accumulate(self._heights, initial=0.0))
        return self._tops
