"""The training process is listened to, asked to save, gone on with, and its errors are told."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from companion.jobs.events import JobEvent
from companion.jobs.job import Job, JobResult
from companion.jobs.stage import Stage
from companion.jobs.stage_run import StageRun
from companion.voice_training.clip import Clip
from companion.voice_training.model_stages import forget_others, held_out, time_told
from companion.voice_training.torch_home import TorchHome
from companion.voice_training.trainer import (
    ESTIMATE,
    STEPS,
    TRAINING,
    TRIAL,
    Estimate,
    Trained,
    train,
    try_steps,
)

pytestmark = pytest.mark.fault

HOME = TorchHome(Path(sys.executable), {"PYTHONPATH": str(Path(__file__).parent)})


class Bench:
    """A job of one stage that trains with the stand-in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "我的 job"
        self.events: list[JobEvent] = []
        self.trained: Trained | None = None
        self.stop_at = 0
        self.tries = False
        self.estimate: Estimate | None = None

    def run(self, profile: str) -> JobResult:
        def work(run: StageRun) -> Mapping[str, object]:
            plan = {"out": str(run.job), "profile": profile, "clips": [], "base": None}
            if self.tries:
                self.estimate = try_steps(run, HOME, plan, module="training_stand_in")
            self.trained = train(run, HOME, plan, estimate=self.estimate, module="training_stand_in")
            return {}

        job = Job(self.folder, [Stage("train", work)], listeners=[self._hear])
        self._job = job
        return job.run()

    def _hear(self, event: JobEvent) -> None:
        self.events.append(event)
        if event.kind == "progress" and event.done == self.stop_at:
            self._job.cancel.request()


def test_steps_candidates_and_losses_arrive(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.run("good").outcome == "done"
    assert bench.trained is not None
    assert bench.trained.candidates == {"candidates/decoder-00006.onnx": 6}
    assert (bench.trained.last_step, bench.trained.step_s) == ({"decoder": 6}, {"decoder": 0.4})
    last = [one for one in bench.events if one.kind == "progress"][-1]
    assert (last.done, last.total, last.msg, last.eta_s) == (6, 6, "decoder", 2.0)
    rows = (bench.folder / "stages" / "train" / STEPS).read_text().splitlines()
    assert json.loads(rows[1]) == {"stage": "decoder", "step": 2, "mel": 0.5}


def test_a_stopped_training_is_gone_on_with(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.stop_at = 1
    assert bench.run("waits").outcome == "cancelled"
    bench.stop_at = 0
    assert bench.run("waits").outcome == "done"
    assert json.loads((bench.folder / TRAINING).read_text())["resume"] is True
    rows = [json.loads(row) for row in (bench.folder / "stages" / "train" / STEPS).read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6]


def test_what_the_training_says_is_wrong_is_told(tmp_path: Path) -> None:
    result = Bench(tmp_path).run("refuses")
    assert (result.what, result.hint, result.code) == (
        "There is no clip to train on.",
        "Record more.",
        "clips",
    )


def test_a_training_that_dies_is_told_with_its_last_words(tmp_path: Path) -> None:
    result = Bench(tmp_path).run("dies")
    assert result.what == "The training ended by itself (code 7): ValueError: too short"


def test_what_was_trained_on_other_clips_is_not_gone_on_with(tmp_path: Path) -> None:
    for name in ("checkpoints", "candidates"):
        (tmp_path / name).mkdir()
    plan = {"clips": [{"file": "clips/0001.wav"}], "base": None}
    (tmp_path / TRAINING).write_text(json.dumps({**plan, "schedule": {"a": 1}, "resume": True}))
    forget_others(tmp_path, plan)
    assert (tmp_path / "checkpoints").is_dir()
    forget_others(tmp_path, {**plan, "base": "x.onnx"})
    assert not (tmp_path / "checkpoints").exists()
    assert not (tmp_path / "candidates").exists()


@pytest.mark.parametrize(("n_clips", "n_back"), [(1, 0), (4, 2), (40, 4), (500, 30)])
def test_some_good_clips_are_kept_back_for_measuring(n_clips: int, n_back: int) -> None:
    clips = [
        Clip(f"{n:04d}", "a.wav", n * 5.0, n * 5.0 + 4, "好", "zh", flags=("dull",) * (n % 2))
        for n in range(n_clips)
    ]
    back = held_out(clips)
    assert len(back) == n_back
    assert len({one.name for one in back}) == n_back
    assert not any(one.flags for one in back) or n_clips < 8


def test_a_few_steps_tell_how_long_it_will_take_and_leave_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.tries = True
    assert bench.run("good").outcome == "done"
    assert bench.estimate is not None
    assert dict(bench.estimate.steps) == {"invert": 10, "decoder": 6}
    assert bench.estimate.seconds > 0
    assert not (bench.folder / TRIAL).exists()
    kept = json.loads((bench.folder / ESTIMATE).read_text())
    assert kept["seconds"] == bench.estimate.seconds
    assert json.loads((bench.folder / TRAINING).read_text())["resume"] is False


def test_the_time_is_told_honestly() -> None:
    estimate = Estimate({"invert": 0.1, "decoder": 0.5}, {"invert": 600, "decoder": 6000})
    assert time_told(estimate, None) == [
        "On this computer a step takes: invert 0.10 s, decoder 0.50 s. All of it takes about 51 minutes."
    ]
    told = time_told(estimate, 600.0)
    assert told[1:] == [
        "In the 10 minutes that were given about 20% of it can be done.",
        "That is too little for a good voice; it can be gone on with later.",
    ]
    assert len(time_told(estimate, 7200.0)) == 1
    assert time_told(None, 60.0) == ["How long it will take cannot be told yet."]
