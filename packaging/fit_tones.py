"""Fit the classifier of tones to the stock voices of Kokoro, and measure it on each one left out of the fit.

    python packaging/fit_tones.py KOKORO.onnx companion/voice_training/data/tones.json

Multinomial regression on what `voice_training/tones.py` sees of a syllable; about a minute on two cores. One of the
voices, zf_xiaoni, has the tones of Shaanxi: it is no example, and shows that other tones are not heard as these.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.voices.kokoro_onnx import RATE_HZ, KokoroOnnx
from companion.paths import bundled
from companion.voice_training.coverage import prompts
from companion.voice_training.tones import N_TONES, syllable_shapes

_DIALECTS: Final = ("zf_xiaoni",)
_LINES_EACH: Final = 5
_STEPS: Final = 1_500
_RATE: Final = 0.5
_DECAY: Final = 1e-3

F64 = NDArray[np.float64]
Judged = tuple[NDArray[np.int64], F64]
"""Tones, shape (n,), and features, shape (n, 10)."""


def main(arguments: list[str] | None = None) -> None:
    """Speak, fit, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="the weights of Kokoro")
    parser.add_argument("target", type=Path, help="the .json to write")
    asked = parser.parse_args(arguments)
    write(speak_all(asked.model), asked.target)


def write(spoken: dict[str, Judged], target: Path) -> None:
    """Fit and measure; write the classifier with its figures."""
    standard = {name: one for name, one in spoken.items() if name not in _DIALECTS}
    weights = fitted(list(standard.values()))
    right = {
        name: share_right(fitted([one for other, one in standard.items() if other != name]), standard[name])
        for name in standard
    }
    described = {
        "right": {name: round(share, 3) for name, share in right.items()},
        "right_in_dialect": {name: round(share_right(weights, spoken[name]), 3) for name in _DIALECTS},
        "n_syllables": {name: len(tones) for name, (tones, _) in spoken.items()},
        "weights": weights.round(4).tolist(),
    }
    target.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    print({name: value for name, value in described.items() if name != "weights"})


def speak_all(model: Path) -> dict[str, Judged]:
    """Return what is seen of every stock Mandarin voice; each speaks other sentences."""
    folder = bundled("assets") / "voices"
    kokoro = KokoroOnnx.load(model, folder, threads=2)
    found = {}
    for number, file in enumerate(sorted(folder.glob("z*.bin"))):
        voice = VoiceSpec(styles=((file.stem, 1.0),))
        tones: list[int] = []
        features = []
        for text in prompts("zh")[number * 10 : number * 10 + _LINES_EACH]:
            for speech in kokoro.synthesise(text, CancelToken(), voice=voice):
                meant, seen = syllable_shapes(text, speech.clip.samples, RATE_HZ, speech.marks)
                tones += meant
                features.append(seen)
        found[file.stem] = np.array(tones), np.concatenate(features)
    return found


def fitted(voices: Sequence[Judged]) -> F64:
    """Return the weights, shape (10, 4)."""
    tones = np.concatenate([meant for meant, _ in voices])
    features = np.concatenate([seen for _, seen in voices])
    wanted = np.eye(N_TONES)[tones - 1]
    weights = np.zeros((features.shape[1], N_TONES))
    for _ in range(_STEPS):
        scores = features @ weights
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        weights -= _RATE * (features.T @ (chances - wanted) / len(features) + _DECAY * weights)
    return weights


def share_right(weights: F64, voice: Judged) -> float:
    """Return the share of tones that are classed as they were meant."""
    tones, features = voice
    return float(np.mean(np.argmax(features @ weights, axis=1) + 1 == tones))


if __name__ == "__main__":
    main()
