"""The checks of all clips in their order: the sound, what is said, the speed, who speaks, what came twice.

A clip keeps the first reason that was found. Each step takes and gives plain clips, so that a job can stop between
any two; `Screened` of one clip depends on nothing but its sound and its text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.text.phonemes import Language
from companion.voice_training.clip import Clip
from companion.voice_training.duplicates import fingerprint, without_duplicates
from companion.voice_training.faults import Scorer, with_sound_faults
from companion.voice_training.labels import Listener, labelled, with_odd_speed
from companion.voice_training.naturalness import naturalness
from companion.voice_training.one_speaker import SpeakerCheck, check_speakers
from companion.voice_training.speaker_embedding import speaker_embedding

F32 = NDArray[np.float32]
Embedder = Callable[[F32, int], F32]

# From the gravest to the slightest doubt; review shows clips in this order.
FLAGS: Final = (
    "text_differs",
    "not_in_text",
    "unsure",
    "two_readings",
    "repeats",
    "speaker_doubtful",
    "music_behind",
    "noisy",
    "faint_speech",
    "dull",
    "cut_in_speech",
    "cleaned",
)


@dataclass(frozen=True, slots=True, eq=False)
class Screened:
    """A clip after the checks of its own sound; the vectors are for the checks against the others."""

    clip: Clip
    embedding: F32
    fingerprint: F32


def screened(
    clip: Clip,
    samples: F32,
    rate_hz: int,
    listener: Listener,
    language: Language,
    *,
    score: Scorer = naturalness,
    embed: Embedder = speaker_embedding,
) -> Screened:
    """Return the clip with its faults, its text and its figures; `samples` is the analysis copy, shape (n,).

    The slow checks are left out for a clip that is dropped before them.
    """
    print_ = fingerprint(samples, rate_hz)
    nobody = np.zeros(0, np.float32)
    if clip.dropped is None or clip.dropped == "too_long":
        clip = with_sound_faults(clip, samples, rate_hz, score)
    if clip.dropped is not None:
        return Screened(clip, nobody, print_)
    return Screened(labelled(clip, samples, rate_hz, listener, language), embed(samples, rate_hz), print_)


def compared(found: Sequence[Screened], *, speaker: int | None = None) -> SpeakerCheck:
    """Return all clips after the checks against one another, worst flag first.

    The result is a question where two speakers are equally frequent, see `check_speakers`.
    """
    clips = with_odd_speed([one.clip for one in found])
    embeddings = {one.clip.name: one.embedding for one in found if len(one.embedding)}
    check = check_speakers(clips, embeddings, speaker=speaker)
    unique = without_duplicates(check.clips, {one.clip.name: one.fingerprint for one in found})
    return SpeakerCheck(tuple(map(_ordered, unique)), check.groups, check.limit)


def reasons(clips: Sequence[Clip]) -> Mapping[str, int]:
    """Return how many clips were dropped for which reason."""
    counts: dict[str, int] = {}
    for clip in clips:
        if clip.dropped:
            counts[clip.dropped] = counts.get(clip.dropped, 0) + 1
    return counts


def _ordered(clip: Clip) -> Clip:
    rank = {flag: place for place, flag in enumerate(FLAGS)}
    return dataclasses.replace(
        clip, flags=tuple(sorted(clip.flags, key=lambda flag: rank.get(flag, len(rank))))
    )
