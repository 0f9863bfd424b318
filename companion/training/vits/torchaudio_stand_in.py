"""Stands in for torchaudio, of which the Coqui model needs two functions and whose CPU wheels do not load.

WORKAROUND: torchaudio 2.11 and torchcodec 0.17 of PyPI are CUDA builds on Linux; idiap/coqui-ai-TTS imports them at
the top of `vits.py`.
"""

from __future__ import annotations

import importlib.machinery
import sys
from types import ModuleType
from typing import Any

_NAMES = ("torchaudio", "torchaudio.transforms", "torchaudio.functional")
# TTS refuses to be imported without it; nothing we use calls it.
_CODEC = "torchcodec"


def install() -> None:
    """Put the stand-in into `sys.modules`, unless torchaudio has been imported already."""
    if "torchaudio" in sys.modules:
        return
    modules = {name: ModuleType(name) for name in (*_NAMES, _CODEC)}
    for name, module in modules.items():
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        sys.modules[name] = module
    top = modules["torchaudio"]
    top.__path__ = []
    modules[_CODEC].__version__ = "0.0"  # type: ignore[attr-defined]
    top.__version__ = "0.0"  # type: ignore[attr-defined]
    top.load = _load  # type: ignore[attr-defined]
    top.transforms = modules["torchaudio.transforms"]  # type: ignore[attr-defined]
    top.functional = modules["torchaudio.functional"]  # type: ignore[attr-defined]
    modules["torchaudio.transforms"].Resample = _Resample  # type: ignore[attr-defined]


def _load(file: str) -> tuple[Any, int]:
    """Return the sound of `file`, shape (channels, samples), float32, and its rate."""
    import soundfile
    import torch

    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    return torch.from_numpy(samples.T.copy()), int(rate)


class _Resample:
    def __init__(self, orig_freq: int, new_freq: int) -> None:
        self._rates = (orig_freq, new_freq)

    def __call__(self, waveform: Any) -> Any:
        import soxr
        import torch

        return torch.from_numpy(soxr.resample(waveform.numpy().T, *self._rates).T.copy())
