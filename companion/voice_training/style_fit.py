"""A similar voice without training: the style of Kokoro that comes nearest to a few clips.

One style vector is moved along the directions in which the stock voices differ, as long as the speaker encoder finds
the speech more alike. That covers about a quarter of the way from the nearest stock voice to the speaker: it is called
similar, never the same. Pitch and pace are matched afterwards.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.voices.kokoro_onnx import RATE_HZ, KokoroOnnx
from companion.engines.voices.styles import ROWS, WIDTH, Styles
from companion.errors import UsageError
from companion.paths import bundled
from companion.ports import Cancel
from companion.text.frontend import phonemise
from companion.text.phonemes import Language
from companion.voice_training.figures import F32, RealClip
from companion.voice_training.naturalness import naturalness
from companion.voice_training.pace import n_syllables, spoken_seconds
from companion.voice_training.pitch import pitch, semitones
from companion.voice_training.speaker_embedding import centroid, cosine, speaker_embedding

FORMAT: Final = 1
_FIT_TEXT: Final[dict[Language, str]] = {
    "zh": "今天下午我们去公园散步，顺便买点水果，回来的路上还遇见了老朋友。",
    "en": "This afternoon we walked through the park, bought some fruit, and met an old friend.",
}
# A step counts only if another sentence gains as well: one alone is learnt by heart (.63 to .78, held out nothing).
_SECOND_TEXT: Final[dict[Language, str]] = {
    "zh": "窗外下着小雨，屋里却很暖和。",
    "en": "It was raining softly outside, but the room was warm.",
}
_CHECK_TEXTS: Final[dict[Language, tuple[str, ...]]] = {
    "zh": (
        "她轻轻地推开窗户，外面的雨已经停了。",
        "明天早上八点半，我们在车站见面吧。",
        "别着急，先喝口热水再慢慢说。",
    ),
    "en": (
        "She opened the window quietly and looked at the rain.",
        "I would like a cup of tea with a little milk.",
        "Do not worry, we will find it together tomorrow.",
    ),
}
_N_COMPONENTS: Final = 12
_FIRST_STEP, _LEAST_STEP, _MOST_STEP = 0.5, 0.12, 0.8
_ON_GAIN, _ON_LOSS = 1.1, 0.97
# A step that sounds so much worse than the stock voice (DNSMOS OVRL) is not taken.
_MOST_OVRL_LOSS: Final = 0.2
# Pitch is made by resampling, which moves the timbre too.
_MOST_SEMITONES: Final = 2.0
_LEAST_SPEED, _MOST_SPEED = 0.75, 1.33
_TOLERATED_LOSS: Final = 0.01
_LEAST_CLIPS: Final = 3

Show = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True, eq=False)
class StyleFit:
    """A fitted style: `delta`, shape (256,), is added to every row of the stock table `stock`.

    Likeness is the cosine with the speaker's clips: `training_*` on the clips that were fitted to, `held_out_*` on
    others and on other sentences, of the stock voice and of the fitted one; `ceiling` is the speaker's own. With
    fewer than three clips `n_held_out` is 0, and the held-out figures stand beside the clips that were fitted to.
    """

    stock: str
    delta: F32
    language: Language
    speed: float
    pitch: float
    training_stock: float
    training_fitted: float
    held_out_stock: float
    held_out_fitted: float
    ceiling: float
    ovrl_stock: float
    ovrl_fitted: float
    n_training: int
    n_held_out: int
    n_evaluations: int
    seconds: float

    @property
    def gain(self) -> float:
        """How much more alike than the stock voice it is, held out."""
        return self.held_out_fitted - self.held_out_stock

    @property
    def covered(self) -> float:
        """The part of the way from the stock voice to the speaker that the fit covers, held out."""
        way = self.ceiling - self.held_out_stock
        return self.gain / way if way > 0 else 0.0


def fit_style(
    clips: Sequence[RealClip],
    kokoro_model: Path,
    *,
    language: Language,
    evaluations: int = 140,
    time_limit_s: float = 300.0,
    seed: int = 1,
    threads: int = 2,
    without: Collection[str] = (),
    cancel: Cancel | None = None,
    show: Show | None = None,
) -> StyleFit:
    """Return the style nearest to the speaker of `clips`, one and more of two seconds and more.

    Every stock voice counts as an evaluation; those in `without` are left out. `show` is told evaluations done, in
    all, and the likeness so far. Raises UsageError without clips, ModelError, Cancelled.
    """
    if not clips:
        raise UsageError(
            "There is no clip to fit a voice to.", "Give at least three clips of a few seconds each."
        )
    began = time.monotonic()
    embeddings = [speaker_embedding(clip.samples, clip.rate) for clip in clips]
    n_held_out = len(clips) // 3 if len(clips) >= _LEAST_CLIPS else 0
    training = embeddings[: len(clips) - n_held_out]
    held_out = embeddings[len(clips) - n_held_out :] if n_held_out else training
    speaker = _Speaker.load(kokoro_model, language, threads, without, cancel or CancelToken())
    search = _Search(speaker, centroid(training), evaluations, began + time_limit_s, show)
    stock, stock_likeness = search.nearest_stock()
    delta, likeness = search.moved(stock, stock_likeness, np.random.default_rng(seed))
    middle = centroid(held_out)
    of_stock = speaker.check(stock, np.zeros(WIDTH, np.float32))
    of_fitted = speaker.check(stock, delta)
    if of_fitted.likeness(middle) < of_stock.likeness(middle):
        delta, likeness, of_fitted = np.zeros(WIDTH, np.float32), stock_likeness, of_stock
    of_matched, speed, shift = _matched(speaker, stock, delta, of_fitted, clips, centroid(training))
    if of_matched.likeness(middle) < of_stock.likeness(middle):
        of_matched, speed, shift = of_fitted, 1.0, 0.0
    return StyleFit(
        stock=stock,
        delta=delta,
        language=language,
        speed=speed,
        pitch=shift,
        training_stock=stock_likeness,
        training_fitted=likeness,
        held_out_stock=of_stock.likeness(middle),
        held_out_fitted=of_matched.likeness(middle),
        ceiling=_ceiling(training, held_out if n_held_out else []),
        ovrl_stock=of_stock.ovrl(),
        ovrl_fitted=of_matched.ovrl(),
        n_training=len(training),
        n_held_out=n_held_out,
        n_evaluations=search.n_done,
        seconds=time.monotonic() - began,
    )


def fit_from_plain(plain: Mapping[str, Any]) -> StyleFit:
    """Return a fit from its figures, for a report; what to add to the style is zero where it was left out.

    Raises TypeError where a figure is missing.
    """
    known = {one.name for one in dataclasses.fields(StyleFit)}
    delta = np.array(plain.get("delta", [0.0] * WIDTH), np.float32)
    return StyleFit(**{name: value for name, value in plain.items() if name in known} | {"delta": delta})


def style_json(fit: StyleFit) -> bytes:
    """Return the file that a pack holds for a fitted style; `engines/voices/styles` reads it."""
    described: dict[str, Any] = {
        "format": FORMAT,
        "engine": "kokoro",
        "similar": True,
        "language": fit.language,
        "styles": {fit.stock: 1.0},
        "speed": round(fit.speed, 3),
        "pitch": round(fit.pitch, 2),
        "delta": [round(float(number), 6) for number in fit.delta],
    }
    return (json.dumps(described, ensure_ascii=False) + "\n").encode()


def _ceiling(training: Sequence[F32], held_out: Sequence[F32]) -> float:
    """Return how alike the speaker's own clips are: one held out beside the others."""
    middle = centroid(training)
    if held_out:
        return float(np.mean([cosine(embedding, middle) for embedding in held_out]))
    if len(training) < 2:
        return 1.0
    return float(
        np.mean(
            [cosine(one, centroid([other for other in training if other is not one])) for one in training]
        )
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What a style said: one sound for each of the sentences."""

    texts: tuple[str, ...]
    sounds: tuple[F32, ...]
    embeddings: tuple[F32, ...]

    @classmethod
    def of(cls, texts: tuple[str, ...], sounds: tuple[F32, ...]) -> _Said:
        return cls(texts, sounds, tuple(speaker_embedding(sound, RATE_HZ) for sound in sounds))

    def likeness(self, middle: F32) -> float:
        return float(np.mean([cosine(embedding, middle) for embedding in self.embeddings]))

    def ovrl(self) -> float:
        return float(np.mean([naturalness(sound, RATE_HZ).ovrl for sound in self.sounds]))

    def median_hz(self) -> float:
        return float(np.median([pitch(sound, RATE_HZ).median_hz for sound in self.sounds]))

    def syllables_per_s(self, language: Language) -> float:
        spoken_s = sum(spoken_seconds(sound, RATE_HZ) for sound in self.sounds)
        return sum(n_syllables(text, language) for text in self.texts) / max(spoken_s, 1e-3)


class _Trial:
    """Satisfies `StyleSource` with whatever style is being tried."""

    def __init__(self, table: F32) -> None:
        self.shown = table

    def table(self, voice: VoiceSpec) -> F32:
        return self.shown


class _Speaker:
    """Kokoro with styles that change from sentence to sentence."""

    def __init__(
        self, kokoro: KokoroOnnx, trial: _Trial, tables: dict[str, F32], language: Language, cancel: Cancel
    ) -> None:
        self._kokoro, self._trial, self._cancel = kokoro, trial, cancel
        self.tables = tables
        self.language = language
        n_tokens = len(phonemise(_FIT_TEXT[language], language=language).phones)
        self.row = min(n_tokens, ROWS) - 1

    @classmethod
    def load(
        cls, model: Path, language: Language, threads: int, without: Collection[str], cancel: Cancel
    ) -> _Speaker:
        folder = bundled("assets") / "voices"
        stock = Styles.load(folder)
        names = sorted(file.stem for file in folder.glob("*.bin") if file.stem not in without)
        tables = {name: stock.table(VoiceSpec(styles=((name, 1.0),))) for name in names}
        trial = _Trial(next(iter(tables.values())))
        kokoro = KokoroOnnx.load(model, folder, threads=threads, styles=trial)
        return cls(kokoro, trial, tables, language, cancel)

    def say(self, text: str, table: F32, *, speed: float = 1.0, shift: float = 0.0) -> F32:
        self._trial.shown = table
        voice = VoiceSpec(language=self.language, speed=speed, pitch=shift)
        pieces = [speech.clip.samples for speech in self._kokoro.synthesise(text, self._cancel, voice=voice)]
        return np.concatenate(pieces)

    def fit_sound(self, table: F32) -> F32:
        return self.say(_FIT_TEXT[self.language], table)

    def check(self, stock: str, delta: F32, *, speed: float = 1.0, shift: float = 0.0) -> _Said:
        texts = _CHECK_TEXTS[self.language]
        table = self.tables[stock] + delta
        return _Said.of(texts, tuple(self.say(text, table, speed=speed, shift=shift) for text in texts))


class _Search:
    """Counts evaluations and time while it looks for the likest style."""

    def __init__(self, speaker: _Speaker, middle: F32, most: int, deadline: float, show: Show | None) -> None:
        self._speaker, self._middle, self._most, self._deadline = speaker, middle, most, deadline
        self._show = show
        self._best = 0.0
        self.n_done = 0

    def nearest_stock(self) -> tuple[str, float]:
        """Return the stock voice that is likest, those of the language first where time is short."""
        tables = self._speaker.tables
        own = "z" if self._speaker.language == "zh" else "ab"
        names = sorted(tables, key=lambda name: name[0] not in own)
        likeness: dict[str, float] = {}
        for name in names:
            if likeness and self._is_over():
                break
            likeness[name] = self._likeness(self._speaker.fit_sound(tables[name]))
        nearest = max(likeness, key=lambda name: likeness[name])
        return nearest, likeness[nearest]

    def moved(self, stock: str, likeness: float, random: np.random.Generator) -> tuple[F32, float]:
        """Return what to add to the stock style, shape (256,), and how alike it then is."""
        table = self._speaker.tables[stock]
        components = self._components()
        floor = naturalness(self._speaker.fit_sound(table), RATE_HZ).ovrl - _MOST_OVRL_LOSS
        second = self._second(table)
        delta = np.zeros(WIDTH, np.float32)
        step = _FIRST_STEP
        while not self._is_over():
            tried = (delta + (random.standard_normal(len(components)) * step) @ components).astype(np.float32)
            sound = self._speaker.fit_sound(table + tried)
            found = self._likeness(sound)
            is_nearer = found > likeness and naturalness(sound, RATE_HZ).ovrl >= floor
            found_second = self._second(table + tried) if is_nearer else 0.0
            if is_nearer and found_second > second:
                delta, likeness, second = tried, found, found_second
                step = min(step * _ON_GAIN, _MOST_STEP)
            else:
                step = max(step * _ON_LOSS, _LEAST_STEP)
        return delta, likeness

    def _second(self, table: F32) -> float:
        sound = self._speaker.say(_SECOND_TEXT[self._speaker.language], table)
        return cosine(speaker_embedding(sound, RATE_HZ), self._middle)

    def _components(self) -> F32:
        """Return the directions in which stock voices differ, scaled by how much, shape (n, 256)."""
        rows = np.stack([table[self._speaker.row] for table in self._speaker.tables.values()])
        _, spread, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
        kept = min(_N_COMPONENTS, len(rows) - 1)
        scaled: F32 = (directions[:kept] * spread[:kept, np.newaxis] / np.sqrt(len(rows))).astype(np.float32)
        return scaled

    def _likeness(self, sound: F32) -> float:
        found = cosine(speaker_embedding(sound, RATE_HZ), self._middle)
        self.n_done += 1
        self._best = max(self._best, found)
        if self._show is not None:
            self._show(self.n_done, self._most, self._best)
        return found

    def _is_over(self) -> bool:
        return self.n_done >= self._most or time.monotonic() > self._deadline


def _matched(
    speaker: _Speaker, stock: str, delta: F32, said: _Said, clips: Sequence[RealClip], middle: F32
) -> tuple[_Said, float, float]:
    """Return what is said with pitch and pace of the clips, with the speed and the shift in semitones.

    The shift is kept only while the voice stays as alike.
    """
    speed = _speed(said, clips, speaker.language)
    wanted_hz = float(np.median([pitch(clip.samples, clip.rate).median_hz for clip in clips]))
    shift = semitones(wanted_hz, said.median_hz())
    shift = 0.0 if np.isnan(shift) else float(np.clip(shift, -_MOST_SEMITONES, _MOST_SEMITONES))
    paced = speaker.check(stock, delta, speed=speed)
    if paced.likeness(middle) < said.likeness(middle) - _TOLERATED_LOSS:
        paced, speed = said, 1.0
    if abs(shift) < 0.2:
        return paced, speed, 0.0
    shifted = speaker.check(stock, delta, speed=speed, shift=shift)
    if shifted.likeness(middle) < paced.likeness(middle) - _TOLERATED_LOSS:
        return paced, speed, 0.0
    return shifted, speed, shift


def _speed(said: _Said, clips: Sequence[RealClip], language: Language) -> float:
    texts = [clip for clip in clips if clip.text]
    spoken_s = sum(spoken_seconds(clip.samples, clip.rate) for clip in texts)
    if not spoken_s:
        return 1.0
    real = sum(n_syllables(clip.text, clip.language) for clip in texts) / spoken_s
    return float(np.clip(real / said.syllables_per_s(language), _LEAST_SPEED, _MOST_SPEED))
