"""How well a model foretells lines: bits per character, beside the same without the adapter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from companion.training.lora.job import Row
from companion.training.lora.model import token_losses
from companion.training.lora.packing import pack, plan


@dataclass(frozen=True, slots=True)
class RowScore:
    """The loss of one row: `nats` over its text without ends of turns, `n_chars` characters, and the ends' nats."""

    id: str
    nats: float
    n_chars: int
    end_nats: float
    n_ends: int


def score(
    model: Any, rows: Sequence[Row], prefixes: Mapping[str, Sequence[int]], max_tokens: int
) -> list[RowScore]:
    """Return the score of each row, in their order; the model is left in the mode it was in."""
    import torch

    was_training = model.training
    model.eval()
    nats, ends = np.zeros(len(rows)), np.zeros(len(rows))
    with torch.no_grad():
        for indices in plan(rows, prefixes, max_tokens, None):
            packed = pack([rows[i] for i in indices], prefixes[rows[indices[0]].prefix])
            losses = token_losses(model, packed).cpu().numpy()
            for k, i in enumerate(indices):
                mine = packed.row == k
                nats[i] = float(losses[mine & packed.is_text].sum())
                ends[i] = float(losses[mine & ~packed.is_text].sum())
    model.train(was_training)
    return [
        RowScore(row.id, float(nats[i]), row.n_chars, float(ends[i]), len(row.spans))
        for i, row in enumerate(rows)
    ]


def bits_per_character(scores: Sequence[RowScore]) -> float:
    """Return the bits a character costs over all rows together; NaN for none."""
    n_chars = sum(one.n_chars for one in scores)
    return sum(one.nats for one in scores) / math.log(2) / n_chars if n_chars else math.nan
