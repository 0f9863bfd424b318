"""Clips that hum instead of speaking, and a voice small enough to learn from them in seconds."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

RATE_HZ = 22_050


@pytest.fixture
def write_job(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a job of a tiny voice from scratch and gives its file."""

    def write(name: str, **changes: Any) -> Path:
        folder = tmp_path / name
        (folder / "clips").mkdir(parents=True, exist_ok=True)
        clips = []
        for number in range(6):
            file = f"clips/{number:04d}.wav"
            _hum(folder / file, seconds=0.6 + 0.1 * number, pitch_hz=120 + 20 * number)
            ids = [1, 0, *(row for symbol in (20, 31, 42, 28) for row in (symbol, 0)), 2]
            split = "held_out" if number == 5 else "train"
            clips.append({"file": file, "ids": ids, "style": number % 2, "split": split})
        job = {
            "format": 1,
            "base": None,
            "base_json": None,
            "language": "en",
            "profile": "smoke",
            "seed": 3,
            "out": str(folder),
            "clips": clips,
            "n_styles": 2,
            "schedule": {"regress": {"steps": 4, "batch": 2}, "durations": {"steps": 3, "batch": 2}}
            | {"decoder": {"steps": 4, "batch": 2, "critic_first": 1, "every": 0}},
            "time_limit_s": None,
            "resume": False,
            "widths": {"hidden": 16, "layers": 1, "decoder": 32},
        }
        file = folder / "training.json"
        file.write_text(json.dumps(job | changes), encoding="utf-8")
        return file

    return write


def _hum(file: Path, *, seconds: float, pitch_hz: float) -> None:
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound = sum(np.sin(2 * np.pi * pitch_hz * overtone * time_s) / overtone for overtone in (1, 2, 3, 5))
    with wave.open(str(file), "wb") as stream:
        stream.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        stream.writeframes((sound * 6_000).astype("<i2").tobytes())
