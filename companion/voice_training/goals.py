"""What a trained voice should reach, beside what it reached and what the real clips reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from companion.text.phonemes import Language
from companion.voice_training.evaluation import Evaluation
from companion.voice_training.pitch import semitones
from companion.voice_training.tones import share_of_unmet_voices

Name = Literal[
    "words",
    "clauses",
    "tones",
    "likeness",
    "cleanness",
    "pitch",
    "melody",
    "pace",
    "rtf",
    "first_sound",
    "load",
    "size",
]
Likeness = Literal["best", "good", "preview", "far"]

_MOST_ERRORS: Final[dict[Language, float]] = {"zh": 0.08, "en": 0.06}
_MOST_ABOVE_REAL: Final = 0.03
_LIKENESS: Final[tuple[tuple[float, Likeness], ...]] = ((0.85, "best"), (0.80, "good"), (0.75, "preview"))
_NEAR_ITSELF: Final = 0.06
_LEAST_OVRL: Final = 3.0
_MOST_BELOW_REAL: Final = 0.2
# Below what the classifier hears of a stock voice that it has not met.
_MOST_TONES_BELOW: Final = 0.07
_MELODY: Final = (0.8, 1.25)
_PACE: Final = 0.10
_MOST_RTF: Final = 0.15
_MOST_FIRST_S: Final = 0.15
_MOST_LOAD_S: Final = 1.5
_MOST_MB: Final = 65.0


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure: of the voice, of the real clips (empty where they have none), what is aimed at; `n` measurements."""

    name: Name
    value: str
    real: str
    goal: str
    n: int
    reached: bool


def goals(evaluation: Evaluation, language: Language) -> list[Goal]:
    """Return every figure of a voice with its goal, the most important first."""
    tones = _of_tones(evaluation) if evaluation.voice.n_tones else []
    return [*_of_speech(evaluation, language), *tones, *_of_melody(evaluation), *_of_speed(evaluation)]


def likeness_level(evaluation: Evaluation) -> Likeness:
    """Return how alike the voice is: `best` also where it is within .06 of the speaker's own clips."""
    secs = evaluation.voice.secs
    if evaluation.real.n > 1 and secs >= evaluation.real.secs - _NEAR_ITSELF:
        return "best"
    return next((level for least, level in _LIKENESS if secs >= least), "far")


def passes(evaluation: Evaluation, language: Language) -> bool:
    """Tell whether words, clauses and cleanness are as they should be: such a voice may be called ready."""
    needed: Sequence[Name] = ("words", "clauses", "cleanness")
    return all(goal.reached for goal in goals(evaluation, language) if goal.name in needed)


def _of_speech(evaluation: Evaluation, language: Language) -> list[Goal]:
    voice, real = evaluation.voice, evaluation.real
    most = min(_MOST_ERRORS[language], real.error_rate + _MOST_ABOVE_REAL)
    least_secs = min(_LIKENESS[0][0], real.secs - _NEAR_ITSELF) if real.n > 1 else _LIKENESS[0][0]
    least_ovrl = max(_LEAST_OVRL, real.ovrl - _MOST_BELOW_REAL)
    return [
        Goal(
            "words",
            _percent(voice.error_rate),
            _percent(real.error_rate),
            f"≤ {_percent(most)}",
            sum(line.n_tokens for line in evaluation.lines),
            voice.error_rate <= most,
        ),
        Goal("clauses", str(voice.n_missing), str(real.n_missing), "0", voice.n, voice.n_missing == 0),
        Goal(
            "likeness",
            f"{voice.secs:.3f}",
            f"{real.secs:.3f}",
            f"≥ {least_secs:.2f}",
            voice.n,
            voice.secs >= least_secs,
        ),
        Goal(
            "cleanness",
            f"{voice.ovrl:.2f}",
            f"{real.ovrl:.2f}",
            f"≥ {least_ovrl:.2f}",
            voice.n,
            voice.ovrl >= least_ovrl,
        ),
    ]


def _of_tones(evaluation: Evaluation) -> list[Goal]:
    voice = evaluation.voice
    least = share_of_unmet_voices() - _MOST_TONES_BELOW
    value = _percent(voice.tones_heard)
    return [Goal("tones", value, "", f"≥ {_percent(least)}", voice.n_tones, voice.tones_heard >= least)]


def _of_melody(evaluation: Evaluation) -> list[Goal]:
    voice, real = evaluation.voice, evaluation.real
    apart = semitones(voice.median_hz, real.median_hz)
    melody = voice.log_sd / real.log_sd if real.log_sd else math.nan
    pace = voice.syllables_per_s / real.syllables_per_s if real.syllables_per_s else math.nan
    return [
        Goal(
            "pitch",
            f"{voice.median_hz:.0f} Hz",
            f"{real.median_hz:.0f} Hz",
            "± 1 st",
            voice.n,
            abs(apart) <= 1.0,
        ),
        Goal(
            "melody",
            f"{voice.log_sd:.3f}",
            f"{real.log_sd:.3f}",
            f"× {_MELODY[0]:g}–{_MELODY[1]:g}",
            voice.n,
            _MELODY[0] <= melody <= _MELODY[1],
        ),
        Goal(
            "pace",
            f"{voice.syllables_per_s:.2f}/s",
            f"{real.syllables_per_s:.2f}/s",
            f"± {_PACE:.0%}",
            voice.n,
            abs(pace - 1.0) <= _PACE,
        ),
    ]


def _of_speed(evaluation: Evaluation) -> list[Goal]:
    speed, n = evaluation.speed, evaluation.voice.n * len(evaluation.tried)
    return [
        Goal("rtf", f"{speed.rtf:.3f}", "", f"≤ {_MOST_RTF:g}", n, speed.rtf <= _MOST_RTF),
        Goal(
            "first_sound",
            f"{speed.first_sound_s * 1000:.0f} ms",
            "",
            f"≤ {_MOST_FIRST_S * 1000:.0f} ms",
            n,
            speed.first_sound_s <= _MOST_FIRST_S,
        ),
        Goal("load", f"{speed.load_s:.2f} s", "", f"≤ {_MOST_LOAD_S:g} s", 1, speed.load_s <= _MOST_LOAD_S),
        Goal("size", f"{speed.megabytes:.1f} MB", "", f"≤ {_MOST_MB:g} MB", 1, speed.megabytes <= _MOST_MB),
    ]


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
