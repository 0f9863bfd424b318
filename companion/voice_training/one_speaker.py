"""Whether all clips are of one speaker: those of others are dropped, and two that are equally frequent are a question.

Embeddings of one speaker lie together, at a cosine that depends on the recordings; so the limit follows from how far
the clips of these recordings lie from their own middle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import CompanionError
from companion.voice_training.clip import Clip

F32 = NDArray[np.float32]

# The answer that both are the same person.
BOTH: Final = 2
_LOWEST: Final = 0.65
_HIGHEST: Final = 0.88
# Clips of one stock voice reach down to four upper quartile ranges under their median.
_SPREADS: Final = 5.0
_LEAST_MARGIN: Final = 0.075
_MOST_MARGIN: Final = 0.25
_LEAST_GAP: Final = 0.045
_GAP_SPREADS: Final = 1.3
_DOUBT: Final = 0.02
_LEAST_CLIPS: Final = 4
# Two groups are two speakers if both are frequent and lie further apart than one speaker's moods do.
_FREQUENT: Final = 0.2
_HALF: Final = 0.35
_APART: Final = 0.86
_LEAST_GAIN: Final = 0.05
_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class SpeakerCheck:
    """`clips` in the given order; `groups` holds the names of the clips of each speaker, more than one where asked.

    `limit` is the cosine below which a clip is somebody else's.
    """

    clips: tuple[Clip, ...]
    groups: tuple[tuple[str, ...], ...]
    limit: float

    @property
    def is_question(self) -> bool:
        return len(self.groups) > 1


def check_speakers(
    clips: Sequence[Clip], embeddings: Mapping[str, F32], *, speaker: int | None = None
) -> SpeakerCheck:
    """Drop the clips of other speakers than the most frequent one.

    `embeddings` by clip name, shape (256,), unit length; dropped clips and those without one are left alone. Where two
    speakers have more than a fifth of the clips each, nothing is dropped and `groups` has two entries, the larger
    first; then `speaker` answers: 0 or 1 is the one that is wanted, `BOTH` that they are moods of one person.
    """
    heard = [
        clip for clip in clips if clip.dropped is None and np.any(embeddings.get(clip.name, np.zeros(1)))
    ]
    names = tuple(clip.name for clip in heard)
    if len(heard) < _LEAST_CLIPS:
        return SpeakerCheck(tuple(clips), (names,), 0.0)
    vectors = np.stack([embeddings[name] for name in names])
    members = _two_groups(vectors)
    if members is None:
        homes = [_home(vectors)]
    elif speaker is None:
        groups = (tuple(np.asarray(names)[members == side].tolist()) for side in (0, 1))
        return SpeakerCheck(tuple(clips), tuple(groups), 0.0)
    else:
        homes = [_home(vectors[members == side]) for side in ((0, 1) if speaker == BOTH else (speaker,))]
    fits = _fits(vectors, homes)
    judged = [_judged(clip, *fits[names.index(clip.name)]) if clip.name in names else clip for clip in clips]
    kept = tuple(name for name, (cosine, limit) in zip(names, fits, strict=True) if cosine >= limit)
    return SpeakerCheck(tuple(judged), (kept,), min(limit for _, limit in homes))


def two_speakers(check: SpeakerCheck) -> CompanionError:
    """Return the question that two speakers are, as an error with what can be done."""
    sizes = " and ".join(str(len(group)) for group in check.groups)
    return CompanionError(
        f"Two people speak in these recordings, in {sizes} clips.",
        "Say whose voice is wanted, or put the recordings of the other one elsewhere.",
        code="two_speakers",
    )


def _fits(vectors: F32, homes: Sequence[tuple[F32, float]]) -> list[tuple[float, float]]:
    """Return for each clip its cosine to the home that it fits best, and that one's limit."""
    cosines = np.stack([vectors @ middle for middle, _ in homes], axis=1)
    limits = np.asarray([limit for _, limit in homes])
    best = np.argmax(cosines - limits, axis=1)
    return [(float(row[at]), float(limits[at])) for row, at in zip(cosines, best, strict=True)]


def _judged(clip: Clip, cosine: float, limit: float) -> Clip:
    if cosine < limit:
        return clip.drop(
            "second_speaker", f"similarity {cosine:.2f}, wanted {limit:.2f}", speaker_cosine=cosine
        )
    clip = clip.measured(speaker_cosine=cosine)
    return clip.doubt("speaker_doubtful") if cosine < limit + _DOUBT else clip


def _middle(vectors: F32) -> F32:
    """Return the middle of the half that lies closest together, so that a few strangers do not move it."""
    middle = _unit(vectors.mean(axis=0))
    for _ in range(3):
        cosines = vectors @ middle
        middle = _unit(vectors[cosines >= np.median(cosines)].mean(axis=0))
    return middle


def _home(vectors: F32) -> tuple[F32, float]:
    """Return the middle of one speaker's clips and the limit, told anew without those that the last limit excluded."""
    near = vectors
    for _ in range(_ROUNDS):
        middle = _middle(near)
        cosines = vectors @ middle
        limit = _limit(near @ middle)
        if np.count_nonzero(cosines >= limit) in (0, len(near)):
            break
        near = vectors[cosines >= limit]
    return middle, limit


def _limit(cosines: F32) -> float:
    """Return the limit by the spread, or in a wide gap above that.

    Strangers stretch the lower side alone, so the spread is taken from the upper one.
    """
    median, upper = np.quantile(cosines, (0.5, 0.75))
    spread = float(upper - median)
    margin = float(np.clip(_SPREADS * spread, _LEAST_MARGIN, _MOST_MARGIN))
    limits = [float(median) - margin]
    lower = np.sort(cosines[cosines <= median])
    for below, above in pairwise(lower.tolist()):
        if above - below > max(_LEAST_GAP, _GAP_SPREADS * spread) and below < median - _LEAST_MARGIN:
            limits.append((below + above) / 2)
    return float(np.clip(max(limits), _LOWEST, _HIGHEST))


def _two_groups(vectors: F32) -> NDArray[np.int64] | None:
    """Return 0 for the clips of the larger and 1 for those of the smaller of two speakers, None if there is one.

    Two means on the sphere, begun at the two clips that are furthest apart in the main direction.
    """
    spread = vectors - vectors.mean(axis=0)
    main = np.linalg.svd(spread, full_matrices=False)[2][0]
    along = spread @ main
    middles = np.stack(
        [
            _unit(vectors[along < np.median(along)].mean(axis=0)),
            _unit(vectors[along >= np.median(along)].mean(axis=0)),
        ]
    )
    members = np.argmax(vectors @ middles.T, axis=1)
    for _ in range(4 * _ROUNDS):
        if len(set(members.tolist())) < 2:
            return None
        middles = np.stack([_unit(vectors[members == side].mean(axis=0)) for side in (0, 1)])
        new = np.argmax(vectors @ middles.T, axis=1)
        if np.array_equal(new, members):
            break
        members = new
    cosines = vectors @ middles.T
    own = cosines[np.arange(len(members)), members]
    other = cosines[np.arange(len(members)), 1 - members]
    share = float(np.mean(members))
    fewer = min(share, 1 - share)
    frequent = fewer > _FREQUENT and (fewer * len(members) >= _LEAST_CLIPS or fewer > _HALF)
    apart = float(middles[0] @ middles[1]) < _APART and float(np.median(own - other)) > _LEAST_GAIN
    if not (frequent and apart):
        return None
    return np.asarray(members if share <= 0.5 else 1 - members, np.int64)


def _unit(vector: F32) -> F32:
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(np.float32)
