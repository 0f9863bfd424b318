"""When she is not to be heard and does not listen: by hand, and every day between two times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Minutes of the day; from `begin` up to, not including, `end`, over midnight if need be. Equal ones: never."""

    begin: int
    end: int

    @classmethod
    def between(cls, begin: str, end: str) -> QuietHours:
        """Return the hours between two times such as `23:00`. Raises ValueError."""
        return cls(_minute(begin), _minute(end))

    def holds(self, minute: int) -> bool:
        """Tell whether `minute` of the day lies within."""
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


@dataclass(frozen=True, slots=True)
class Quiet:
    """`by_hand` lasts until it is switched off; `is_excused` ends the hours early, until they next begin."""

    by_hand: bool = False
    hours: QuietHours | None = None
    is_excused: bool = False

    def is_on(self, minute: int) -> bool:
        """Tell whether it is quiet at `minute` of the day."""
        return self.by_hand or (self._is_time(minute) and not self.is_excused)

    def switched(self, on: bool, minute: int) -> Quiet:
        """Return what follows from switching it `on` or off by hand."""
        return Quiet(on, self.hours, is_excused=not on and self._is_time(minute))

    def passed(self, minute: int) -> Quiet:
        """Return what follows from the time: an excuse ends with the hours."""
        return Quiet(self.by_hand, self.hours, self.is_excused and self._is_time(minute))

    def _is_time(self, minute: int) -> bool:
        return self.hours is not None and self.hours.holds(minute)


def _minute(time: str) -> int:
    hours, _, minutes = time.partition(":")
    found = int(hours) * 60 + int(minutes)
    if not 0 <= found < 1440:
        raise ValueError(f"{time} is no time of a day")
    return found
