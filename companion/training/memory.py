"""How much memory a training needs and has, as its first steps show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

_BYTES: Final = {"bfloat16": 2, "float32": 4}
# Python, torch and the activations of one packed sequence of about 1,024 tokens: an estimate.
_WORKING_BYTES: Final = 2_500_000_000


def weights_of(path: Path) -> int:
    """Return how many weights a GGUF file holds."""
    from gguf import GGUFReader

    return sum(int(tensor.n_elements) for tensor in GGUFReader(str(path)).tensors)


def needed_bytes(n_weights: int, dtype: str) -> int:
    """Return what training adapters on a frozen base of `n_weights` takes at its peak, an estimate."""
    return n_weights * _BYTES[dtype] + _WORKING_BYTES


def available_bytes() -> int:
    import psutil

    return int(psutil.virtual_memory().available)


def peak_bytes() -> int:
    """Return the most memory that this process has had; what it has now where no system tells the peak."""
    import psutil

    usage = psutil.Process().memory_info()
    try:
        import resource
    except ImportError:
        return int(getattr(usage, "peak_wset", usage.rss))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1_024
