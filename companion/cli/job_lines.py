"""What a job tells, as lines for a terminal: one that moves, or plain ones where the output goes into a file."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from companion.errors import UsageError
from companion.jobs.events import JobEvent
from companion.jobs.job import Job

_BETWEEN_S = 5.0
_WIDTH = 100
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?")
_UNIT_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, None: 3600}


class JobLines:
    """Satisfies `jobs.events.Listener`. `titles` say in a few words what each stage does."""

    def __init__(self, out: TextIO, titles: Mapping[str, str]) -> None:
        self._out, self._titles = out, titles
        self._moves = out.isatty()
        self._open = False
        self._told: dict[str, float] = {}

    def __call__(self, event: JobEvent) -> None:
        title = self._titles.get(event.stage, event.stage)
        if event.kind == "progress":
            self._progress(title, event)
        elif event.state == "running":
            self._line(f"{title} ...")
        elif event.state in ("failed", "cancelled") or event.kind == "question":
            self._line("")
        elif event.msg:
            self._line(f"  {event.msg}")

    def close(self) -> None:
        """End the line that moves."""
        if self._open:
            self._out.write("\n")
            self._open = False
        self._out.flush()

    def _progress(self, title: str, event: JobEvent) -> None:
        text = f"  {title}: {event.done:,} of {event.total:,}"
        if event.eta_s is not None and event.done < event.total:
            text += f", {time_words(event.eta_s)} left"
        if event.msg:
            text += f" - {event.msg}"
        if self._moves:
            self._out.write(f"\r{text[:_WIDTH]:<{_WIDTH}}")
            self._out.flush()
            self._open = True
            return
        now_s = time.monotonic()
        if event.done == event.total or now_s - self._told.get(event.stage, -_BETWEEN_S) >= _BETWEEN_S:
            self._told[event.stage] = now_s
            self._line(text)

    def _line(self, text: str) -> None:
        self.close()
        if text:
            self._out.write(f"{text}\n")
            self._out.flush()


def time_words(seconds: float) -> str:
    """Return a length of time in words, such as "12 min"; rounded as one would say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    if seconds < 36 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.1f} days"


def seconds_of(wish: str) -> float:
    """Return a length of time such as 90s, 45min, 8h or 2d in seconds. Raises UsageError."""
    match = _TIME.fullmatch(wish.strip().lower())
    if match is None or float(match[1]) <= 0:
        raise UsageError(f"'{wish}' is no length of time.", "Examples: 45min, 8h, 2d.")
    return float(match[1]) * _UNIT_S[match[2]]


def show_status(job: Job, folder: Path, titles: Mapping[str, str], *, as_json: bool) -> int:
    """Print how far each stage of a job is; return the exit code."""
    rows = job.status()
    if as_json:
        plain = [
            {"stage": one.stage, "state": one.state, "done": one.done, "total": one.total, "what": one.what}
            for one in rows
        ]
        print(json.dumps({"folder": str(folder), "stages": plain}, ensure_ascii=False))
        return 0
    for one in rows:
        count = f" {one.done:,}/{one.total:,}" if one.total else ""
        print(f"{titles.get(one.stage, one.stage):<34}{one.state}{count} {one.what}".rstrip())
    return 0
