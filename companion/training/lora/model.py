"""The base, dequantised from the GGUF that the app runs, with LoRA pairs on its seven linear layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.errors import ModelError
from companion.training.lora.packing import Packed

if TYPE_CHECKING:
    import torch

LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def load_base(path: Path, dtype: str) -> Any:
    """Return the transformers model of a GGUF file, in evaluation mode. Raises ModelError, code `train`."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(path.parent),
            gguf_file=path.name,
            dtype=getattr(torch, dtype),
            attn_implementation="sdpa",
            **_unpacked(),
        )
    except (ValueError, KeyError, NotImplementedError) as error:
        raise ModelError(
            f"The model {path.name} cannot be trained: {str(error)[:200]}",
            "Choose another base, such as Qwen2.5 or Llama.",
            code="train",
        ) from error
    return model.eval()


def _unpacked() -> dict[str, Any]:
    """Ask for plain matrices: with `kernels` installed transformers would leave them packed, not to be learnt on."""
    try:
        from transformers import GgufConfig
    except ImportError:
        return {}
    return {"quantization_config": GgufConfig(dequantize=True)}


def with_lora(model: Any, *, rank: int, alpha: float, dropout: float, seed: int) -> Any:
    """Return `model` with fresh LoRA pairs; only they can be learnt. B is zero, so nothing is changed yet."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=list(LINEARS),
        bias="none",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def pairs(model: Any) -> dict[str, torch.Tensor]:
    """Return the LoRA parameters by their full names."""
    return {name: value for name, value in model.named_parameters() if ".lora_" in name}


def token_losses(model: Any, packed: Packed) -> torch.Tensor:
    """Return the loss of each learnt token in nats, float32 [m].

    The output layer is computed at the learnt places only: with 150,000 words it costs more than the rest.
    """
    import torch

    trunk, head = inner(model)
    device = head.weight.device
    visible = torch.from_numpy(packed.visible()).to(device)
    mask = torch.zeros(visible.shape, dtype=trunk.dtype, device=device)
    mask.masked_fill_(~visible, torch.finfo(trunk.dtype).min)
    hidden = trunk(
        input_ids=torch.from_numpy(packed.ids)[None].to(device),
        position_ids=torch.from_numpy(packed.positions)[None].to(device),
        attention_mask=mask[None, None],
        use_cache=False,
    ).last_hidden_state[0]
    logits = head(hidden[torch.from_numpy(packed.at).to(device)]).float()
    return torch.nn.functional.cross_entropy(
        logits, torch.from_numpy(packed.target).to(device), reduction="none"
    )


def inner(model: Any) -> tuple[Any, Any]:
    """Return the trunk and the output layer, with or without LoRA around them."""
    causal = model.get_base_model() if hasattr(model, "get_base_model") else model
    return causal.model, causal.lm_head
