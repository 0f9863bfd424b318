"""A training can be stopped anywhere, goes on in the same state, and leaves a voice that the program speaks."""

from __future__ import annotations

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

pytest.importorskip("torch", reason="the packages of the extra `train` are not installed")
pytest.importorskip(
    "monotonic_alignment_search", reason="the packages of the extra `train` are not installed"
)

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
WriteJob = Callable[..., Path]
ROOT = Path(companion.__file__).resolve().parent.parent


def _start(file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "companion.training.vits", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "OMP_NUM_THREADS": "1",
        },
    )


def _events(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            yield json.loads(line)
    process.wait(60)


def _run(file: Path) -> list[dict[str, Any]]:
    return list(_events(_start(file)))


def _resumed(file: Path) -> list[dict[str, Any]]:
    file.write_text(
        json.dumps(json.loads(file.read_text(encoding="utf-8")) | {"resume": True}), encoding="utf-8"
    )
    return _run(file)


def _last_state(folder: Path) -> dict[str, Any]:
    """Return the tensors of the candidate that a training ended with."""
    import torch

    from companion.model_files.onnx_graph import read_parts

    file = max((folder / "candidates").glob("decoder-*.onnx"))
    parts = read_parts(memoryview(file.read_bytes()))
    assert torch is not None
    return {name: bytes(tensor) for name, tensor in parts.initializers.items()}


def test_a_training_from_scratch_ends_with_a_voice_in_piper_format(write_job: WriteJob) -> None:
    file = write_job("whole 全部")

    events = _run(file)

    (candidate,) = [event for event in events if event["event"] == "candidate"]
    assert events[-1] == {"event": "done"}
    assert candidate["figures"]["parity"] is None or candidate["figures"]["parity"] >= 0.9999
    description = json.loads((file.parent / f"{candidate['file']}.json").read_text(encoding="utf-8"))
    assert (description["num_speakers"], description["audio"]["sample_rate"]) == (2, 22_050)


def test_the_voice_is_spoken_by_the_program_in_both_styles(write_job: WriteJob) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    from companion.domain.cancel import CancelToken
    from companion.domain.character import VoiceSpec
    from companion.engines.voices.piper_onnx import PiperOnnx

    file = write_job("spoken")
    candidate = next(event for event in _run(file) if event["event"] == "candidate")
    voice = PiperOnnx.load(file.parent / candidate["file"])

    for style in (0, 1):
        spec = VoiceSpec(engine="piper", language="en", speaker=style)
        spoken = list(voice.synthesise("Good morning.", CancelToken(), voice=spec))
        assert sum(len(piece.clip.samples) for piece in spoken) > 2_000
    voice.close()


@pytest.mark.fault
@pytest.mark.parametrize("stage", ["regress", "durations", "decoder"])
def test_a_training_that_was_stopped_goes_on_in_the_same_state(write_job: WriteJob, stage: str) -> None:
    whole, cut = write_job("whole"), write_job("cut")
    _run(whole)

    process = _start(cut)
    for event in _events(process):
        if event["event"] == "step" and event["stage"] == stage:
            process.send_signal(signal.SIGINT)
    resumed = _resumed(cut)

    assert process.returncode == 0
    assert resumed[0]["event"] == "resumed"
    assert _last_state(cut.parent) == _last_state(whole.parent)


@pytest.mark.fault
def test_another_seed_ends_in_another_state(write_job: WriteJob) -> None:
    """The control: equal states above say something."""
    one, other = write_job("one"), write_job("other", seed=4)
    _run(one)
    _run(other)

    assert _last_state(one.parent) != _last_state(other.parent)


@pytest.mark.fault
def test_a_killed_training_goes_on_from_its_last_checkpoint(write_job: WriteJob) -> None:
    whole, cut = write_job("whole"), write_job("cut")
    _run(whole)

    process = _start(cut)
    for event in _events(process):
        if event["event"] == "step" and event["stage"] == "decoder":
            process.kill()
    resumed = _resumed(cut)

    assert (resumed[0]["event"], resumed[-1]) == ("resumed", {"event": "done"})
    assert _last_state(cut.parent) == _last_state(whole.parent)


def test_a_file_called_stop_saves_and_stops(write_job: WriteJob) -> None:
    file = write_job("stopped")
    (file.parent / "stop").touch()

    events = _run(file)

    assert [event["event"] for event in events][-2:] == ["checkpoint", "stopped"]


def test_two_processes_train_one_voice(write_job: WriteJob) -> None:
    file = write_job("two")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m"]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "OMP_NUM_THREADS": "1",
    }

    done = subprocess.run(
        [*command, "companion.training.vits", str(file)],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2_000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"event": "done"}


def test_a_missing_clip_is_told_as_an_error(write_job: WriteJob) -> None:
    file = write_job("gone")
    (file.parent / "clips" / "0003.wav").unlink()
    process = _start(file)

    (event,) = _events(process)

    assert (event["event"], event["code"], process.returncode) == ("error", "job", 1)
    assert event["hint"]
