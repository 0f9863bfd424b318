"""The training as a process: events on its standard output, signals, errors, several processes for one voice."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import companion

for needed in ("torch", "TTS", "monotonic_alignment_search"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip("the packages of the extra `train` are not installed", allow_module_level=True)

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
WriteJob = Callable[..., Path]
ROOT = Path(companion.__file__).resolve().parent.parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    "OMP_NUM_THREADS": "1",
}


def _start(file: Path, *launcher: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "companion.training.vits", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env=ENVIRONMENT,
    )


def _events(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            yield json.loads(line)
    process.wait(60)


def _until_a_step(process: subprocess.Popen[str], act: Callable[[], None]) -> list[dict[str, Any]]:
    """Follow the events, `act` at the first step of the decoder, and return all."""
    seen = []
    for event in _events(process):
        if event["event"] == "step" and event["stage"] == "decoder" and event["step"] == 1:
            act()
        seen.append(event)
    return seen


def test_an_interrupt_saves_and_stops(write_job: WriteJob) -> None:
    process = _start(write_job("cut", schedule={"decoder": {"steps": 500, "batch": 2}}))

    events = _until_a_step(process, lambda: process.send_signal(signal.SIGINT))

    assert [event["event"] for event in events][-2:] == ["checkpoint", "stopped"]
    assert process.returncode == 0


@pytest.mark.fault
def test_a_killed_training_goes_on_from_its_last_checkpoint(write_job: WriteJob) -> None:
    file = write_job("killed")
    process = _start(file)
    _until_a_step(process, process.kill)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"resume": True}), encoding="utf-8")

    events = list(_events(_start(file)))

    assert process.returncode == -signal.SIGKILL
    assert {"event": "resumed", "stage": "decoder", "step": 0} in events
    assert events[-1] == {"event": "done"}


def test_a_file_called_stop_saves_and_stops(write_job: WriteJob) -> None:
    file = write_job("stopped")
    (file.parent / "stop").touch()

    events = list(_events(_start(file)))

    assert [event["event"] for event in events][-3:] == ["step", "checkpoint", "stopped"]


def test_two_processes_train_one_voice(write_job: WriteJob) -> None:
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")
    process = _start(write_job("two"), *launcher)

    events = list(_events(process))

    assert process.returncode == 0
    assert sum(event["event"] == "candidate" for event in events) == 1
    assert events[-1] == {"event": "done"}


def test_a_missing_clip_is_told_as_an_error(write_job: WriteJob) -> None:
    file = write_job("gone")
    (file.parent / "clips" / "0003.wav").unlink()
    process = _start(file)

    (event,) = _events(process)

    assert (event["event"], event["code"], process.returncode) == ("error", "job", 1)
    assert event["hint"]
