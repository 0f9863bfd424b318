"""What the user is heard saying: spoken by voices that are not hers, trimmed, joined with the scripted pauses.

The acoustic beginning and end of each clip are known by construction: the first and the last sample above
-45 dBFS of what was spoken.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.audio.resample import resample
from companion.audio.wav import read_wav, write_wav
from companion.cli.benchmarks.voice.script import NOISES, Language, ScriptedTurn
from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.ports import Voice

RATE_HZ: Final = 24_000
LABEL: Final = 10 ** (-45 / 20)
_VERSION: Final = 1
_MARGIN_S: Final = 0.01
_CASTS: Final[dict[Language, tuple[str, ...]]] = {
    "zh": ("yunche", "zm_yunyang", "zf_xiaoni", "zm_yunxia"),
    "en": ("rowan", "bf_emma", "am_michael"),
}

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class UserClip:
    """A WAV file of 24 kHz. `onset` and `end` are its first and last audible sample, `pauses` hold (begin, end)."""

    file: Path
    text: str
    n_samples: int
    onset: int
    end: int
    pauses: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """A turn of the script with its sound."""

    turn: ScriptedTurn
    said: UserClip
    during: UserClip | None


def speak_all(
    turns: Sequence[ScriptedTurn], open_voice: Callable[[], Voice], folder: Path, *, seed: int
) -> list[SpokenTurn]:
    """Return the turns with their clips, from `folder` where they were made before.

    The voice is opened only if something has to be spoken. Raises ModelError, AudioError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    studio = _Studio(open_voice, folder)
    try:
        return [_speak(turn, studio, random.Random(f"{seed}:{turn.name}")) for turn in turns]
    finally:
        studio.close()


def _speak(turn: ScriptedTurn, studio: _Studio, chance: random.Random) -> SpokenTurn:
    style, speed = chance.choice(_CASTS[turn.language]), chance.choice((0.95, 1.0, 1.05, 1.1))
    gain_db = chance.uniform(-10.0, -4.0)
    said = studio.clip(turn.language, turn.parts, turn.pauses_ms, style, speed, gain_db)
    during = None
    if turn.during in NOISES:
        during = studio.noise(turn.during, chance.randrange(1 << 30), gain_db)
    elif turn.during:
        during = studio.clip(turn.language, (turn.during_text,), (), style, speed, gain_db)
    return SpokenTurn(turn, said, during)


class _Studio:
    """Makes clips and keeps them."""

    def __init__(self, open_voice: Callable[[], Voice], folder: Path) -> None:
        self._open_voice, self._folder = open_voice, folder
        self._voice: Voice | None = None

    def clip(
        self,
        language: Language,
        parts: Sequence[str],
        pauses_ms: Sequence[int],
        style: str,
        speed: float,
        gain_db: float,
    ) -> UserClip:
        spoken = [self._part(language, part, style, speed, gain_db) for part in parts]
        samples, pauses = joined(spoken, [ms / 1000 for ms in pauses_ms])
        text = (" " if language == "en" else "").join(parts)
        return self._kept(samples, text, pauses)

    def noise(self, kind: str, seed: int, gain_db: float) -> UserClip:
        return self._kept(_at_peak(noise(kind, seed), gain_db), "", [])

    def close(self) -> None:
        if self._voice is not None:
            self._voice.close()

    def _part(self, language: Language, text: str, style: str, speed: float, gain_db: float) -> Samples:
        key = json.dumps([_VERSION, language, text, style, speed], ensure_ascii=False)
        file = self._folder / f"spoken-{hashlib.sha256(key.encode()).hexdigest()[:16]}.wav"
        if not file.exists():
            self._voice = self._voice or self._open_voice()
            spec = VoiceSpec("kokoro", styles=((style, 1.0),), speed=speed, language=language)
            made = [one.clip for one in self._voice.synthesise(text, CancelToken(), voice=spec)]
            whole = AudioClip(np.concatenate([one.samples for one in made]), made[0].rate_hz)
            write_wav(file, resample(whole, RATE_HZ).samples, RATE_HZ)
        return trimmed(_at_peak(read_wav(file).samples, gain_db))

    def _kept(self, samples: Samples, text: str, pauses: Sequence[tuple[int, int]]) -> UserClip:
        loud = np.flatnonzero(np.abs(samples) > LABEL)
        file = self._folder / f"clip-{hashlib.sha256(samples.tobytes()).hexdigest()[:16]}.wav"
        if not file.exists():
            write_wav(file, samples, RATE_HZ)
        return UserClip(file, text, len(samples), int(loud[0]), int(loud[-1]), tuple(pauses))


def trimmed(samples: Samples) -> Samples:
    """Return what lies between the first and the last sample above -45 dBFS, with 10 ms of fade on both sides."""
    loud = np.flatnonzero(np.abs(samples) > LABEL)
    if not len(loud):
        return np.zeros(0, np.float32)
    margin = int(_MARGIN_S * RATE_HZ)
    padded = np.pad(samples, margin)
    out = padded[int(loud[0]) : int(loud[-1]) + 1 + 2 * margin].copy()
    ramp = np.linspace(0.0, 1.0, margin, dtype=np.float32)
    out[:margin] *= ramp
    out[-margin:] *= ramp[::-1]
    return out


def joined(parts: Sequence[Samples], pauses_s: Sequence[float]) -> tuple[Samples, list[tuple[int, int]]]:
    """Return trimmed parts with silence between them, and where the silences lie.

    A pause reaches from the last audible sample of a part to the first one of the next.
    """
    margin = int(_MARGIN_S * RATE_HZ)
    pieces, pauses, at = [parts[0]], [], len(parts[0])
    for part, pause_s in zip(parts[1:], pauses_s, strict=True):
        silence = max(0, round(pause_s * RATE_HZ) - 2 * margin)
        pauses.append((at - margin, at + silence + margin))
        pieces += [np.zeros(silence, np.float32), part]
        at += silence + len(part)
    return np.concatenate(pieces), pauses


def noise(kind: str, seed: int) -> Samples:
    """Return a cough, a bang or typing: shaped noise, different for each `seed`."""
    dice = np.random.default_rng(seed)
    if kind == "bang":
        return _burst(dice, 0.28, 0.05, (90, 240, 700), 0.004)
    if kind == "keys":
        clicks = [_burst(dice, 0.03, 0.006, (1800, 3600), 0.001) for _ in range(6)]
        gaps = [np.zeros(int(dice.uniform(0.07, 0.14) * RATE_HZ), np.float32) for _ in clicks]
        return np.concatenate([piece for pair in zip(clicks, gaps, strict=True) for piece in pair])
    first = _burst(dice, 0.30, 0.09, (480, 1300, 2500), 0.008)
    second = 0.7 * _burst(dice, 0.26, 0.08, (430, 1150, 2300), 0.01)
    gap = np.zeros(int(dice.uniform(0.06, 0.16) * RATE_HZ), np.float32)
    return np.concatenate([first, gap, second])


def _burst(
    dice: np.random.Generator, seconds: float, decay_s: float, formants: Sequence[float], attack_s: float
) -> Samples:
    n = int(seconds * RATE_HZ)
    spectrum = np.fft.rfft(dice.standard_normal(n))
    at = np.fft.rfftfreq(n, 1 / RATE_HZ)
    shape = sum(np.exp(-0.5 * ((at - place) / (0.35 * place + 80)) ** 2) for place in formants) + 0.03
    sound = np.fft.irfft(spectrum * shape, n)
    time_s = np.arange(n) / RATE_HZ
    envelope = np.minimum(time_s / attack_s, 1.0) * np.exp(-np.maximum(time_s - attack_s, 0.0) / decay_s)
    shaped: Samples = (sound * envelope).astype(np.float32)
    return shaped


def _at_peak(samples: Samples, peak_db: float) -> Samples:
    peak = float(np.abs(samples).max(initial=0.0)) or 1.0
    louder: Samples = (samples * (math.pow(10, peak_db / 20) / peak)).astype(np.float32)
    return louder
