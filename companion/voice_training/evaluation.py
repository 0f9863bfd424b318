"""How good a trained voice is: every figure beside the same figure of real clips, and one score to choose by.

The score multiplies likeness, intelligibility and cleanness, so that none can pay for another: a voice that learnt
nothing sounds clean, one that babbles may sound alike.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from companion.audio.wav import write_wav
from companion.domain.audio import SpeechMark
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.voices.piper_onnx import PiperConfig, PiperOnnx, read_config
from companion.engines.voices.vits_graph import VitsGraph
from companion.errors import ModelError
from companion.model_files.onnx_check import read_checked
from companion.paths import bundled
from companion.ports import Cancel, Voice
from companion.voice_training.figures import (
    F32,
    Figures,
    Line,
    LineFigures,
    Listener,
    RealClip,
    measure_line,
    together,
)
from companion.voice_training.speaker_embedding import centroid, cosine, speaker_embedding

NOISE_SCALES: Final = (0.667, 0.333, 0.0)
_LIKENESS_WEIGHT: Final = 0.4
_WORDS_WEIGHT: Final = 0.35
_CLEANNESS_WEIGHT: Final = 0.25
# So much above the real clips' error rate is worth nothing, and so much below their OVRL.
_WORST_ERRORS: Final = 0.20
_WORST_OVRL: Final = 1.5
# A base of the other sex lies that far off; the least keeps the order of candidates that are all far off.
_FARTHER_THAN_STRANGERS: Final = 0.2
_LEAST_LIKENESS: Final = 0.02
_LENGTHS: Final = (0.7, 1.4)

Show = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The speaker as the real clips have them: `real` figures, `strangers` the likeness of other voices."""

    centroid: F32
    real: Figures
    real_lines: tuple[LineFigures, ...]
    strangers: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of computing per second of sound, the median until the first sound, to load; the file's size."""

    rtf: float
    first_sound_s: float
    load_s: float
    megabytes: float
    n_threads: int


@dataclass(frozen=True, slots=True)
class Tried:
    """The voice at one noise scale."""

    noise_scale: float
    figures: Figures
    score: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A voice at its best noise scale beside the real clips; `tried` holds every scale.

    `length_scale` is the voice's own, corrected by the pace of the real clips.
    """

    model: str
    noise_scale: float
    length_scale: float
    score: float
    voice: Figures
    real: Figures
    strangers: float
    speed: Speed
    lines: tuple[LineFigures, ...]
    real_lines: tuple[LineFigures, ...]
    tried: tuple[Tried, ...]


def evaluate(
    model: Path,
    lines: Sequence[Line],
    references: Sequence[RealClip],
    listener: Listener,
    *,
    noise_scales: Sequence[float] = NOISE_SCALES,
    keep: Path | None = None,
    cancel: Cancel | None = None,
) -> Evaluation:
    """Measure the voice `model` on `lines` beside `references`; see `measure_target` and `measure_voice`."""
    target = measure_target(references, listener, keep=keep)
    return measure_voice(model, lines, target, listener, noise_scales=noise_scales, keep=keep, cancel=cancel)


def measure_target(references: Sequence[RealClip], listener: Listener, *, keep: Path | None = None) -> Target:
    """Measure the real clips, each beside the mean embedding of all the others; 10 and more make it steady.

    With `keep`, a folder that exists, their sounds are written there. Raises ModelError, StorageError.
    """
    embeddings = [speaker_embedding(clip.samples, clip.rate) for clip in references]
    lines = []
    for place, clip in enumerate(references):
        others = centroid([*embeddings[:place], *embeddings[place + 1 :]])
        name = _kept(keep, f"real-{place + 1:02}.wav", clip.samples, clip.rate)
        line = Line(clip.text, clip.language)
        lines.append(measure_line(line, clip.samples, clip.rate, others, listener, sound=name))
    middle = centroid(embeddings)
    return Target(middle, together(lines), tuple(lines), _strangers(middle))


def measure_voice(
    model: Path,
    lines: Sequence[Line],
    target: Target,
    listener: Listener,
    *,
    noise_scales: Sequence[float] = NOISE_SCALES,
    speaker: int | None = None,
    threads: int = 2,
    keep: Path | None = None,
    cancel: Cancel | None = None,
    show: Show | None = None,
) -> Evaluation:
    """Let the voice speak `lines` at each noise scale, and return it at the best.

    `show` is told lines done and lines in all. Raises ModelError, StorageError, Cancelled.
    """
    if not noise_scales:
        raise ModelError(f"{model.name} was given no noise scale to speak at.", code="voice")
    opened = _Opened.open(model, threads)
    n_all = len(lines) * len(noise_scales)
    rounds: list[_Round] = []
    for number, noise_scale in enumerate(noise_scales):
        voice = opened.at(noise_scale)
        measured, spoken = [], []
        for line in lines:
            sound = _speak(voice, line, speaker, cancel or CancelToken())
            spoken.append(sound)
            measured.append(
                measure_line(
                    line, sound.samples, opened.rate_hz, target.centroid, listener, marks=sound.marks
                )
            )
            if show is not None:
                show(number * len(lines) + len(spoken), n_all)
        figures = together(measured)
        rounds.append(_Round(Tried(noise_scale, figures, score(figures, target)), measured, spoken))
    best = max(rounds, key=lambda one: one.tried.score)
    return Evaluation(
        model=model.name,
        noise_scale=best.tried.noise_scale,
        length_scale=_length_scale(opened.config, best.tried.figures, target.real),
        score=best.tried.score,
        voice=best.tried.figures,
        real=target.real,
        strangers=target.strangers,
        speed=_speed([sound for one in rounds for sound in one.spoken], opened, model),
        lines=_with_sounds(best, opened.rate_hz, keep),
        real_lines=target.real_lines,
        tried=tuple(one.tried for one in rounds),
    )


def score(figures: Figures, target: Target) -> float:
    """Return how near the voice comes to the real clips, 0 to 1.

    Likeness counts from below the strangers' to the speaker's own; errors and OVRL from the real clips' down.
    """
    real = target.real
    far = target.strangers - _FARTHER_THAN_STRANGERS
    likeness = max(_LEAST_LIKENESS, _clipped((figures.secs - far) / max(0.05, real.secs - far)))
    words = _clipped(1.0 - max(0.0, figures.error_rate - real.error_rate) / _WORST_ERRORS)
    cleanness = _clipped(1.0 - max(0.0, real.ovrl - figures.ovrl) / _WORST_OVRL)
    return float(likeness**_LIKENESS_WEIGHT * words**_WORDS_WEIGHT * cleanness**_CLEANNESS_WEIGHT)


def to_plain(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as values that JSON can hold."""
    return dataclasses.asdict(evaluation)


def from_plain(plain: dict[str, Any]) -> Evaluation:
    """Return what `to_plain` wrote down. Raises KeyError or TypeError for anything else."""
    return Evaluation(
        **{
            **plain,
            "voice": Figures(**plain["voice"]),
            "real": Figures(**plain["real"]),
            "speed": Speed(**plain["speed"]),
            "lines": _lines_from(plain["lines"]),
            "real_lines": _lines_from(plain["real_lines"]),
            "tried": tuple(Tried(**{**one, "figures": Figures(**one["figures"])}) for one in plain["tried"]),
        }
    )


def with_scales(description: dict[str, Any], evaluation: Evaluation) -> dict[str, Any]:
    """Return a voice's `.onnx.json` with the noise and length scales that the evaluation found."""
    inference = {
        **description.get("inference", {}),
        "noise_scale": evaluation.noise_scale,
        "length_scale": round(evaluation.length_scale, 3),
    }
    return {**description, "inference": inference}


@dataclass(frozen=True, slots=True, eq=False)
class _Spoken:
    samples: F32
    first_s: float
    whole_s: float
    marks: tuple[SpeechMark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Round:
    tried: Tried
    lines: list[LineFigures]
    spoken: list[_Spoken]


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    graph: VitsGraph
    config: PiperConfig
    load_s: float
    threads: int

    @classmethod
    def open(cls, model: Path, threads: int) -> _Opened:
        began = time.perf_counter()
        config = read_config(model.with_name(model.name + ".json"))
        data, graph = read_checked(model)
        opened = cls(VitsGraph.load(data, graph, model.name, threads=threads), config, 0.0, threads)
        # The first run reserves the memory of the graph.
        word = Line("好。" if config.language == "zh" else "Yes.", config.language or "en")
        _speak(opened.at(0.0), word, None, CancelToken())
        return dataclasses.replace(opened, load_s=time.perf_counter() - began)

    @property
    def rate_hz(self) -> int:
        return self.config.rate_hz

    def at(self, noise_scale: float) -> Voice:
        return PiperOnnx(self.graph, dataclasses.replace(self.config, noise_scale=noise_scale))


def _speak(voice: Voice, line: Line, speaker: int | None, cancel: Cancel) -> _Spoken:
    spec = VoiceSpec(engine="piper", language=line.language, speaker=speaker)
    began = time.perf_counter()
    first_s = 0.0
    pieces: list[F32] = []
    marks: list[SpeechMark] = []
    for speech in voice.synthesise(line.text, cancel, voice=spec):
        first_s = first_s or time.perf_counter() - began
        at = sum(len(piece) for piece in pieces)
        marks += [dataclasses.replace(mark, sample=mark.sample + at) for mark in speech.marks]
        pieces.append(speech.clip.samples)
    whole_s = time.perf_counter() - began
    samples = np.concatenate(pieces) if pieces else np.zeros(1, np.float32)
    return _Spoken(samples, first_s, whole_s, tuple(marks))


def _speed(spoken: Sequence[_Spoken], opened: _Opened, model: Path) -> Speed:
    sound_s = sum(len(one.samples) for one in spoken) / opened.rate_hz
    return Speed(
        rtf=sum(one.whole_s for one in spoken) / max(sound_s, 1e-3),
        first_sound_s=statistics.median(one.first_s for one in spoken) if spoken else 0.0,
        load_s=opened.load_s,
        megabytes=model.stat().st_size / 1e6,
        n_threads=opened.threads,
    )


def _length_scale(config: PiperConfig, voice: Figures, real: Figures) -> float:
    """Return the length scale at which the voice is as fast as the real clips."""
    if not voice.syllables_per_s or not real.syllables_per_s:
        return config.length_scale
    low, high = _LENGTHS
    return min(max(config.length_scale * voice.syllables_per_s / real.syllables_per_s, low), high)


def _with_sounds(best: _Round, rate_hz: int, keep: Path | None) -> tuple[LineFigures, ...]:
    return tuple(
        dataclasses.replace(line, sound=_kept(keep, f"line-{place:02}.wav", sound.samples, rate_hz))
        for place, (line, sound) in enumerate(zip(best.lines, best.spoken, strict=True), start=1)
    )


def _kept(folder: Path | None, name: str, samples: F32, rate_hz: int) -> str:
    if folder is None:
        return ""
    write_wav(folder / name, samples, rate_hz)
    return name


def _strangers(middle: F32) -> float:
    """Return the median cosine of other voices with the speaker, one clip each time."""
    return statistics.median(cosine(embedding, middle) for embedding in _stranger_embeddings())


@cache
def _stranger_embeddings() -> F32:
    file = bundled("assets") / "models" / "resemblyzer" / "strangers.npz"
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return np.asarray(arrays["embeddings"], np.float32)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"The voices to compare with, {file.name}, cannot be read.",
            "Install the program again.",
            code="missing",
        ) from error


def _lines_from(plain: Sequence[dict[str, Any]]) -> tuple[LineFigures, ...]:
    return tuple(LineFigures(**{**line, "missing": tuple(line["missing"])}) for line in plain)


def _clipped(value: float) -> float:
    return min(max(value, 0.0), 1.0)
