"""`python -m companion.training.lab JOBFILE`: train, tell, and end with 0 when done or stopped, 1 on an error."""

from __future__ import annotations

import sys
from pathlib import Path

from companion.errors import CompanionError
from companion.training.events import Events
from companion.training.lab.job import LabJob
from companion.training.lab.run import run_lab
from companion.training.stopping import stop_requests


def main(arguments: list[str]) -> int:
    """Run the training of the job file in `arguments` and return the exit code."""
    events = Events.on_stdout()
    try:
        if len(arguments) != 1:
            raise CompanionError(
                "One job file is needed.", "python -m companion.training.lab JOBFILE", code="usage"
            )
        job = LabJob.read(Path(arguments[0]))
        with stop_requests(job.out) as stopped:
            done = run_lab(job, events, stopped=stopped)
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
        what = f"The lab run failed: {type(error).__name__}: {error}."
        events.tell("error", what=what, hint="Go on with --resume.", code="failed")
        raise
    events.tell("done" if done else "stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
