"""The settings of a training by how much there is to learn and by the size of the base."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from companion.forge.request import ForgeRequest

FOLDER: Final = "training"
ROWS: Final = f"{FOLDER}/rows.jsonl"
PREFIXES: Final = f"{FOLDER}/prefixes.json"
SETTINGS: Final = f"{FOLDER}/training.json"
MESSAGES: Final = f"{FOLDER}/messages.jsonl"
GATES: Final = f"{FOLDER}/gates.json"
ADAPTER: Final = f"{FOLDER}/style.gguf"
_FEW, _MANY = 500, 5_000
_FORMAT: Final = 1
_ROOM: Final = 640
_STEP: Final = 128


def training_settings(
    request: ForgeRequest, out: Path, *, n_lines: int, n_prefix: int, n_tokens: int, longest: int
) -> dict[str, Any]:
    """Return the content of `training.json`; `n_tokens` are those of all rows to learn from, without their prefix.

    Few lines get a small rank and two passes, very many one pass. What is written is known to fit an adapter GGUF.
    """
    max_tokens = _rounded(n_prefix + max(longest, _ROOM))
    epochs = 3.0 if n_lines < _FEW else 2.0 if n_lines < _MANY else 1.0
    per_epoch = max(1, math.ceil(n_tokens / max(1, max_tokens - n_prefix)))
    steps = max(1, math.ceil(per_epoch * epochs))
    often = min(50, max(5, steps // 8))
    rank = 8 if n_lines < _FEW else 16
    return {
        "format": _FORMAT,
        "base": str(request.base),
        "out": str(out),
        "seed": request.seed,
        "rank": rank,
        "alpha": 2.0 * rank,
        "lr": 2e-4,
        "epochs": epochs,
        "max_steps": request.max_steps,
        "max_tokens": max_tokens,
        "evaluate_every": often,
        "checkpoint_every": min(often, 10),
        "time_limit_s": request.time_limit_s,
    }


def identity(settings: Mapping[str, Any], folder: Path) -> str:
    """Return a hash of what a training that goes on must share with its beginning: settings, rows and prefixes."""
    fixed = {key: one for key, one in settings.items() if key not in ("resume", "time_limit_s", "max_steps")}
    digest = hashlib.sha256(json.dumps(fixed, sort_keys=True).encode())
    for name in (ROWS, PREFIXES):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def _rounded(n: int) -> int:
    return math.ceil(n / _STEP) * _STEP
