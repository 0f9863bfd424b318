"""From a playback position to the last character that was heard."""

from __future__ import annotations

from dataclasses import dataclass

from companion.domain.audio import Speech

# Positions are sums of many lengths: the end of a clip may come out a little short of it.
_ROUNDING_S = 0.001


@dataclass(frozen=True, slots=True)
class Spoken:
    """A chunk of speech on a reply's own time line.

    `start_s` is where it begins; `start` and `end` bound its clause in the visible text; `offsets[i]`
    is the place, relative to `start`, of character i of the text that was given to the voice.
    """

    start_s: float
    speech: Speech
    start: int
    end: int
    offsets: tuple[int, ...] = ()


def heard_char(timeline: list[Spoken], seconds: float) -> int:
    """Return the end, in the visible text, of the last character that was spoken completely.

    A character is complete when the next one has begun, or its clause is over. Without marks the place is
    in proportion to time.
    """
    heard = 0
    for item in timeline:
        into = seconds - item.start_s
        if into <= 0:
            break
        length = item.speech.clip.seconds
        if into >= length - _ROUNDING_S and item.speech.last:
            heard = max(heard, item.end)
        elif item.speech.marks:
            heard = max(heard, item.start + _from_marks(item, into))
        elif length > 0:
            heard = max(heard, item.start + int((item.end - item.start) * min(1.0, into / length)))
    return heard


def _from_marks(item: Spoken, into: float) -> int:
    sample = into * item.speech.clip.rate_hz
    begun = [mark.char for mark in item.speech.marks if mark.sample <= sample]
    if not begun:
        return 0
    at = max(begun)
    return item.offsets[at] if at < len(item.offsets) else min(at, item.end - item.start)
