"""What a set of recordings is good for: minutes kept, minutes dropped and why, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from companion.text.phonemes import Language
from companion.voice_training.clip import Clip, Reason
from companion.voice_training.coverage import Coverage, coverage, sentences_to_record

Level = Literal["nothing", "similar", "preview", "good", "best"]

# Seconds from which a level is reached.
_LEVELS: Final[tuple[tuple[float, Level], ...]] = (
    (1800.0, "best"),
    (300.0, "good"),
    (60.0, "preview"),
    (1.0, "similar"),
)
# A clip this far from the middle speed is odd though it was kept.
_ODD_SPEED: Final = 0.35
_BINS: Final[Mapping[str, tuple[float, float, int]]] = {
    "ovrl": (1.0, 5.0, 16),
    "snr_db": (0.0, 60.0, 12),
    "syllables_per_s": (0.0, 10.0, 20),
    "seconds": (0.0, 15.0, 15),
}


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts[i]` clips lie between `edges[i]` and `edges[i + 1]`; those outside count in the first or last bin."""

    figure: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    median: float


@dataclass(frozen=True, slots=True)
class Dropped:
    """Clips that were dropped for one reason."""

    reason: Reason
    n_clips: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the recordings are good for.

    `similar`: under a minute, only a similar voice is fitted; `preview` 1 to 5 minutes; `good` 5 to 30; `best` more.
    `odd_speed` names kept clips spoken much faster or slower than the rest. `record_next` are sentences that bring
    what is missing.
    """

    language: Language
    level: Level
    kept_s: float
    n_kept: int
    dropped: tuple[Dropped, ...]
    n_flagged: int
    histograms: tuple[Histogram, ...]
    odd_speed: tuple[str, ...]
    coverage: Coverage
    record_next: tuple[str, ...]

    @property
    def can_train(self) -> bool:
        return self.level in ("preview", "good", "best")

    @property
    def dropped_s(self) -> float:
        return sum(one.seconds for one in self.dropped)


def judge(clips: Sequence[Clip], language: Language) -> Verdict:
    """Return the verdict on `clips`, dropped ones included."""
    kept = [clip for clip in clips if clip.dropped is None]
    kept_s = sum(clip.seconds for clip in kept)
    covered = coverage([clip.text for clip in kept if clip.text], language)
    return Verdict(
        language,
        level_of(kept_s),
        kept_s,
        len(kept),
        _dropped(clips),
        sum(bool(clip.flags) for clip in kept),
        tuple(_histogram(figure, _figures(kept, figure)) for figure in _BINS if _figures(kept, figure)),
        _odd_speed(kept),
        covered,
        tuple(sentences_to_record(covered)),
    )


def level_of(kept_s: float) -> Level:
    """Return what so many seconds of good speech are enough for."""
    return next((level for least, level in _LEVELS if kept_s >= least), "nothing")


def _dropped(clips: Sequence[Clip]) -> tuple[Dropped, ...]:
    lengths: dict[Reason, list[float]] = {}
    for clip in clips:
        if clip.dropped is not None:
            lengths.setdefault(clip.dropped, []).append(clip.seconds)
    found = [Dropped(reason, len(seconds), sum(seconds)) for reason, seconds in lengths.items()]
    return tuple(sorted(found, key=lambda one: (-one.seconds, -one.n_clips)))


def _figures(clips: Sequence[Clip], figure: str) -> list[float]:
    if figure == "seconds":
        return [clip.seconds for clip in clips]
    return [clip.figures[figure] for clip in clips if figure in clip.figures]


def _histogram(figure: str, values: Sequence[float]) -> Histogram:
    low, high, n_bins = _BINS[figure]
    counts, edges = np.histogram(np.clip(values, low, high), bins=n_bins, range=(low, high))
    return Histogram(figure, tuple(edges.tolist()), tuple(counts.tolist()), float(np.median(values)))


def _odd_speed(kept: Sequence[Clip]) -> tuple[str, ...]:
    speeds = {
        clip.name: clip.figures["syllables_per_s"] for clip in kept if "syllables_per_s" in clip.figures
    }
    if len(speeds) < 5:
        return ()
    middle = float(np.median(list(speeds.values())))
    odd = [name for name, speed in speeds.items() if abs(speed - middle) > _ODD_SPEED * middle]
    return tuple(sorted(odd, key=lambda name: -abs(speeds[name] - middle)))
