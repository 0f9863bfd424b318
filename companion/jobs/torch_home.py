"""Where the training itself can run: this Python, or one that the user named, if it has the packages."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import companion

VARIABLE = "COMPANION_TRAIN_PYTHON"
_LOOK_S = 30


@dataclass(frozen=True, slots=True)
class TorchHome:
    """A Python that has the packages of the extra `train`, and the environment to start it with."""

    python: Path
    environment: Mapping[str, str]


def torch_home(needed: Sequence[str]) -> TorchHome | None:
    """Return where a training can run that imports `needed`; None if nowhere.

    Imports nothing heavy, may take some seconds. The environment variable COMPANION_TRAIN_PYTHON names another
    interpreter.
    """
    other = os.environ.get(VARIABLE, "")
    if not other:
        if getattr(sys, "frozen", False) or not all(importlib.util.find_spec(name) for name in needed):
            return None
        return TorchHome(Path(sys.executable), {})
    look = f"import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, {tuple(needed)!r})))"
    root = str(Path(companion.__file__).resolve().parent.parent)
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))}
    try:
        found = subprocess.run(
            [other, "-c", look],
            env={**os.environ, **environment},
            capture_output=True,
            timeout=_LOOK_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return TorchHome(Path(other), environment) if found.returncode == 0 else None
