"""Mouth shapes of spoken sound: from phonemes and loudness to cues on the reply's own clock.

Vowels name the shape; lips that meet (b p m) and lip on teeth (f v) are always shown; other
consonants lean on the vowel beside them. A shape is held for at least 110 ms, since a mouth that
changes more than about seven times a second flickers; none is put off for that, since a mouth that
is late shows more than one that leaves out a shape. It moves and rests with the sound.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from companion.domain.audio import AudioClip, Speech, SpeechMark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Viseme = Literal["rest", "closed", "a", "i", "u", "e", "o", "f"]

MIN_HOLD_S: Final = 0.11
_TINY_S: Final = 1e-9
_CLOSING_S: Final = 0.16
_FRAME_S: Final = 0.01
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
_STRESSES: Final = frozenset("ˈˌ")
_LIPS: Final = frozenset(("closed", "f"))
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
    """Return the cues of one chunk of speech that begins `offset_s` after the reply's first sound.

    The marks name the shapes; whether the mouth moves at all follows the sound.
    """
    if not len(speech.clip.samples):
        return ()
    loudness = envelope(speech.clip)
    raw = _from_marks(speech) if speech.marks else _from_loudness(loudness)
    ends = [*(cue.at_s for cue in raw[1:]), speech.clip.seconds]
    sized = [Cue(cue.at_s, _scaled(cue, end, loudness)) for cue, end in zip(raw, ends, strict=True)]
    cues = held([*_while_sounding(sized, loudness), Cue(speech.clip.seconds, "rest")])
    return tuple(Cue(cue.at_s + offset_s, cue.viseme) for cue in cues)


def _from_marks(speech: Speech) -> list[Cue]:
    cues: list[Cue] = []
    stress_s: float | None = None
    for mark in speech.marks:
        at_s = mark.sample / speech.clip.rate_hz
        viseme = viseme_of(mark.phoneme)
        if mark.phoneme in _STRESSES:
            # A voice may give time to a stress: it is the vowel's that follows.
            stress_s = at_s if stress_s is None else stress_s
        if viseme is None:
            continue
        if not cues or cues[-1].viseme != viseme:
            cues.append(Cue(at_s if stress_s is None else stress_s, viseme))
        stress_s = None
    return cues or [Cue(0.0, "rest")]


def _from_loudness(loudness: NDArray[np.float64]) -> list[Cue]:
    cues: list[Cue] = []
    for i in range(0, len(loudness), 12):
        level = float(loudness[i : i + 12].mean())
        cues.append(Cue(i * _FRAME_S, "a" if level > 0.62 else "e" if level > _QUIET else "rest"))
    return cues


def envelope(clip: AudioClip) -> NDArray[np.float64]:
    """Return the RMS of each 10 ms, shape (n,), relative to the clip's loud parts, 0 to 1."""
    import numpy as np  # the window is seen before anybody speaks

    frame = max(1, int(clip.rate_hz * _FRAME_S))
    count = -(-len(clip.samples) // frame)
    padded = np.zeros(count * frame)
    padded[: len(clip.samples)] = np.nan_to_num(clip.samples)
    rms = np.sqrt((padded.reshape(count, frame) ** 2).mean(axis=1))
    loud = float(np.percentile(rms, 92)) if count else 0.0
    scaled: NDArray[np.float64] = np.clip(rms / max(loud, 1e-3), 0.0, 1.0)
    return scaled


def _scaled(cue: Cue, end_s: float, loudness: NDArray[np.float64]) -> Viseme:
    first = int(cue.at_s / _FRAME_S)
    part = loudness[first : max(first + 1, int(end_s / _FRAME_S))]
    level = float(part.max()) if len(part) else 0.0
    if cue.viseme in ("closed", "f", "rest") or level >= _SOFT:
        return cue.viseme
    return "rest" if level < _QUIET else _SMALLER.get(cue.viseme, cue.viseme)


def _while_sounding(cues: Sequence[Cue], loudness: NDArray[np.float64]) -> list[Cue]:
    """Return `cues` with rest where 160 ms and more are silent; the first shape is there when the sound begins."""
    result = [Cue(0.0, "rest")]
    for start_s, end_s in _sounding(loudness):
        inside = [cue for cue in cues if cue.at_s < end_s]
        before = [cue for cue in inside if cue.at_s <= start_s][-1:]
        inside = [cue for cue in inside if cue.at_s > start_s]
        if not before or (before[0].viseme == "rest" and inside):
            # What is heard before the first vowel is the consonant that leans on it.
            before, inside = inside[:1], inside[1:]
        shapes = [Cue(start_s, cue.viseme) for cue in before] + inside
        while shapes and shapes[-1].viseme == "rest":
            shapes.pop()
        # A hum, 嗯 or hm, is sound of no vowel.
        result += [*(shapes or [Cue(start_s, "closed")]), Cue(end_s, "rest")]
    return result


def _sounding(loudness: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return where there is sound, in seconds; silence of less than 160 ms belongs to it."""
    stretches: list[tuple[int, int]] = []
    for frame in (loudness >= _QUIET).nonzero()[0].tolist():
        if stretches and (frame - stretches[-1][1]) * _FRAME_S < _CLOSING_S:
            stretches[-1] = (stretches[-1][0], frame + 1)
        else:
            stretches.append((frame, frame + 1))
    return [(start * _FRAME_S, end * _FRAME_S) for start, end in stretches]


def held(cues: Iterable[Cue], hold_s: float = MIN_HOLD_S) -> list[Cue]:
    """Let every shape stand for `hold_s`: the shortest are given up first, their time goes to both neighbours.

    Lips that meet or touch the teeth take the time they lack from the shapes beside them.
    """
    shapes = _merged(list(cues))
    while True:
        lengths = [after.at_s - cue.at_s for cue, after in pairwise(shapes)]
        short = min(range(len(lengths)), key=lengths.__getitem__, default=None)
        if short is None or lengths[short] >= hold_s - _TINY_S:
            return shapes
        if shapes[short].viseme not in _LIPS or not _widened(shapes, short, hold_s):
            _given_up(shapes, short)
        shapes = _merged(shapes)


def _merged(cues: Sequence[Cue]) -> list[Cue]:
    return [cue for i, cue in enumerate(cues) if not i or cue.viseme != cues[i - 1].viseme]


def _given_up(shapes: list[Cue], place: int) -> None:
    """Take a shape out; the edges of sound, where the mouth leaves or takes rest, stay where they are."""
    start, end = shapes[place].at_s, shapes[place + 1].at_s
    after = shapes[place + 1].viseme
    before = shapes[place - 1].viseme if place else "rest"
    border = start if before == "rest" else end if after == "rest" else (start + end) / 2
    shapes[place : place + 2] = [Cue(border, after)]


def _widened(shapes: list[Cue], place: int, hold_s: float) -> bool:
    """Let a shape last `hold_s`; False if the neighbours cannot give the time. First they give what they can spare."""
    start, end = shapes[place].at_s, shapes[place + 1].at_s
    ends = [*(cue.at_s for cue in shapes[1:]), float("inf")]
    left, right = (
        ends[i] - shapes[i].at_s if i >= 0 and shapes[i].viseme not in (*_LIPS, "rest") else 0.0
        for i in (place - 1, place + 1)
    )
    lack = hold_s - (end - start)
    if left + right < lack:
        return False
    spare_left, spare_right = max(0.0, left - hold_s), max(0.0, right - hold_s)
    from_left = min(spare_left, max(lack / 2, lack - spare_right))
    from_right = min(spare_right, lack - from_left)
    from_left = min(left, lack - from_right)
    start, end = start - from_left, end + (lack - from_left)
    before = shapes[: place - 1] if place and left and from_left >= left - _TINY_S else shapes[:place]
    after = (
        shapes[place + 2 :]
        if right and lack - from_left >= right - _TINY_S
        else [
            Cue(end, shapes[place + 1].viseme),
            *shapes[place + 2 :],
        ]
    )
    shapes[:] = [*before, Cue(start, shapes[place].viseme), *after]
    return True


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
