"""`python -m companion.training.vits JOBFILE`: train, tell, and end with 0 when done or stopped, 1 on an error."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from companion.errors import CompanionError
from companion.training.events import Events
from companion.training.stopping import stop_requests
from companion.training.vits.job import read_job
from companion.training.vits.run import Team, train


def main(arguments: list[str]) -> int:
    """Run the training of the job file in `arguments` and return the exit code."""
    # Before torch is loaded: on cores that others use too, threads that wait by spinning take the time of those they
    # wait for. Two threads on two shared cores (load 15): 5.4 s a step spinning, 0.5 s passive.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    team = Team(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))
    events = Events.on_stdout(silent=team.rank > 0)
    try:
        if len(arguments) != 1:
            raise CompanionError(
                "One job file is needed.", "python -m companion.training.vits JOBFILE", code="usage"
            )
        job = read_job(Path(arguments[0]))
        _join(team)
        with stop_requests(job.out) as stopped:
            done = train(job, events, team, stopped=stopped)
    except CompanionError as error:
        events.tell("error", what=error.what, hint=error.hint, code=error.code)
        return 1
    except ImportError as error:
        hint = "Install the packages for training: uv sync --extra train"
        events.tell(
            "error",
            what=f"A package for training is missing: {error.name or error}.",
            hint=hint,
            code="extra",
        )
        return 1
    # The border of the process: its owner reads events, and whatever went wrong has to reach it as one.
    except Exception as error:
        events.tell(
            "error",
            what=f"The training failed: {type(error).__name__}: {error}.",
            hint="Go on with --resume.",
            code="failed",
        )
        raise
    events.tell("done" if done else "stopped")
    return 0


def _join(team: Team) -> None:
    if team.world == 1:
        return
    import torch
    import torch.distributed as dist

    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
