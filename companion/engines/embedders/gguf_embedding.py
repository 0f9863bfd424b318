"""Any GGUF embedding model through llama.cpp; its metadata says how it pools."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.engines.embedders.recipe import Recipe, read_recipe
from companion.engines.embedders.unit import closed, unit_vectors
from companion.errors import ModelError
from companion.model_files.gguf_check import check_gguf

_CONTEXT: Final = 512


class GgufEmbedding:
    """Satisfies `ports.Embedder`; token vectors of a model that does not pool are averaged."""

    def __init__(self, model: Any, recipe: Recipe, model_id: str) -> None:
        self._model: Any | None = model
        self._recipe = recipe
        self._model_id = model_id
        self._dimensions: int = model.n_embd()

    @classmethod
    def load(cls, model: Path | str, *, threads: int = 1) -> GgufEmbedding:
        """Check and open the file `model`. Raises ModelError, code `gguf`, `embedder` or `memory`."""
        path = Path(model)
        header = check_gguf(path)
        if header.kind != "model":
            raise ModelError(
                f"{path.name} is no model of its own.", "Choose an embedding model.", code="embedder"
            )
        recipe = read_recipe(path.parent)
        from llama_cpp import Llama

        context = min(_CONTEXT, header.context_length or _CONTEXT)
        try:
            opened = Llama(
                str(path),
                embedding=True,
                n_ctx=context,
                n_batch=context,
                n_ubatch=context,
                n_threads=threads,
                n_threads_batch=threads,
                verbose=False,
            )
        except (ValueError, RuntimeError, AssertionError) as error:
            raise ModelError(
                f"llama.cpp cannot load {path.name} for embeddings.",
                "Close other programs, or choose another embedding model.",
                code="embedder",
            ) from error
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        digest.update(recipe.words.encode())
        return cls(opened, recipe, f"gguf-{path.stem}:{digest.hexdigest()[:8]}")

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        if self._model is None:
            raise closed()
        out = np.zeros((len(texts), self._dimensions), np.float32)
        for row, text in zip(out, texts, strict=True):
            wanted = self._recipe.prefixed(text, query=query).encode("utf-8", "replace").decode()
            try:
                found = np.asarray(self._model.embed(wanted or " "), np.float32)
            except (RuntimeError, ValueError) as error:
                raise ModelError(
                    f"The embedding model failed: {error}.", "Choose another one.", code="embedder"
                ) from error
            row[:] = found.mean(axis=0) if found.ndim == 2 else found
        return unit_vectors(out)

    def close(self) -> None:
        model, self._model = self._model, None
        if model is not None:
            with contextlib.suppress(RuntimeError):
                model.close()
