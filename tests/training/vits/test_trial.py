"""A trial of a few steps tells the whole plan, and leaves nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the packages of the extra `train` are not installed")
pytest.importorskip(
    "monotonic_alignment_search", reason="the packages of the extra `train` are not installed"
)

from companion.training.events import Events  # noqa: E402 - below the packages that may be missing
from companion.training.vits.job import read_job  # noqa: E402
from companion.training.vits.run import Team, train  # noqa: E402

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]


def test_a_trial_does_a_few_steps_of_each_stage(write_job: Callable[..., Path]) -> None:
    stream = io.StringIO()
    file = write_job("trial", trial_steps=2)
    assert train(read_job(file), Events(stream), Team(), stopped=lambda: False)
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    plan = next(one for one in events if one["event"] == "plan")
    assert plan["steps"] == {"regress": 4, "durations": 3, "decoder": 4}
    last = {one["stage"]: one["step"] for one in events if one["event"] == "step"}
    assert last == {"regress": 2, "durations": 2, "decoder": 2}
    assert not list((file.parent / "candidates").glob("*.onnx"))
    assert not list((file.parent / "checkpoints").glob("*.pt"))
