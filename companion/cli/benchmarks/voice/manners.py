"""When the scripted user speaks: after her reply and a pause, or into it; a state machine without a clock."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

_GAP_S: Final = (0.8, 1.4)
_QUIET_S: Final = 0.3
_SETTLE_S: Final = 2.0  # whether a cough calls up a reply of its own
_SILENT_S: Final = 8.0  # how long a reply may take to come where none need come


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn: `said` is played after her reply to the turn before, `during` `after_s` into her reply.

    `order` is its place among all turns, those of another program included. `asks_again` tells that `during` is a
    question that wants a reply of its own.
    """

    order: int
    name: str
    said: str
    during: str = ""
    after_s: float = 0.0
    asks_again: bool = False

    @property
    def files(self) -> list[Path]:
        return [Path(file) for file in (self.said, self.during) if file]


@dataclass(frozen=True, slots=True)
class Started:
    """The user begins a sound now."""

    order: int
    what: Literal["said", "during"]
    file: Path


def write_entries(file: Path, entries: Sequence[Entry]) -> None:
    """Write entries for another process."""
    file.write_text(json.dumps([asdict(entry) for entry in entries]), encoding="utf-8")


def read_entries(file: Path) -> list[Entry]:
    """Return what `write_entries` wrote."""
    return [Entry(**row) for row in json.loads(file.read_text(encoding="utf-8"))]


class Manners:
    """Ask `step` every 10 ms; `ended` tells that a reply has ended. Belongs to one thread.

    `outcomes` tells of each turn that is over how it went: `answered`, `silent` (no reply came) or `missed` (she had
    ended before the user could come in).
    """

    def __init__(self, entries: Sequence[Entry], *, seed: int, reply_timeout_s: float) -> None:
        self._entries = list(entries)
        self._reply_timeout_s = reply_timeout_s
        self._dice = random.Random(seed)
        self._at = -1
        self._is_under_way = False
        self._gap_s = _GAP_S[1]
        self._quiet_from_s: float | None = None
        self._talked_s = 0.0
        self._first_sound_s: float | None = None
        self._came_in = False
        self._ended_s: float | None = None
        self._stopped_s: float | None = None
        self._done: list[int] = []
        self.outcomes: list[dict[str, Any]] = []

    @property
    def is_over(self) -> bool:
        return not self._is_under_way and self._at >= len(self._entries) - 1

    def take_done(self) -> list[int]:
        """Return the orders of the turns that have come to their end since the last call."""
        done, self._done = self._done, []
        return done

    def ended(self, now_s: float, *, stopped: bool) -> None:
        """Take in that her sound has come to its end."""
        if stopped:
            self._stopped_s = now_s
        else:
            self._ended_s = now_s

    def step(
        self,
        now_s: float,
        *,
        mic_is_open: bool,
        has_speech: bool,
        is_audible: bool,
        is_talking: bool,
        may_begin: Callable[[int], bool],
    ) -> Started | None:
        """Return what the user begins to say now, if anything."""
        if has_speech or is_talking or not mic_is_open:
            self._quiet_from_s = None
        elif self._quiet_from_s is None:
            self._quiet_from_s = now_s
        if is_talking:
            self._talked_s = now_s
            return None
        if not self._is_under_way:
            return self._begin(now_s, may_begin)
        if is_audible and self._first_sound_s is None:
            self._first_sound_s = now_s
        entry = self._entries[self._at]
        if self._comes_in(entry, now_s, has_speech):
            self._came_in, self._talked_s = True, now_s
            return Started(entry.order, "during", Path(entry.during))
        if (outcome := self._outcome(entry, now_s, has_speech)) is not None:
            self.outcomes.append({"order": entry.order, "outcome": outcome})
            self._done.append(entry.order)
            self._is_under_way = False
        return None

    def _begin(self, now_s: float, may_begin: Callable[[int], bool]) -> Started | None:
        if self.is_over or self._quiet_from_s is None or now_s - self._quiet_from_s < self._gap_s:
            return None
        entry = self._entries[self._at + 1]
        if not may_begin(entry.order):
            return None
        self._at, self._is_under_way, self._talked_s = self._at + 1, True, now_s
        self._gap_s = self._dice.uniform(*_GAP_S)
        self._first_sound_s = self._ended_s = self._stopped_s = None
        self._came_in = False
        return Started(entry.order, "said", Path(entry.said))

    def _comes_in(self, entry: Entry, now_s: float, has_speech: bool) -> bool:
        if not entry.during or self._came_in or not has_speech or self._first_sound_s is None:
            return False
        return now_s - self._first_sound_s >= entry.after_s

    def _outcome(self, entry: Entry, now_s: float, has_speech: bool) -> str | None:
        if has_speech:
            return None
        quiet_s = now_s - max(self._talked_s, self._ended_s or 0.0, self._stopped_s or 0.0)
        if self._ended_s is not None and self._ended_s >= self._talked_s:
            if self._came_in:
                return "answered" if quiet_s >= _SETTLE_S else None
            return ("missed" if entry.during else "answered") if quiet_s >= _QUIET_S else None
        if self._came_in and not entry.asks_again:
            return "answered" if quiet_s >= _SILENT_S else None
        return "silent" if quiet_s >= self._reply_timeout_s else None
