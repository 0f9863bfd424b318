"""The whole state of a training in one file: it goes on as if it had never stopped."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from companion.errors import StorageError

_KEPT: Final = 2


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`step` steps of stage number `stage` are done; `elapsed_s` is what the whole training has taken."""

    stage: int
    step: int
    elapsed_s: float
    model: dict[str, Any]
    work: dict[str, Any]


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint with the state of every generator of random numbers; the two newest are kept.

    Raises StorageError, code `disk`.
    """
    import torch

    file = folder / f"{checkpoint.stage}-{checkpoint.step:06d}.pt"
    part = file.with_suffix(".part")
    content = {
        "format": 1,
        "stage": checkpoint.stage,
        "step": checkpoint.step,
        "elapsed_s": checkpoint.elapsed_s,
        "model": checkpoint.model,
        "work": checkpoint.work,
        "random": _random_state(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            torch.save(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, file)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        raise StorageError(
            f"The training cannot be saved: {error}.",
            "Make room on the disk and go on with --resume.",
            code="disk",
        ) from error
    for old in _files(folder)[:-_KEPT]:
        old.unlink(missing_ok=True)
    return file


def newest(folder: Path) -> Checkpoint | None:
    """Return the newest checkpoint that can be read and set the generators of random numbers to it; None: none."""
    import torch

    for file in reversed(_files(folder)):
        try:
            # Our own file, yet read as data: nothing in it is run.
            content = torch.load(file, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError, KeyError):
            continue
        _set_random_state(content["random"])
        return Checkpoint(
            content["stage"], content["step"], content["elapsed_s"], content["model"], content["work"]
        )
    return None


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("?-??????.pt"))


def _random_state() -> dict[str, Any]:
    import torch

    kind, keys, *rest = np.random.get_state(legacy=True)
    version, words, gauss = random.getstate()
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "numpy": [kind, torch.from_numpy(np.asarray(keys).astype(np.int64)), *rest],
        "python": [version, torch.tensor(words), gauss],
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def _set_random_state(state: dict[str, Any]) -> None:
    import torch

    torch.set_rng_state(state["torch"])
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words.tolist()), gauss))
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
