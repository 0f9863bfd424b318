"""How an embedding model wants to be used: pooling, prefixes, length; read from the files beside it.

`embedder.json` is ours and wins; without it the files that sentence-transformers writes are understood.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from companion.errors import ModelError

Pooling = Literal["mean", "cls", "last"]
FILE: Final = "embedder.json"
_MAX_BYTES: Final = 1_000_000
_LONGEST_TEXT: Final = 8_192


@dataclass(frozen=True, slots=True)
class Recipe:
    """`max_tokens` cuts a text; a prefix is put before each query or passage."""

    pooling: Pooling = "mean"
    query_prefix: str = ""
    passage_prefix: str = ""
    max_tokens: int = 512

    def prefixed(self, text: str, *, query: bool) -> str:
        """Return what the tokenizer gets."""
        return ((self.query_prefix if query else self.passage_prefix) + text)[:_LONGEST_TEXT]

    @property
    def words(self) -> str:
        """All of it as one line, for the model's identity."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def read_recipe(folder: Path) -> Recipe:
    """Return the recipe in `folder`. Raises ModelError, code `embedder`, for a file that says something impossible."""
    own = _json(folder / FILE)
    pooling = own.get("pooling") or _pooling(_json(folder / "1_Pooling" / "config.json"))
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts")
    prompts = prompts if isinstance(prompts, dict) else {}
    longest = (
        own.get("max_tokens") or _json(folder / "sentence_bert_config.json").get("max_seq_length") or 512
    )
    query = own.get("query_prefix", prompts.get("query", ""))
    passage = own.get("passage_prefix", prompts.get("passage", prompts.get("document", "")))
    match pooling, query, passage, longest:
        case "mean" | "cls" | "last", str(), str(), int() if 8 <= longest <= 32_768:
            return Recipe(pooling, query, passage, longest)
    raise ModelError(
        f"{FILE} in {folder.name} asks for something that does not exist.",
        "It holds pooling (mean, cls or last), query_prefix, passage_prefix and max_tokens (8 to 32768).",
        code="embedder",
    )


def _pooling(config: Mapping[str, Any]) -> str:
    """Return what `1_Pooling/config.json` says: one mode since sentence-transformers 6, a flag for each before."""
    if "pooling_mode" in config:
        mode = str(config["pooling_mode"])
        return "last" if mode == "lasttoken" else mode
    if config.get("pooling_mode_cls_token"):
        return "cls"
    return "last" if config.get("pooling_mode_lasttoken") else "mean"


def _json(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _MAX_BYTES:
            return {}
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{file.name} beside the embedding model cannot be read.",
            "Fetch the model again.",
            code="embedder",
        ) from error
    return found if isinstance(found, dict) else {}
