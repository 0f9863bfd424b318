"""Which sounds a set of recordings has, how often, and which sentences to record for those that it lacks.

Chinese counts initials, finals and tones as they are spoken (after sandhi); English the phonemes of the lexicon.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from companion.text.aligned import Aligned
from companion.text.frontend import phonemise
from companion.text.language import HAN
from companion.text.mandarin import read_mandarin
from companion.text.normalise import normalised
from companion.text.phonemes import Language
from companion.text.syllables import initial_and_final

Kind = Literal["initial", "final", "tone", "phoneme"]
N_SENTENCES: Final = 20

_CHINESE: Final = re.compile(f"[{HAN}]+")
# No initial is one of its own: the syllable begins with the vowel.
_INITIALS_TEXT: Final = "b p m f d t n l g k h j q x zh ch sh r z c s -"
_FINALS_TEXT: Final = (
    "a ai an ang ao e ei en eng er i ia ian iang iao ie in ing iong iu o ong ou u ua uai uan uang ui un uo v van ve vn "
    "apical"
)
# Misaki's American phonemes; those of Chinese or British words in English text are not asked for.
_PHONEMES: Final = "AIOWYbdfhijklmnpstuvwzæðŋɑɔəɛɜɡɪɹʃʊʌʒʤʧθᵊɾ"
_ENOUGH: Final[Mapping[Kind, int]] = {"initial": 5, "final": 3, "tone": 20, "phoneme": 5}


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound and how often it occurs; `wanted` occurrences are enough to learn it from."""

    kind: Kind
    name: str
    count: int
    wanted: int

    @property
    def lacking(self) -> int:
        return max(0, self.wanted - self.count)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The sounds of a language in a set of texts; `n_units` syllables or phonemes were counted."""

    language: Language
    sounds: tuple[Sound, ...]
    n_units: int

    @property
    def share(self) -> float:
        """Of all sounds wanted, those that occur often enough, 0 to 1."""
        return sum(sound.lacking == 0 for sound in self.sounds) / len(self.sounds)

    @property
    def lacking(self) -> tuple[Sound, ...]:
        """The sounds that occur too seldom, the most wanted first."""
        found = [sound for sound in self.sounds if sound.lacking]
        return tuple(sorted(found, key=lambda sound: -sound.lacking / sound.wanted))


def coverage(texts: Sequence[str], language: Language) -> Coverage:
    """Count the sounds of `texts`."""
    counted: Counter[tuple[Kind, str]] = Counter()
    for text in texts:
        counted.update(_sounds(text, language))
    sounds = tuple(
        Sound(kind, name, counted[kind, name], _ENOUGH[kind]) for kind, name in _inventory(language)
    )
    unit: Kind = "tone" if language == "zh" else "phoneme"
    return Coverage(language, sounds, sum(sound.count for sound in sounds if sound.kind == unit))


def sentences_to_record(present: Coverage, count: int = N_SENTENCES) -> list[str]:
    """Return `count` natural sentences that bring the most of what `present` lacks, the most useful first.

    Greedy set cover; each sound counts by how far it is from enough. Where nothing lacks, the rarest sounds are sought.
    """
    counts = {(sound.kind, sound.name): float(sound.count) for sound in present.sounds}
    wanted = {(sound.kind, sound.name): sound.wanted for sound in present.sounds}
    candidates = {text: _sounds(text, present.language) for text in prompts(present.language)}
    chosen: list[str] = []
    while candidates and len(chosen) < count:
        if all(counts[sound] >= wanted[sound] for sound in wanted):
            wanted = {sound: 2 * number for sound, number in wanted.items()}
        best = max(candidates, key=lambda text: _gain(candidates[text], counts, wanted) / len(text) ** 0.5)
        for sound, number in candidates.pop(best).items():
            if sound in counts:
                counts[sound] += number
        chosen.append(best)
    return chosen


@cache
def prompts(language: Language) -> tuple[str, ...]:
    """Return the sentences that one may be asked to record."""
    text = files("companion.voice_training.data").joinpath(f"sentences_{language}.txt").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line)


def _gain(
    sounds: Mapping[tuple[Kind, str], int],
    counts: Mapping[tuple[Kind, str], float],
    wanted: Mapping[tuple[Kind, str], int],
) -> float:
    return sum(
        min(number, wanted[sound] - counts[sound]) / wanted[sound] * (3.0 if not counts[sound] else 1.0)
        for sound, number in sounds.items()
        if sound in wanted and counts[sound] < wanted[sound]
    )


def _inventory(language: Language) -> list[tuple[Kind, str]]:
    if language == "en":
        return [("phoneme", name) for name in _PHONEMES]
    return [
        *(("initial", name) for name in _INITIALS_TEXT.split(" ")),
        *(("final", name) for name in _FINALS_TEXT.split(" ")),
        *(("tone", name) for name in "12345"),
    ]


@cache
def _sounds(text: str, language: Language) -> Counter[tuple[Kind, str]]:
    counted: Counter[tuple[Kind, str]] = Counter()
    if language == "en":
        symbols = phonemise(text, language="en").symbols.replace("T", "ɾ")
        counted.update(("phoneme", symbol) for symbol in symbols if symbol in _PHONEMES)
        return counted
    spoken = normalised(Aligned.of(text), "zh")
    for begin, end in _runs(spoken.text):
        for word in read_mandarin(spoken.slice(begin, end)):
            for syllable in word:
                initial, final = initial_and_final(syllable.pinyin)
                counted["initial", initial or "-"] += 1
                counted["final", final] += 1
                counted["tone", str(syllable.tone)] += 1
    return counted


def _runs(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _CHINESE.finditer(text)]
