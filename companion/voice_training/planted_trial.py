"""How well the checks find planted faults: recordings are spoken, spoilt, screened and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from companion.domain.audio import AudioClip
from companion.errors import AudioError
from companion.text.phonemes import Language
from companion.voice_training.clip import ANALYSIS_HZ, Clip
from companion.voice_training.cutting import cut
from companion.voice_training.labels import Listener
from companion.voice_training.one_speaker import SpeakerCheck
from companion.voice_training.outline import BlockDetector, outline
from companion.voice_training.planted import (
    CHINESE,
    ENGLISH,
    Kind,
    Planted,
    Spoken,
    confusion,
    is_right,
    plant,
)
from companion.voice_training.recordings import Found, find_recordings
from companion.voice_training.screening import Screened, compared, screened
from companion.voice_training.slicing import slices
from companion.voice_training.transcripts import find_transcripts

# What a voice says in which language: the text and the name of a voice.
Speak = Callable[[str, str, Language], AudioClip]

_N_OTHERS: Final = 4


@dataclass(frozen=True, slots=True)
class Corpus:
    """One corpus of the trial; with `texts` the recordings come with a table of what is said."""

    voice: str
    other: str
    language: Language
    seed: int
    texts: bool = True


@dataclass(frozen=True, slots=True)
class Miss:
    """A recording that did not end as it should."""

    planted: Planted
    ended: str
    detail: str


@dataclass(frozen=True, slots=True)
class Trial:
    """`table` counts recordings by what is wrong with them and how they ended; the shares are of 0 to 1."""

    table: Mapping[tuple[Kind, str], int]
    misses: tuple[Miss, ...]

    @property
    def n_bad(self) -> int:
        return sum(n for (kind, _), n in self.table.items() if kind != "good")

    @property
    def n_good(self) -> int:
        return sum(n for (kind, _), n in self.table.items() if kind == "good")

    @property
    def found(self) -> float:
        """The share of bad recordings that were dropped for the right reason."""
        right = sum(n for (kind, ended), n in self.table.items() if kind != "good" and is_right(kind, ended))
        return right / max(1, self.n_bad)

    @property
    def lost(self) -> float:
        """The share of good recordings that were dropped."""
        wrong = sum(n for (kind, ended), n in self.table.items() if kind == "good" and ended != "kept")
        return wrong / max(1, self.n_good)


def planted_trial(
    folder: Path,
    corpora: Sequence[Corpus],
    speak: Speak,
    detector: BlockDetector,
    listener: Listener,
    *,
    n_sentences: int = len(CHINESE),
    counts: Mapping[Kind, int] | None = None,
    progress: Callable[[Corpus, Trial], None] | None = None,
) -> Trial:
    """Make each corpus in a folder of its own below `folder`, screen it, and return the counts of all.

    `progress` gets each corpus with the counts so far. Raises AudioError, ModelError and what `speak` raises.
    """
    table: dict[tuple[Kind, str], int] = {}
    misses: list[Miss] = []
    for corpus in corpora:
        place = folder / f"{corpus.voice}-{corpus.seed}"
        sentences = (CHINESE if corpus.language == "zh" else ENGLISH)[:n_sentences]
        own = [Spoken(text, speak(text, corpus.voice, corpus.language)) for text in sentences]
        others = [Spoken(text, speak(text, corpus.other, corpus.language)) for text in sentences[-_N_OTHERS:]]
        more = {} if counts is None else {"counts": counts}
        planted = plant(place, own, others, seed=corpus.seed, texts=corpus.texts, **more)
        check = screened_folder(find_recordings(place), detector, listener, corpus.language)
        for key, n in confusion(planted, check.clips).items():
            table[key] = table.get(key, 0) + n
        misses += _misses(planted, check.clips)
        if progress:
            progress(corpus, Trial(dict(table), tuple(misses)))
    return Trial(table, tuple(misses))


def screened_folder(
    found: Found, detector: BlockDetector, listener: Listener, language: Language
) -> SpeakerCheck:
    """Return the screened clips of all recordings, without keeping their sound; a damaged one is passed over."""
    return compared(list(_screened(found, detector, listener, language)))


def _screened(
    found: Found, detector: BlockDetector, listener: Listener, language: Language
) -> Iterator[Screened]:
    lines = find_transcripts(found).lines
    number = 1
    for recording in found.recordings:
        try:
            heard = outline(recording, detector)
            parts = slices(heard, lines.get(recording.name, ()))
            for one in cut(recording, parts, heard, first_number=number):
                number += 1
                yield screened(one.clip, one.analysis, ANALYSIS_HZ, listener, language)
        except AudioError:
            continue


def _misses(planted: Sequence[Planted], clips: Sequence[Clip]) -> list[Miss]:
    of = {one.file: [clip for clip in clips if clip.source == one.file] for one in planted}
    misses = []
    for one in planted:
        ((_, ended),) = confusion([one], of[one.file])
        if not is_right(one.kind, ended):
            detail = next((clip.detail for clip in of[one.file] if clip.dropped), "")
            misses.append(Miss(one, ended, detail))
    return misses
