"""`python -m companion.training.lab JOBFILE`: train, tell, and end with 0 when done or stopped, 1 on an error."""

from __future__ import annotations

import sys
from pathlib import Path

from companion.training.events import Events
from companion.training.lab.job import LabJob
from companion.training.lab.run import run_lab
from companion.training.process import run
from companion.training.stopping import stop_requests


def _train(file: Path, events: Events) -> bool:
    job = LabJob.read(file)
    with stop_requests(job.out) as stopped:
        return run_lab(job, events, stopped=stopped)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], "companion.training.lab", _train))
