"""A small Llama or Qwen2 of transformers as a GGUF model that llama.cpp runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import ModelError
from companion.training.lab.vocabulary import CHAT_TEMPLATE, CLOSE, END, PRE, SPECIALS, LabVocabulary
from companion.training.lora.adapter import LINEAR_NAMES, permuted

_ARCHITECTURES: Final = ("llama", "qwen2")
_NORMAL, _CONTROL = 1, 3
_F16: Final = 1
_OUTSIDE: Final = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_INSIDE: Final = {
    **LINEAR_NAMES,
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def write_model(model: Any, vocabulary: LabVocabulary, path: Path, *, name: str = "lab") -> None:
    """Write a causal model of transformers as GGUF: matrices as half floats, vectors as floats.

    Raises ModelError, code `export`, for another architecture than llama and qwen2.
    """
    from gguf import GGUFWriter

    config = model.config
    if config.model_type not in _ARCHITECTURES:
        raise ModelError(f"A {config.model_type} cannot be written.", "Use llama or qwen2.", code="export")
    part = path.with_suffix(".part")
    writer = GGUFWriter(str(part), config.model_type)
    writer.add_name(name)
    writer.add_file_type(_F16)
    _add_shape(writer, config)
    _add_words(writer, vocabulary)
    for key, array in _tensors(model.state_dict(), config):
        writer.add_tensor(key, array.astype(np.float16) if array.ndim > 1 else array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(part, path)


def _add_shape(writer: Any, config: Any) -> None:
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)


def _add_words(writer: Any, vocabulary: LabVocabulary) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE)
    writer.add_token_list(list(vocabulary.tokens))
    writer.add_token_types([_CONTROL if token in SPECIALS else _NORMAL for token in vocabulary.tokens])
    writer.add_token_merges(list(vocabulary.merges))
    writer.add_bos_token_id(vocabulary.id_of(END))
    writer.add_eos_token_id(vocabulary.id_of(CLOSE))
    writer.add_pad_token_id(vocabulary.id_of(END))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _tensors(state: Mapping[str, Any], config: Any) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the tensors under llama.cpp's names; the rows of a Llama's q and k in llama.cpp's order."""
    for key, value in state.items():
        if key == "lm_head.weight" and config.tie_word_embeddings:
            continue
        array = np.ascontiguousarray(value.detach().cpu().float().numpy())
        if key in _OUTSIDE:
            yield _OUTSIDE[key], array
            continue
        words = key.split(".")
        module, kind = ".".join(words[3:-1]), words[-1]
        if module not in _INSIDE:
            raise ModelError(f"The model has a part that no GGUF can hold: {key}.", code="export")
        if config.model_type == "llama" and module == "self_attn.q_proj":
            array = permuted(array, config.num_attention_heads)
        if config.model_type == "llama" and module == "self_attn.k_proj":
            array = permuted(array, config.num_key_value_heads)
        yield f"blk.{words[2]}.{_INSIDE[module]}.{kind}", np.ascontiguousarray(array)
