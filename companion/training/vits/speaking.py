"""Speak with the Coqui model itself, as an exported voice would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def speak(
    model: Any,
    ids: Sequence[int],
    *,
    style: int = 0,
    noise: float = 0.667,
    length: float = 1.0,
    noise_w: float = 0.8,
    device: str = "cpu",
) -> dict[str, Any]:
    """Return what the model gives for `ids`: `model_outputs` (1, 1, samples), `durations` (1, 1, ids), `z` and more."""
    import torch

    model.inference_noise_scale, model.length_scale, model.inference_noise_scale_dp = noise, length, noise_w
    number = torch.tensor([style], device=device) if hasattr(model, "emb_g") else None
    with torch.no_grad():
        spoken: dict[str, Any] = model.inference(
            torch.tensor([list(ids)], device=device),
            {
                "x_lengths": torch.tensor([len(ids)], device=device),
                "speaker_ids": number,
                "d_vectors": None,
                "language_ids": None,
                "durations": None,
            },
        )
    return spoken
