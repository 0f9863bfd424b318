"""`python -m companion.training.lora JOBFILE`: train, tell, and end with 0 when done or stopped, 1 on an error."""

from __future__ import annotations

import sys
from pathlib import Path

from companion.training.events import Events
from companion.training.lora.job import LoraJob
from companion.training.lora.run import train
from companion.training.process import run
from companion.training.stopping import stop_requests


def _train(file: Path, events: Events) -> bool:
    job = LoraJob.read(file)
    with stop_requests(job.out) as stopped:
        return train(job, events, stopped=stopped)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], "companion.training.lora", _train))
