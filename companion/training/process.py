"""The border of a training process: a job file in, events out, an exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from companion.errors import CompanionError
from companion.training.events import Events

Training = Callable[[Path, Events], bool]
"""Trains by a job file and tells; returns False when it was asked to save and stop."""


def run(arguments: Sequence[str], module: str, training: Training) -> int:
    """Run `training` on the one job file in `arguments`; return 0 when done or stopped, 1 on an error it told."""
    events = Events.on_stdout()
    try:
        if len(arguments) != 1:
            raise CompanionError("One job file is needed.", f"python -m {module} JOBFILE", code="usage")
        done = training(Path(arguments[0]), events)
    except CompanionError as error:
        events.tell("error", what=error.what, hint=error.hint, code=error.code)
        return 1
    except ImportError as error:
        hint = "Install the packages for training: uv sync --extra train"
        what = f"A package for training is missing: {error.name or error}."
        events.tell("error", what=what, hint=hint, code="extra")
        return 1
    # The border of the process: its owner reads events, and whatever went wrong has to reach it as one.
    except Exception as error:
        what = f"The training failed: {type(error).__name__}: {error}."
        events.tell("error", what=what, hint="Go on with --resume.", code="failed")
        raise
    events.tell("done" if done else "stopped")
    return 0
