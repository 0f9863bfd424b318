"""What is to be trained: the file that the job's owner wrote, checked, and the clips it names, in memory."""

from __future__ import annotations

import json
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from companion.errors import StorageError, UsageError
from companion.training.vits.voice import HOP, RATE_HZ

Profile = Literal["auto", "cpu", "gpu", "smoke"]
_HINT: Final = "Start the training again from its recordings."
_LONGEST_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class TrainingClip:
    """`wave` float32 mono at 22,050 Hz, a whole number of frames of 256 samples; `ids` are rows of the symbol table."""

    file: str
    ids: tuple[int, ...]
    style: int
    wave: NDArray[np.float32]

    @property
    def n_frames(self) -> int:
        return len(self.wave) // HOP


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """`schedule` overrides the steps of stages by name; `base` None: from scratch, with the widths in `widths`.

    Without `widths` a voice from scratch is as wide as every Piper voice of quality `medium`. With `trial_steps` each
    stage has only so many, to see how long they take; nothing is kept.
    """

    out: Path
    base: Path | None
    description: Mapping[str, Any]
    language: str
    profile: Profile
    seed: int
    n_styles: int
    schedule: Mapping[str, Mapping[str, float]]
    time_limit_s: float | None
    resume: bool
    train: tuple[TrainingClip, ...]
    held_out: tuple[TrainingClip, ...]
    widths: Mapping[str, int] = field(default_factory=dict)
    trial_steps: int = 0

    @property
    def base_language(self) -> str:
        """The language the base speaks, "" without one."""
        if self.base is None:
            return ""
        code = str(self.description.get("language", {}).get("code", ""))
        code = code or str(self.description.get("espeak", {}).get("voice", ""))
        return "zh" if code.startswith(("zh", "cmn")) else code[:2].lower()


def read_job(file: Path) -> TrainingJob:
    """Return the job in `file`. Raises StorageError, code `job`, UsageError, code `clips`."""
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        if raw["format"] != 1 or raw.get("profile", "auto") not in get_args(Profile):
            raise ValueError(f"its format is {raw['format']} and its profile {raw.get('profile')}")
        return _job(raw, Path(raw["out"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(
            f"The training's description {file.name} cannot be used: {error}.", _HINT, code="job"
        ) from error


def _job(raw: Mapping[str, Any], out: Path) -> TrainingJob:
    base = Path(raw["base"]) if raw.get("base") else None
    beside = raw.get("base_json") or (f"{base}.json" if base else None)
    description = json.loads(Path(beside).read_text(encoding="utf-8")) if beside else {}
    n_styles = int(raw.get("n_styles", 1))
    clips: dict[str, list[TrainingClip]] = {"train": [], "held_out": []}
    for entry in raw["clips"]:
        clips[entry.get("split", "train")].append(_clip(out, entry, n_styles))
    if not clips["train"]:
        raise UsageError(
            "There is no clip to train on.", "Record at least one minute of speech.", code="clips"
        )
    return TrainingJob(
        out,
        base,
        description,
        str(raw["language"]),
        raw.get("profile", "auto"),
        int(raw.get("seed", 1)),
        n_styles,
        raw.get("schedule") or {},
        raw.get("time_limit_s"),
        bool(raw.get("resume", False)),
        tuple(clips["train"]),
        tuple(clips["held_out"]),
        {name: int(width) for name, width in (raw.get("widths") or {}).items()},
        trial_steps=int(raw.get("trial_steps", 0)),
    )


def _clip(out: Path, entry: Mapping[str, Any], n_styles: int) -> TrainingClip:
    ids = tuple(int(row) for row in entry["ids"])
    style = int(entry.get("style", 0))
    if not 0 <= style < n_styles:
        raise ValueError(f"{entry['file']} is of style {style} of {n_styles}")
    samples = _read(out / entry["file"])
    samples = samples[: int(_LONGEST_S * RATE_HZ)]
    n_frames = len(samples) // HOP
    if n_frames < max(8, len(ids)):
        raise ValueError(f"{entry['file']} is too short for its text")
    return TrainingClip(str(entry["file"]), ids, style, samples[: n_frames * HOP])


def _read(file: Path) -> NDArray[np.float32]:
    try:
        with wave.open(str(file), "rb") as sound:
            form = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
            content = sound.readframes(sound.getnframes())
    except wave.Error as error:
        raise ValueError(f"{file.name} is no WAV: {error}") from error
    if form != (RATE_HZ, 1, 2):
        raise ValueError(f"{file.name} has {form} instead of 22,050 Hz, one channel, two bytes")
    return np.frombuffer(content, "<i2").astype(np.float32) / np.float32(32768)


def padded(clips: Sequence[TrainingClip]) -> tuple[Any, Any, Any, Any]:
    """Return ids (n, symbols), their lengths, waves (n, samples), lengths in frames, as tensors."""
    import torch

    ids = [torch.tensor(clip.ids) for clip in clips]
    waves = [torch.from_numpy(clip.wave) for clip in clips]
    pad = torch.nn.utils.rnn.pad_sequence
    return (
        pad(ids, batch_first=True),
        torch.tensor([len(one) for one in ids]),
        pad(waves, batch_first=True),
        torch.tensor([clip.n_frames for clip in clips]),
    )
