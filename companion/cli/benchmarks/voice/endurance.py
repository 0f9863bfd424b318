"""Many turns in one launch: what is stuck, leaked or grown at the end."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from companion.cli.benchmarks.figures import summary
from companion.cli.benchmarks.voice.sitting import Sitting
from companion.cli.benchmarks.voice.turns import MeasuredTurn
from companion.cli.benchmarks.voice.watch import Sample, leaked
from companion.domain import events

_SETTLED: Final = 20  # turns after which nothing may grow any more
_WINDOW: Final = 5


def endurance(sitting: Sitting, turns: Sequence[MeasuredTurn]) -> dict[str, Any]:
    """Return the figures of a soak. Growth is the median of the last samples less that of those after turn 20."""
    recording = sitting.recording
    outcomes = {row["order"]: row["outcome"] for row in recording.outcomes}
    begins = [recording.origin_s + recording.seconds(turn.begin) for turn in turns]
    settled = min(_SETTLED, max(0, len(begins) - 2))
    within = [one for one in sitting.watched if begins and one.at_s >= begins[0]]
    later = [one for one in within if one.at_s >= begins[settled]] if begins else []
    kinds = (events.TurnFailed, events.WorkerLost)
    faults = [event for _, event in sitting.stamps if isinstance(event, kinds)]
    half = len(turns) // 2
    return {
        "turns": len(turns),
        "seconds": round(recording.seconds(len(recording.hers)), 1),
        "turns_without_reply": sum(outcome == "silent" for outcome in outcomes.values()),
        "state_at_end": sitting.state,
        "failed": [type(event).__name__ for event in faults],
        "threads_leaked": leaked(within[0], within[-1]) if len(within) > 1 else [],
        "threads_of_all_processes": [within[0].n_threads, within[-1].n_threads] if within else [],
        "memory_from_turn": settled,
        "memory_grown_mb": _growth(later),
        "rss_mb": within[-1].rss_mb if within else {},
        "underruns": recording.underruns,
        "sound_thread_late_ms": recording.late_ms,
        "voice_to_voice_first_half_s": summary(_answered(turns[:half])),
        "voice_to_voice_second_half_s": summary(_answered(turns[half:])),
    }


def _answered(turns: Sequence[MeasuredTurn]) -> list[float]:
    return [turn.voice_to_voice_s for turn in turns if turn.voice_to_voice_s is not None]


def _growth(samples: Sequence[Sample]) -> dict[str, float]:
    if len(samples) < 2:
        return {}
    n = min(_WINDOW, len(samples) // 2)
    first, last = samples[:n], samples[-n:]
    return {
        role: round(
            median(one.rss_mb.get(role, 0.0) for one in last)
            - median(one.rss_mb.get(role, 0.0) for one in first),
            1,
        )
        for role in samples[-1].rss_mb
    }
