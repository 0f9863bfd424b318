"""Where the training of a voice can run: this Python, or one that the user named, if it has the packages."""

from __future__ import annotations

from companion.jobs.torch_home import VARIABLE, TorchHome, torch_home

__all__ = ["VARIABLE", "TorchHome", "find_torch"]

_NEEDED = ("torch", "TTS")


def find_torch() -> TorchHome | None:
    """Return where the training can run; None if nowhere. Imports nothing heavy, may take some seconds."""
    return torch_home(_NEEDED)
