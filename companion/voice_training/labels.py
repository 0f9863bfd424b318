"""What is said in a clip: heard by the recogniser, with doubts; a text that came with it is checked the same way."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import AudioClip
from companion.engines.recognisers.faster_whisper import FasterWhisper
from companion.text.phonemes import Language
from companion.voice_training.clip import PART_OF_TEXT, Clip
from companion.voice_training.intelligibility import error_rate, tokens
from companion.voice_training.text_parts import best_part

F32 = NDArray[np.float32]

_BEAMS: Final = (5, 1)
_UNSURE_LOGPROB: Final = -1.0
_HOPELESS_LOGPROB: Final = -1.6
_MOST_COMPRESSION: Final = 2.2
_NO_SPEECH: Final = 0.6
_TWO_WAYS: Final = 0.2
_HOPELESS_TWO_WAYS: Final = 0.6
_WRONG: Final = 0.5
_WRONG_PART: Final = 0.35
_DIFFERENT: Final = 0.15
# Beside the middle speed of all clips.
_ODD_SPEED: Final = (0.62, 1.55)
_LEAST_TOKENS: Final = 4
_LEAST_CLIPS: Final = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """What a listener understood; `alternative` is a second reading, found another way.

    `avg_logprob` is of the tokens of `text`, `no_speech` a probability, `compression` how much the text repeats itself.
    """

    text: str
    avg_logprob: float
    no_speech: float
    compression: float
    alternative: str = ""


class Listener(Protocol):
    """`samples` have shape (n,), float32, at `rate` Hz; at most 28 s of them are heard."""

    def hear(self, samples: F32, rate: int, language: Language) -> Heard: ...


class WhisperListener:
    """Satisfies `Listener`, and tells the language of a clip."""

    def __init__(self, recogniser: FasterWhisper) -> None:
        self._recogniser = recogniser

    @classmethod
    def load(
        cls, folder: Path, *, device: Literal["auto", "cpu", "cuda"] = "auto", threads: int = 2
    ) -> WhisperListener:
        """Open a recogniser's folder. Raises ModelError."""
        return cls(FasterWhisper.load(folder, device=device, threads=threads))

    def hear(self, samples: F32, rate: int, language: Language) -> Heard:
        """Return the best of five readings, and the first that came to mind beside it."""
        readings = self._recogniser.decodings(AudioClip(samples, rate), language=language, beams=_BEAMS)
        if not readings:
            return Heard("", 0.0, 1.0, 0.0)
        best, quick = readings
        return Heard(best.text, best.average_logprob, best.no_speech, _compression(best.text), quick.text)

    def language_of(self, samples: F32, rate: int) -> Language | None:
        """Return the language of a clip, None where it is another than ours."""
        found = self._recogniser.language_of(AudioClip(samples, rate))
        return cast(Language, found) if found in ("zh", "en") else None

    def close(self) -> None:
        self._recogniser.close()


def labelled(clip: Clip, samples: F32, rate_hz: int, listener: Listener, language: Language) -> Clip:
    """Return `clip` with what was heard as its text, or with its given text checked; doubts as flags.

    `language` is that of the recordings; a given text has its own. Dropped: what cannot be understood, and a given
    text that differs in more than half of its syllables or words. `cer` is the difference to the given text, `two_ways`
    that of the two readings.
    """
    language = cast(Language, clip.language) if clip.given and clip.language else language
    heard = listener.hear(samples, rate_hz, language)
    said = tokens(heard.text, language)
    two_ways = min(1.0, error_rate(heard.text, heard.alternative, language)) if heard.text else 1.0
    clip = clip.measured(logprob=heard.avg_logprob, no_speech=heard.no_speech, two_ways=two_ways)
    hopeless = heard.avg_logprob < _HOPELESS_LOGPROB or two_ways > _HOPELESS_TWO_WAYS
    if not said or (hopeless and not clip.given):
        why = (
            "nothing was understood"
            if not said
            else f"log probability {heard.avg_logprob:.1f}, {two_ways:.0%} apart"
        )
        return _named(clip, heard.text, language).drop("unintelligible", why)
    if PART_OF_TEXT in clip.flags:
        clip = _with_part(clip, heard, language)
    if clip.given:
        return _checked(clip, heard, language)
    return _named(clip, heard.text, language).doubt(*_doubts(heard, two_ways))


def with_odd_speed(clips: Sequence[Clip]) -> list[Clip]:
    """Return `clips` with their `syllables_per_s` (words in English), those far from the middle speed dropped."""
    measured = [_with_speed(clip) for clip in clips]
    middles = {
        language: float(np.median(speeds))
        for language in ("zh", "en")
        if len(speeds := [_speed(clip) for clip in measured if _counts(clip, language)]) >= _LEAST_CLIPS
    }
    return [_judged_speed(clip, middles.get(clip.language)) for clip in measured]


def _with_part(clip: Clip, heard: Heard, language: Language) -> Clip:
    """Give the clip its part of the long text; what is heard counts where that text does not hold it."""
    found = min(
        (best_part(clip.text, one, language) for one in (heard.text, heard.alternative)),
        key=lambda one: one[1],
    )
    flags = tuple(flag for flag in clip.flags if flag != PART_OF_TEXT)
    if found[1] > _WRONG_PART:
        return dataclasses.replace(clip, text="", given=False, flags=(*flags, "not_in_text"))
    return dataclasses.replace(clip, text=found[0], flags=flags)


def _named(clip: Clip, text: str, language: Language) -> Clip:
    return clip if clip.given else dataclasses.replace(clip, text=text, language=language)


def _checked(clip: Clip, heard: Heard, language: Language) -> Clip:
    wrong = min(
        error_rate(clip.text, reading, language) for reading in (heard.text, heard.alternative) if reading
    )
    clip = clip.measured(cer=wrong)
    if wrong > _WRONG:
        return clip.drop("wrong_transcript", f"{min(wrong, 1.0):.0%} of the given text was not heard")
    return clip.doubt("text_differs") if wrong > _DIFFERENT else clip


def _doubts(heard: Heard, two_ways: float) -> list[str]:
    doubts = {
        "repeats": heard.compression > _MOST_COMPRESSION,
        "unsure": heard.avg_logprob < _UNSURE_LOGPROB,
        "two_readings": two_ways > _TWO_WAYS,
        "faint_speech": heard.no_speech > _NO_SPEECH,
    }
    return [name for name, is_so in doubts.items() if is_so]


def _compression(text: str) -> float:
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def _with_speed(clip: Clip) -> Clip:
    spoken = clip.figures.get("speech_s", clip.seconds)
    if clip.language not in ("zh", "en") or not clip.text or spoken < 0.5:
        return clip
    return clip.measured(syllables_per_s=len(tokens(clip.text, cast(Language, clip.language))) / spoken)


def _speed(clip: Clip) -> float:
    return clip.figures.get("syllables_per_s", 0.0)


def _counts(clip: Clip, language: str) -> bool:
    return clip.language == language and clip.dropped is None and _speed(clip) > 0


def _judged_speed(clip: Clip, middle: float | None) -> Clip:
    speed = _speed(clip)
    n_tokens = speed * clip.figures.get("speech_s", clip.seconds)
    if not middle or not speed or n_tokens < _LEAST_TOKENS:
        return clip
    low, high = _ODD_SPEED
    if low <= speed / middle <= high:
        return clip
    return clip.drop("odd_speed", f"{speed:.1f} a second, the others {middle:.1f}")
