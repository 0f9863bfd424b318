"""Mouth shapes of spoken sound: from phonemes and loudness to cues on the reply's own clock.

Vowels name the shape; lips that meet (b p m) and lip on teeth (f v) are always shown; other
consonants lean on the vowel beside them. A shape is held for at least 110 ms, since a mouth that
changes more than about seven times a second flickers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from companion.domain.audio import AudioClip, Speech, SpeechMark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Viseme = Literal["rest", "closed", "a", "i", "u", "e", "o", "f"]

MIN_HOLD_S: Final = 0.11
_SHORTEST_S: Final = 0.03
_FRAME_S: Final = 0.02
_QUIET: Final = 0.06
_SOFT: Final = 0.3
_OVERLAP_S: Final = 0.02

_SHAPES: Final[dict[Viseme, str]] = {
    "a": "aɑɐɒæʌAI",
    "e": "eᵊɛɜəɚᵻøœɘhɣχɤEɞ",
    "i": "iɪɨjyYʏɕʑʨʥʝç",
    "o": "oɔQOW",
    "u": "uʊɯwɥʍɰʉ",
    "closed": "bpmɓᵐ",
    "f": "fvɸβʋ",
}
_OF: Final[dict[str, Viseme]] = {letter: viseme for viseme, letters in _SHAPES.items() for letter in letters}
_PAUSES: Final = frozenset("。！？!?…．.,，、;；:：—\n")
_SMALLER: Final[dict[Viseme, Viseme]] = {"a": "e", "o": "u", "e": "i"}


@dataclass(frozen=True, slots=True)
class Cue:
    """From `at_s` of the reply's sound on the mouth has this shape."""

    at_s: float
    viseme: Viseme


def viseme_of(phoneme: str) -> Viseme | None:
    """Return the shape of a phoneme, or None where it leans on its neighbours: 't', a tone, a word gap."""
    if phoneme and phoneme[0] in _PAUSES:
        return "rest"
    for letter in phoneme:
        if letter in _OF:
            return _OF[letter]
    return None


def cues_of(speech: Speech, offset_s: float) -> tuple[Cue, ...]:
    """Return the cues of one chunk of speech that begins `offset_s` after the reply's first sound."""
    if not len(speech.clip.samples):
        return ()
    loudness = envelope(speech.clip)
    raw = _from_marks(speech) if speech.marks else _from_loudness(loudness)
    raw.append(Cue(speech.clip.seconds, "rest"))
    shaped = [Cue(cue.at_s, _scaled(cue, end, loudness)) for cue, end in zip(raw, _ends(raw), strict=True)]
    return tuple(Cue(cue.at_s + offset_s, cue.viseme) for cue in held(_with_silences(shaped, loudness)))


def _from_marks(speech: Speech) -> list[Cue]:
    cues: list[Cue] = []
    for mark in speech.marks:
        viseme = viseme_of(mark.phoneme)
        if viseme is not None and (not cues or cues[-1].viseme != viseme):
            cues.append(Cue(mark.sample / speech.clip.rate_hz, viseme))
    return cues or [Cue(0.0, "rest")]


def _from_loudness(loudness: NDArray[np.float64]) -> list[Cue]:
    cues: list[Cue] = []
    for i in range(0, len(loudness), 6):
        level = float(loudness[i : i + 6].mean())
        cues.append(Cue(i * _FRAME_S, "a" if level > 0.62 else "e" if level > _QUIET else "rest"))
    return cues


def envelope(clip: AudioClip) -> NDArray[np.float64]:
    """Return the RMS of each 20 ms, shape (n,), relative to the clip's loud parts, 0 to 1."""
    import numpy as np  # the window is seen before anybody speaks

    frame = max(1, int(clip.rate_hz * _FRAME_S))
    count = -(-len(clip.samples) // frame)
    padded = np.zeros(count * frame)
    padded[: len(clip.samples)] = np.nan_to_num(clip.samples)
    rms = np.sqrt((padded.reshape(count, frame) ** 2).mean(axis=1))
    loud = float(np.percentile(rms, 92)) if count else 0.0
    scaled: NDArray[np.float64] = np.clip(rms / max(loud, 1e-3), 0.0, 1.0)
    return scaled


def _ends(cues: Sequence[Cue]) -> list[float]:
    return [*(cue.at_s for cue in cues[1:]), cues[-1].at_s]


def _scaled(cue: Cue, end_s: float, loudness: NDArray[np.float64]) -> Viseme:
    first = int(cue.at_s / _FRAME_S)
    part = loudness[first : max(first + 1, int(end_s / _FRAME_S))]
    level = float(part.max()) if len(part) else 0.0
    if cue.viseme in ("closed", "f", "rest") or level >= _SOFT:
        return cue.viseme
    return "rest" if level < _QUIET else _SMALLER.get(cue.viseme, cue.viseme)


def _with_silences(cues: Sequence[Cue], loudness: NDArray[np.float64]) -> list[Cue]:
    """Close the mouth inside a shape where 160 ms and more of the sound are silent."""
    result: list[Cue] = []
    for cue, end in zip(cues, _ends(cues), strict=True):
        result.append(cue)
        first, last = int(cue.at_s / _FRAME_S), int(end / _FRAME_S)
        silent = loudness[first:last] < _QUIET
        run = 0
        for i in range(len(silent) - 1, -1, -1):
            if not silent[i]:
                break
            run += 1
        if cue.viseme != "rest" and run * _FRAME_S >= 0.16:
            result.append(Cue((last - run) * _FRAME_S, "rest"))
    return result


def held(cues: Iterable[Cue], hold_s: float = MIN_HOLD_S) -> list[Cue]:
    """Let every shape stand for `hold_s`: one that comes too soon comes later, or not at all if nothing is left of it.

    Lips that meet are never lost: they take the place of the shape before.
    """
    kept: list[Cue] = []
    every = list(cues)
    for i, cue in enumerate(every):
        if not kept:
            kept.append(cue)
            continue
        end = every[i + 1].at_s if i + 1 < len(every) else float("inf")
        start = max(cue.at_s, kept[-1].at_s + hold_s)
        if cue.viseme == kept[-1].viseme:
            continue
        if end - start >= _SHORTEST_S:
            kept.append(Cue(start, cue.viseme))
        elif cue.viseme == "closed" and kept[-1].viseme not in ("closed", "f"):
            kept[-1] = Cue(kept[-1].at_s, "closed")
    return kept


class MouthTrack:
    """The cues of one reply, asked by the position of the sound that is really playing."""

    def __init__(self) -> None:
        self._starts: list[float] = []
        self._cues: list[Cue] = []
        self._clause: list[Speech] = []
        self._clause_s = 0.0
        self._n_before = 0
        self.end_s = 0.0

    def add(self, speech: Speech, offset_s: float) -> None:
        """Append a chunk; one that starts before the last one has ended begins a new reply.

        The chunks of a clause are shaped together, as if they had come in one.
        """
        if offset_s < self.end_s - _OVERLAP_S:
            self.clear()
        if not self._clause or self._clause[-1].last or offset_s > self.end_s + _OVERLAP_S:
            self._clause, self._clause_s, self._n_before = [], offset_s, len(self._cues)
        self._clause.append(speech)
        del self._starts[self._n_before :], self._cues[self._n_before :]
        for cue in cues_of(_joined(self._clause), self._clause_s):
            if not self._starts or cue.at_s >= self._starts[-1]:
                self._starts.append(cue.at_s)
                self._cues.append(cue)
        self.end_s = max(self.end_s, offset_s + speech.clip.seconds)

    def clear(self) -> None:
        """Forget the reply."""
        self._starts.clear()
        self._cues.clear()
        self._clause, self._n_before = [], 0
        self.end_s = 0.0

    def at(self, seconds: float) -> Viseme:
        """Return the shape at `seconds` of the reply's sound."""
        place = bisect_right(self._starts, seconds) - 1
        if place < 0 or seconds >= self.end_s:
            return "rest"
        return self._cues[place].viseme


def _joined(chunks: Sequence[Speech]) -> Speech:
    if len(chunks) == 1:
        return chunks[0]
    import numpy as np  # the window is seen before anybody speaks

    marks: list[SpeechMark] = []
    position = 0
    for chunk in chunks:
        marks += [replace(mark, sample=mark.sample + position) for mark in chunk.marks]
        position += len(chunk.clip.samples)
    samples = np.concatenate([chunk.clip.samples for chunk in chunks])
    return replace(chunks[-1], clip=AudioClip(samples, chunks[0].clip.rate_hz), marks=tuple(marks))
