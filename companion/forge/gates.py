"""What an adapter must pass before a character gets it: `gates.json`, a value, a threshold and a verdict each.

The numbers are those of forge.md, section 7. What could not be measured is missing, and missing is not passed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.forge.merging import CHANGED_KEYS, adapter_pairs, descriptions, tensor_types
from companion.storage.atomic import write_atomic

LEAST_LOGITS: Final = 0.9999
LEAST_DELTA: Final = 0.999
# An adapter that changes less does nothing, one that changes more drowns its base.
EFFECT: Final = (0.1, 0.99999)
LEAST_ENDS: Final = 0.98
MOST_QUANT_LOSS: Final = 0.02
LEAKS: Final = (
    "<think>",
    "</think>",
    "<|im_",
    "<|endoftext",
    "As an AI",
    "User:",
    "Assistant:",
    "作为一个AI",
    "作为AI",
    "用户：",
)

Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Gate:
    """One verdict; `threshold` says what `value` must hold, `detail` what else was seen."""

    number: int
    name: str
    value: float
    threshold: str
    passed: bool
    detail: Mapping[str, Any] = field(default_factory=dict)


def write_gates(path: Path, gates: Sequence[Gate]) -> None:
    """Write `gates.json`: by number, in order."""
    raw = {}
    for gate in sorted(gates, key=lambda one: one.number):
        fields = asdict(gate)
        fields["pass"] = fields.pop("passed")
        raw[str(fields.pop("number"))] = fields
    write_atomic(path, (json.dumps(raw, ensure_ascii=False, indent=1) + "\n").encode())


def cosine(left: Logits, right: Logits) -> float:
    """Return the cosine of the angle between two vectors, computed in double precision; 0 for an empty one."""
    a, b = left.astype(np.float64), right.astype(np.float64)
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm else 0.0


def pairs_gate(base_shapes: Mapping[str, tuple[int, ...]], adapter: Path, n_trained: int) -> Gate:
    """Gate 1: each of the `n_trained` pairs that were learnt is in the file and fits a tensor of the base."""
    pairs, alpha = adapter_pairs(adapter)
    fitting = sum(base_shapes.get(name) == (b.shape[0], a.shape[1]) for name, (a, b) in pairs.items())
    rank = next(iter(pairs.values()))[0].shape[0]
    passed = fitting == len(pairs) == n_trained
    detail = {"in_file": len(pairs), "trained": n_trained, "rank": rank, "alpha": alpha}
    return Gate(1, "pairs that fit the base", fitting / max(1, n_trained), "= 1", passed, detail)


@dataclass(frozen=True, slots=True)
class Sides:
    """Logits of one text without and with the adapter: as trained, and as llama.cpp computes them."""

    trained_off: Logits
    trained_on: Logits
    running_off: Logits
    running_on: Logits

    @property
    def delta(self) -> float:
        return cosine(self.trained_on - self.trained_off, self.running_on - self.running_off)


def parity_gate(sides: Sequence[Sides]) -> Gate:
    """Gate 2: the worst text. The whole logits hide an adapter that sits in the wrong order; the change shows it."""
    logits = [cosine(one.trained_on, one.running_on) for one in sides]
    deltas = [one.delta for one in sides]
    effect = [cosine(one.running_off, one.running_on) for one in sides]
    passed = min(logits) >= LEAST_LOGITS and min(deltas) >= LEAST_DELTA
    passed &= EFFECT[0] <= float(np.median(effect)) <= EFFECT[1]
    detail = {
        "n": len(sides),
        "logits_worst": round(min(logits), 7),
        "logits_median": round(float(np.median(logits)), 7),
        "delta_median": round(float(np.median(deltas)), 7),
        "floor_worst": round(min(cosine(one.trained_off, one.running_off) for one in sides), 7),
        "effect_median": round(float(np.median(effect)), 5),
    }
    threshold = f"change >= {LEAST_DELTA}, logits >= {LEAST_LOGITS}"
    return Gate(2, "training and running agree", round(min(deltas), 7), threshold, passed, detail)


def share_gate(number: int, name: str, same: Sequence[bool], detail: Mapping[str, Any]) -> Gate:
    """Gates 3 and 4: all of many comparisons hold."""
    share = sum(same) / len(same) if same else 0.0
    return Gate(number, name, share, "= 1", share == 1.0, {"n": len(same), **detail})


def endings_gate(ended: Sequence[bool]) -> Gate:
    """Gate 5: replies end by themselves."""
    share = sum(ended) / len(ended) if ended else 0.0
    return Gate(
        5, "replies that end", round(share, 4), f">= {LEAST_ENDS}", share >= LEAST_ENDS, {"n": len(ended)}
    )


def packed_gate(bpc_packed: float, bpc_half: float, n_rows: int) -> Gate:
    """Gate 6: the adapter does on the packed base what it does on half floats, in bits per character."""
    loss = bpc_packed / bpc_half - 1
    detail = {"packed": round(bpc_packed, 4), "half_floats": round(bpc_half, 4), "n": n_rows}
    return Gate(
        6, "loss by packing", round(loss, 5), f"<= {MOST_QUANT_LOSS}", loss <= MOST_QUANT_LOSS, detail
    )


def leaks_gate(replies: Sequence[str]) -> Gate:
    """Gate 7: nothing of frames or of an assistant is in the replies."""
    leaking = [leak for reply in replies for leak in LEAKS if leak in reply]
    detail = {"n": len(replies), "found": sorted(set(leaking))}
    return Gate(7, "leaks", len(leaking), "= 0", bool(replies) and not leaking, detail)


def cleared_gate(before: Sequence[Logits], after: Sequence[Logits], swap_ms: float) -> Gate:
    """Gate 8: with the adapter taken off the base computes bit for bit what it did before."""
    most = max(float(np.max(np.abs(a - b))) for a, b in zip(before, after, strict=True))
    detail = {"n": len(before), "swap_ms": round(swap_ms, 3)}
    return Gate(8, "what a cleared adapter leaves", most, "= 0", most == 0.0, detail)


def merged_gate(base: Path, merged: Path) -> Gate:
    """Gate 9: a merged file describes itself as its base does."""
    left, right = descriptions(base), descriptions(merged)
    keys = (left.keys() | right.keys()) - CHANGED_KEYS
    changed = sorted(key for key in keys if left.get(key) != right.get(key))
    detail = {"n": len(keys), "changed": changed, "types": tensor_types(merged)}
    return Gate(9, "descriptions that changed", len(changed), "= 0", not changed, detail)
