"""The demo voice: a soft hummed note for each syllable; needs no weights and no dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import Speech, SpeechMark
from companion.domain.character import VoiceSpec
from companion.engines.voices.shaping import empty_speech, pause_after, shaped
from companion.errors import Cancelled, ModelError
from companion.ports import Cancel

RATE_HZ: Final = 24_000
_BASE_HZ: Final = 262.0
# Major pentatonic, in semitones: any order of these notes sounds like a tune.
_SCALE: Final = (0, 2, 4, 7, 9)
# First two formants in Hz (Peterson & Barney 1952, women, rounded).
_FORMANTS: Final = {"a": (850, 1220), "e": (610, 2330), "i": (310, 2790), "o": (590, 920), "u": (370, 950)}
_HAN_S: Final = 0.2
_LATIN_S: Final = 0.17
_MARK_S: Final = 0.12
_PIECE_SYLLABLES: Final = 24
_LATIN_VOWELS: Final = "aeiouyAEIOUY"


@dataclass(frozen=True, slots=True)
class Syllable:
    """A note to hum: `vowel` of a e i o u, or "" for a silence; `char` is where it stands in the text."""

    char: int
    vowel: str
    seconds: float


class Tones:
    """Satisfies `ports.Voice` for any VoiceSpec; the same text always sounds the same."""

    def __init__(self) -> None:
        self._closed = False

    @classmethod
    def load(cls) -> Tones:
        """Return the voice, ready at once."""
        return cls()

    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        """Yield `clause` hummed at 24 kHz, 24 syllables at a time. Raises Cancelled when stopped."""
        if self._closed:
            raise ModelError("The demo voice was closed.", code="closed")
        syllables = syllables_of(clause)
        if not any(syllable.vowel for syllable in syllables):
            yield empty_speech(clause, RATE_HZ)
            return
        rises = clause.rstrip().endswith(("?", "？"))
        for start in range(0, len(syllables), _PIECE_SYLLABLES):
            if cancel.requested:
                raise Cancelled
            piece = syllables[start : start + _PIECE_SYLLABLES]
            last = start + _PIECE_SYLLABLES >= len(syllables)
            yield _hum(clause, piece, voice, rises and last, last)

    def close(self) -> None:
        self._closed = True


def syllables_of(text: str) -> list[Syllable]:
    """Return one syllable for each Chinese character and each vowel group of a word; marks are silences."""
    syllables: list[Syllable] = []
    previous = ""
    for place, char in enumerate(text):
        if "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf":
            syllables.append(Syllable(place, "aeiou"[ord(char) % 5], _HAN_S))
        elif char in _LATIN_VOWELS:
            if previous not in _LATIN_VOWELS or not previous:
                vowel = "i" if char in "yY" else char.lower()
                syllables.append(Syllable(place, vowel, _LATIN_S))
        elif char.isdigit():
            syllables.append(Syllable(place, "aeiou"[int(char) % 5], _HAN_S))
        elif char in "，。！？；：、…,.!?;:" and syllables and syllables[-1].vowel:
            syllables.append(Syllable(place, "", _MARK_S))
        previous = char
    while syllables and not syllables[-1].vowel:
        syllables.pop()
    return syllables


def _hum(clause: str, piece: list[Syllable], voice: VoiceSpec, rises: bool, last: bool) -> Speech:
    speed = min(max(voice.speed, 0.5), 2.0)
    notes: list[NDArray[np.float32]] = []
    marks: list[SpeechMark] = []
    position = 0
    for number, syllable in enumerate(piece):
        n_samples = int(syllable.seconds / speed * RATE_HZ)
        step = _SCALE[(ord(clause[syllable.char]) // 5 + number) % len(_SCALE)]
        lift = 5.0 if rises and number == len(piece) - 1 else 0.0
        pitch_hz = _BASE_HZ * 2.0 ** ((step + voice.pitch) / 12.0)
        if syllable.vowel:
            notes.append(_note(syllable.vowel, pitch_hz, n_samples, lift))
        else:
            notes.append(np.zeros(n_samples, np.float32))
        marks.append(SpeechMark(position, syllable.char, syllable.vowel or " "))
        position += n_samples
    pause_s = pause_after(clause) / speed if last else 0.0
    samples = np.concatenate(notes)
    return shaped(samples, RATE_HZ, clause, marks, exact=True, pause_s=pause_s, last=last)


def _note(vowel: str, pitch_hz: float, n_samples: int, lift_semitones: float) -> NDArray[np.float32]:
    """Return one vowel-like note: harmonics weighted by two formants, a slow onset, a falling end."""
    time = np.arange(n_samples) / RATE_HZ
    glide = np.linspace(0.6, -0.6, n_samples) + np.linspace(0.0, lift_semitones, n_samples)
    vibrato = 0.12 * np.sin(2 * np.pi * 5.5 * time)
    phase = 2 * np.pi * np.cumsum(pitch_hz * 2.0 ** ((glide + vibrato) / 12.0)) / RATE_HZ
    tone = np.zeros(n_samples)
    for harmonic in range(1, 13):
        tone += _formant_gain(vowel, harmonic * pitch_hz) / harmonic * np.sin(harmonic * phase)
    envelope = np.minimum(1.0, time / 0.025) * np.minimum(1.0, (n_samples / RATE_HZ - time) / 0.06)
    tone *= np.clip(envelope, 0.0, 1.0) ** 1.5
    return (0.22 * tone / max(1e-6, float(np.abs(tone).max(initial=0.0)))).astype(np.float32)


def _formant_gain(vowel: str, frequency_hz: float) -> float:
    first, second = _FORMANTS[vowel]
    near_first = np.exp(-(((frequency_hz - first) / 220.0) ** 2))
    near_second = 0.5 * np.exp(-(((frequency_hz - second) / 320.0) ** 2))
    return float(0.15 + near_first + near_second)
