"""Any sentence embedding model as ONNX: a folder with `model.onnx` and `tokenizer.json`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.engines.embedders.recipe import Recipe, read_recipe
from companion.engines.embedders.unit import closed, unit_vectors
from companion.engines.onnx_session import OnnxSession
from companion.errors import ModelError
from companion.model_files.onnx_check import read_checked

_PLACES: Final = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")
_MAX_BYTES: Final = 2_000_000_000
_MAX_TOKENIZER_BYTES: Final = 50_000_000
_KNOWN_INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")
_SENTENCE: Final = "sentence_embedding"
_BATCH: Final = 16
_HINT: Final = "The folder needs model.onnx and tokenizer.json, as packaging/export_embedder.py writes them."


class OnnxText:
    """Satisfies `ports.Embedder`."""

    def __init__(self, session: OnnxSession, tokenizer: Any, recipe: Recipe, digest: str, name: str) -> None:
        self._session: OnnxSession | None = session
        self._tokenizer = tokenizer
        self._recipe = recipe
        self._output = _SENTENCE if _SENTENCE in session.outputs else session.outputs[0]
        self._model_id = f"onnx-{name}:{digest[:8]}"
        self._dimensions = 0
        self._dimensions = int(self.embed(["你好"]).shape[1])

    @classmethod
    def load(cls, folder: Path | str, *, threads: int = 1) -> OnnxText:
        """Check and open the model in `folder`. Raises ModelError, code `missing`, `onnx` or `embedder`."""
        folder = Path(folder)
        file = next((folder / place for place in _PLACES if (folder / place).is_file()), folder / _PLACES[0])
        # The domain holds the fused and quantised operators of the runtime itself.
        raw, _ = read_checked(file, max_bytes=_MAX_BYTES, domains=("", "ai.onnx", "com.microsoft"))
        recipe = read_recipe(folder)
        tokenizer, vocabulary = _read_tokenizer(folder / "tokenizer.json", recipe.max_tokens)
        session = OnnxSession.load(raw, file.name, threads=threads)
        unknown = [name for name in session.inputs if name not in _KNOWN_INPUTS]
        if unknown or "input_ids" not in session.inputs or not session.outputs:
            raise ModelError(f"{file.name} is not an embedding model for texts.", _HINT, code="embedder")
        digest = hashlib.sha256(raw + vocabulary + recipe.words.encode()).hexdigest()
        return cls(session, tokenizer, recipe, digest, folder.name)

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        if self._session is None:
            raise closed()
        if not texts:
            return np.zeros((0, self._dimensions), np.float32)
        wanted = [self._recipe.prefixed(text, query=query) for text in texts]
        # Texts of like length together: padding costs as much as words.
        order = sorted(range(len(wanted)), key=lambda place: len(wanted[place]))
        parts = [
            self._run(self._session, [wanted[place] for place in order[at : at + _BATCH]])
            for at in range(0, len(order), _BATCH)
        ]
        vectors = np.concatenate(parts)
        out = np.empty_like(vectors)
        out[order] = vectors
        return unit_vectors(out)

    def close(self) -> None:
        self._session = None

    def _run(self, session: OnnxSession, texts: list[str]) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode_batch([text.encode("utf-8", "replace").decode() for text in texts])
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        if not mask.size:
            return np.zeros((len(texts), self._dimensions), np.float32)
        every = {
            "input_ids": np.array([one.ids for one in encoded], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([one.type_ids for one in encoded], np.int64),
        }
        (found,) = session.run([self._output], {name: every[name] for name in session.inputs})
        if found.ndim == 2 and len(found) == len(texts):
            return found
        if found.ndim != 3 or found.shape[:2] != mask.shape:
            raise ModelError("The model's output is not one vector for each text.", _HINT, code="embedder")
        return _pooled(found, mask, self._recipe)


def _pooled(states: NDArray[np.float32], mask: NDArray[np.int64], recipe: Recipe) -> NDArray[np.float32]:
    """Return one vector for each text, shape (n, d), of the token states (n, t, d).

    Mean over the attention mask: Reimers & Gurevych 2019, section 3.
    """
    if recipe.pooling == "cls":
        first: NDArray[np.float32] = states[np.arange(len(states)), mask.argmax(axis=1)]
        return first
    if recipe.pooling == "last":
        ends = mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)
        last: NDArray[np.float32] = states[np.arange(len(states)), ends]
        return last
    weights = mask[:, :, None].astype(np.float32)
    mean: NDArray[np.float32] = (states * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
    return mean


def _read_tokenizer(file: Path, max_tokens: int) -> tuple[Any, bytes]:
    from tokenizers import Tokenizer

    try:
        if file.stat().st_size > _MAX_TOKENIZER_BYTES:
            raise ModelError(f"{file.name} is too large to be a tokenizer.", _HINT, code="embedder")
        raw = file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file.name} is missing beside the model.", _HINT, code="missing") from error
    try:
        # `from_str` would raise a bare Exception for what it cannot read.
        tokenizer = Tokenizer.from_buffer(raw)
    except ValueError as error:
        raise ModelError(f"{file.name} is not a tokenizer: {error}.", _HINT, code="embedder") from error
    tokenizer.enable_truncation(max_tokens)
    if tokenizer.padding is None:
        tokenizer.enable_padding()
    return tokenizer, raw
