"""Export a sentence-transformers model to a folder that the program loads: ONNX, tokenizer and recipe.

    uv run --extra train python packaging/export_embedder.py BAAI/bge-small-zh-v1.5 ~/bge-small-zh

Put the folder into the models folder and name it under Settings, or as `embedder` in [recall]. The program itself
never imports torch.
"""

from __future__ import annotations

import argparse
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

_OPSET = 17
_TEXTS = ("黛玉把落花装进绢袋，埋在花冢里。", "She buried the fallen flowers.", "明天有雨。")
# Other numbers and lengths than those that were traced, one of them beyond every limit.
_CHECKED = (
    "雨",
    "Rain.",
    "你记得我家的猫叫什么吗？",
    "It rained, and then the sun came out again." * 4,
    "花谢花飞" * 2_000,
)
_TOLERANCE = 1e-3
_POOLING = {"mean": "mean", "cls": "cls", "lasttoken": "last"}
_UNDERSTOOD = ("Transformer", "Pooling", "Normalize")


def main(arguments: list[str] | None = None) -> None:
    """Export, then compare the vectors of both on three texts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a sentence-transformers model: a name, or a folder")
    parser.add_argument("folder", type=Path, help="where to write")
    parser.add_argument("--query-prefix", default=None, help="overrides the model's own prompt for queries")
    parser.add_argument(
        "--passage-prefix", default=None, help="overrides the model's own prompt for passages"
    )
    asked = parser.parse_args(arguments)
    worst = export(asked.model, asked.folder, asked.query_prefix, asked.passage_prefix)
    print(f"{asked.folder}: smallest cosine between both on {len(_CHECKED)} texts is {worst:.6f}")


def export(name: str, folder: Path, query_prefix: str | None, passage_prefix: str | None) -> float:
    """Write the model's folder; return the smallest cosine between its vectors and the original's.

    Raises SystemExit when they differ, and for a model that does more than pool the states of its tokens.
    """
    from sentence_transformers import SentenceTransformer

    if find_spec("onnx") is None:
        raise SystemExit(
            "PyTorch writes ONNX with the package onnx, which is missing. Run: uv pip install onnx"
        )
    model = SentenceTransformer(name, device="cpu")
    pooling = _pooling(model)
    folder.mkdir(parents=True, exist_ok=True)
    _write_graph(model, folder / "model.onnx")
    _write_tokenizer(model, folder)
    recipe = {
        "pooling": pooling,
        "query_prefix": model.prompts.get("query", "") if query_prefix is None else query_prefix,
        "passage_prefix": model.prompts.get("passage", model.prompts.get("document", ""))
        if passage_prefix is None
        else passage_prefix,
        "max_tokens": int(model.max_seq_length or 512),
    }
    text = json.dumps(recipe, ensure_ascii=False, indent=1)
    (folder / "embedder.json").write_text(text, encoding="utf-8")
    worst = _compare(model, folder, str(recipe["passage_prefix"]))
    if worst < 1 - _TOLERANCE:
        raise SystemExit(f"The exported model gives other vectors: cosine {worst:.4f}.")
    return worst


def _write_graph(model: Any, file: Path) -> None:
    import torch

    transformer = model[0].auto_model.eval()
    # The exporter follows the plain form of attention alone.
    transformer.set_attn_implementation("eager")
    encoded = model.tokenizer(list(_TEXTS), padding=True, return_tensors="pt")
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in encoded]
    axes = {name: {0: "batch", 1: "tokens"} for name in (*names, "last_hidden_state")}

    class Encoder(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, *inputs: Any) -> Any:
            return self.transformer(**dict(zip(names, inputs, strict=True))).last_hidden_state

    torch.onnx.export(
        Encoder().eval(),
        tuple(encoded[name] for name in names),
        str(file),
        input_names=names,
        output_names=["last_hidden_state"],
        dynamic_axes=axes,
        opset_version=_OPSET,
        dynamo=False,
    )


def _write_tokenizer(model: Any, folder: Path) -> None:
    tokenizer = model.tokenizer
    if not getattr(tokenizer, "is_fast", False):
        raise SystemExit("The model has no tokenizer.json; choose one with a fast tokenizer.")
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.enable_padding(
        pad_id=tokenizer.pad_token_id or 0, pad_token=tokenizer.pad_token or "[PAD]"
    )
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))


def _pooling(model: Any) -> str:
    kinds = [type(module).__name__ for module in model]
    other = [kind for kind in kinds if kind not in _UNDERSTOOD]
    modes = [module.pooling_mode for module in model if hasattr(module, "pooling_mode")]
    if other or len(modes) != 1 or modes[0] not in _POOLING:
        raise SystemExit(
            f"The model is made of {', '.join(kinds)} with pooling {modes}, which cannot be exported."
        )
    return _POOLING[modes[0]]


def _compare(model: Any, folder: Path, prefix: str) -> float:
    from companion.engines.embedders.onnx_text import OnnxText

    exported = OnnxText.load(folder)
    ours = exported.embed(_CHECKED)
    exported.close()
    theirs = model.encode([prefix + text for text in _CHECKED], normalize_embeddings=True)
    return float(np.min(np.sum(ours * np.asarray(theirs), axis=1)))


if __name__ == "__main__":
    main()
