"""Texts to vectors without a model: hashed runs of one to three characters (Weinberger et al. 2009)."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.engines.embedders.unit import closed, unit_vectors

_VERSION: Final = "1"
_LONGEST: Final = 3
_GAPS: Final = re.compile(r"[\W_]+")


class Hashing:
    """Satisfies `ports.Embedder`; alike means: written alike."""

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._closed = False

    @classmethod
    def load(cls, *, dimensions: int = 256) -> Hashing:
        return cls(dimensions)

    @property
    def model_id(self) -> str:
        return f"hashing:{_VERSION}-{self._dimensions}"

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        if self._closed:
            raise closed()
        out = np.zeros((len(texts), self._dimensions), np.float32)
        for row, text in zip(out, texts, strict=True):
            for run, n in Counter(_runs(text)).items():
                place = zlib.crc32(run.encode("utf-8", "surrogatepass"))
                sign = 1.0 if place & 1 else -1.0
                # Longer runs say more than single characters.
                row[(place >> 1) % self._dimensions] += sign * len(run) * np.log1p(n)
        return unit_vectors(out)

    def close(self) -> None:
        self._closed = True


def _runs(text: str) -> list[str]:
    folded = _GAPS.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()
    return [folded[i : i + n] for n in range(1, _LONGEST + 1) for i in range(len(folded) - n + 1)]
