"""Vectors of length one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from companion.errors import ModelError


def unit_vectors(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the rows of `vectors`, shape (n, d), scaled to length one; an empty row points along the first axis.

    Raises ModelError, code `embedder`, for what is not finite.
    """
    out = np.array(vectors, dtype=np.float32, ndmin=2)
    if not np.isfinite(out).all():
        raise ModelError(
            "The embedding model returned what is not a number.",
            "Choose another embedding model in the settings.",
            code="embedder",
        )
    lengths = np.linalg.norm(out, axis=1)
    out[lengths < 1e-12, 0] = 1.0
    lengths[lengths < 1e-12] = 1.0
    out /= lengths[:, None]
    return out


def closed() -> ModelError:
    """Return what a closed embedder raises."""
    return ModelError("No embedding model is loaded.", code="closed")
