"""What is measured of a spoken line, and of all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import SpeechMark
from companion.text.phonemes import Language
from companion.voice_training.intelligibility import edits, missing_clauses, tokens
from companion.voice_training.naturalness import naturalness
from companion.voice_training.pace import n_syllables, spoken_seconds
from companion.voice_training.pitch import pitch
from companion.voice_training.speaker_embedding import cosine, speaker_embedding
from companion.voice_training.tones import tones_heard

F32 = NDArray[np.float32]
_LEAST_VOICED: Final = 0.05


class HeardText(Protocol):
    """What a listener made of a sound."""

    @property
    def text(self) -> str: ...


class Listener(Protocol):
    """Recognises speech, to see whether it can be understood."""

    def hear(self, samples: F32, rate: int, language: Language) -> HeardText: ...


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence to be spoken."""

    text: str
    language: Language


@dataclass(frozen=True, slots=True, eq=False)
class RealClip:
    """A real recording of the speaker: `samples` mono at `rate` Hz, and what is said."""

    text: str
    language: Language
    samples: F32
    rate: int


@dataclass(frozen=True, slots=True)
class LineFigures:
    """One spoken line.

    `n_edits` of `n_tokens` syllables or words were heard wrong; `missing` are clauses that were not heard at all.
    `secs` is the cosine with the speaker's mean embedding; `sig`, `bak`, `ovrl` DNSMOS P.835. `median_hz` is 0 where
    there is no voice. `n_tones` Chinese tones could be judged, `n_tones_heard` were as meant: see `tones`; none where
    the sound has no marks. `sound` names the file of the line, if it is kept.
    """

    text: str
    language: Language
    heard: str
    n_edits: int
    n_tokens: int
    missing: tuple[str, ...]
    secs: float
    sig: float
    bak: float
    ovrl: float
    median_hz: float
    log_sd: float
    n_syllables: int
    spoken_s: float
    seconds: float
    sound: str = ""
    n_tones: int = 0
    n_tones_heard: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """The means of `n` lines. `error_rate` is edits of all lines per token of all; `n_missing` lines lack a clause.

    `tones_heard` is the share of `n_tones` that were heard as meant.
    """

    n: int
    error_rate: float
    n_missing: int
    secs: float
    secs_low: float
    sig: float
    bak: float
    ovrl: float
    median_hz: float
    log_sd: float
    syllables_per_s: float
    tones_heard: float = 0.0
    n_tones: int = 0


@cache
def measuring_lines(language: Language) -> tuple[Line, ...]:
    """Return the lines that every voice is measured by: words, sentences, tongue-twisters; Chinese ones mixed too."""
    text = files("companion.voice_training.data").joinpath(f"lines_{language}.txt").read_text("utf-8")
    return tuple(Line(line, language) for line in text.splitlines() if line)


def measure_line(
    line: Line,
    samples: F32,
    rate: int,
    centroid: F32,
    listener: Listener,
    *,
    marks: Sequence[SpeechMark] = (),
    sound: str = "",
) -> LineFigures:
    """Return the figures of one spoken line beside the speaker's mean embedding, shape (256,).

    `marks` of the whole sound allow to judge its tones.
    """
    heard = listener.hear(samples, rate, line.language).text
    wanted = tokens(line.text, line.language)
    clean = naturalness(samples, rate)
    melody = pitch(samples, rate)
    tones = tones_heard(line.text, samples, rate, marks) if line.language == "zh" and marks else []
    return LineFigures(
        text=line.text,
        language=line.language,
        heard=heard,
        n_edits=edits(wanted, tokens(heard, line.language)),
        n_tokens=len(wanted),
        missing=tuple(missing_clauses(line.text, heard, line.language)),
        secs=cosine(speaker_embedding(samples, rate), centroid),
        sig=clean.sig,
        bak=clean.bak,
        ovrl=clean.ovrl,
        median_hz=melody.median_hz if melody.voiced >= _LEAST_VOICED else 0.0,
        log_sd=melody.log_sd,
        n_syllables=n_syllables(line.text, line.language),
        spoken_s=spoken_seconds(samples, rate),
        seconds=len(samples) / rate,
        sound=sound,
        n_tones=len(tones),
        n_tones_heard=sum(meant == heard for meant, heard in tones),
    )


def together(lines: Sequence[LineFigures]) -> Figures:
    """Return the means of `lines`; all zero for none."""
    if not lines:
        return Figures(0, 0.0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    voiced = [line for line in lines if line.median_hz > 0]
    spoken_s = sum(line.spoken_s for line in lines)
    n_tones = sum(line.n_tones for line in lines)
    return Figures(
        n=len(lines),
        error_rate=sum(line.n_edits for line in lines) / max(1, sum(line.n_tokens for line in lines)),
        n_missing=sum(bool(line.missing) for line in lines),
        secs=_mean([line.secs for line in lines]),
        secs_low=min(line.secs for line in lines),
        sig=_mean([line.sig for line in lines]),
        bak=_mean([line.bak for line in lines]),
        ovrl=_mean([line.ovrl for line in lines]),
        median_hz=float(np.exp(_mean([float(np.log(line.median_hz)) for line in voiced]))) if voiced else 0.0,
        log_sd=_mean([line.log_sd for line in voiced]),
        syllables_per_s=sum(line.n_syllables for line in lines) / spoken_s if spoken_s else 0.0,
        tones_heard=sum(line.n_tones_heard for line in lines) / n_tones if n_tones else 0.0,
        n_tones=n_tones,
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 0.0
