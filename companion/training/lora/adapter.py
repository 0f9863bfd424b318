"""An adapter as files: PEFT's for other programs, GGUF for llama.cpp."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import ModelError
from companion.model_files.gguf_check import GgufHeader, check_gguf
from companion.training.lora.job import LoraJob
from companion.training.lora.model import pairs

if TYPE_CHECKING:
    import torch

LINEAR_NAMES: Final = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
GGUF_NAME: Final = "style.gguf"


def save_adapter(model: Any, job: LoraJob) -> list[str]:
    """Write `adapter/` (PEFT) and `style.gguf` into the job folder; return their names. Raises ModelError."""
    folder = job.out / "adapter"
    model.save_pretrained(str(folder), safe_serialization=True)
    write_gguf(pairs(model), check_gguf(job.base), job.alpha, job.out / GGUF_NAME)
    return ["adapter", GGUF_NAME]


def write_gguf(found: Mapping[str, torch.Tensor], base: GgufHeader, alpha: float, path: Path) -> None:
    """Write LoRA pairs as an adapter GGUF of half floats for `base`. Raises ModelError, code `adapter`."""
    from gguf import GGUFWriter

    part = path.with_suffix(".part")
    writer = GGUFWriter(str(part), base.architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, array in sorted(tensors(found, base).items()):
        writer.add_tensor(name, array.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(part, path)


def tensors(found: Mapping[str, torch.Tensor], base: GgufHeader) -> dict[str, NDArray[np.float32]]:
    """Return the pairs under llama.cpp's names: A (rank, in), B (out, rank). Raises ModelError for a pair left over.

    llama.cpp keeps the rows of q and k of the architecture `llama`, and of no other, in another order.
    """
    named: dict[str, NDArray[np.float32]] = {}
    for name, value in found.items():
        layer, module, side = _parts(name)
        array = value.detach().cpu().float().numpy()
        if (
            side == "b"
            and base.architecture == "llama"
            and module in ("self_attn.q_proj", "self_attn.k_proj")
        ):
            array = permuted(array, base.n_head if module.endswith("q_proj") else base.n_head_kv)
        named[f"blk.{layer}.{LINEAR_NAMES[module]}.weight.lora_{side}"] = np.ascontiguousarray(array)
    if len(named) != len(found) or len(named) % 2:
        raise ModelError("The adapter does not fit its base.", "Train it again.", code="adapter")
    return named


def permuted(rows: NDArray[np.float32], n_heads: int) -> NDArray[np.float32]:
    """Return rows of q or k in the order of llama.cpp: the halves of each head interleaved."""
    shaped = rows.reshape(n_heads, 2, rows.shape[0] // n_heads // 2, *rows.shape[1:])
    return shaped.swapaxes(1, 2).reshape(rows.shape)


def _parts(name: str) -> tuple[int, str, str]:
    """Take `base_model.model.model.layers.3.mlp.up_proj.lora_A.default.weight` apart."""
    words = name.split(".")
    try:
        at = words.index("layers")
        layer, module, side = int(words[at + 1]), ".".join(words[at + 2 : at + 4]), words[at + 4]
        if module not in LINEAR_NAMES or side not in ("lora_A", "lora_B"):
            raise ValueError(name)
    except (ValueError, IndexError) as error:
        raise ModelError(f"The adapter has a pair that no GGUF can hold: {name}.", code="adapter") from error
    return layer, module, side[-1].lower()
