"""Stages run once, again when what they were made from changed, and go on where they were cut off."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from companion.domain.cancel import CancelToken
from companion.errors import ModelError, StorageError, UsageError
from companion.jobs.events import EVENTS, Eta, JobEvent
from companion.jobs.job import Job, JobResult, held, is_held
from companion.jobs.stage import NeedsAnswer, Stage
from companion.jobs.stage_run import StageRun

pytestmark = pytest.mark.unit


class Workshop:
    """Two stages: `cut` makes a file for each line of a text, `count` one number from them."""

    def __init__(self, folder: Path) -> None:
        self.text = folder / "原文.txt"
        self.text.write_text("雨\n风\nsnow", encoding="utf-8")
        self.job_folder = folder / "我的 job"
        self.runs: list[str] = []
        self.made: list[str] = []
        self.cut_version = 1
        self.config: dict[str, object] = {"sign": "!"}
        self.events: list[JobEvent] = []
        self.cancel_after = 99

    def job(self) -> Job:
        cancel = CancelToken()

        def cut(run: StageRun) -> Mapping[str, object]:
            self.runs.append("cut")
            items = run.items()
            lines = self.text.read_text(encoding="utf-8").splitlines()
            for n, line in enumerate(lines):
                if line not in items:
                    self.made.append(line)
                    items.add(line, line + str(run.config["sign"]))
                run.write(f"parts/{n}.txt", items[line].encode())
                if n + 1 == self.cancel_after:
                    cancel.request()
                run.progress(n + 1, len(lines))
            return {"lines": len(lines)}

        def count(run: StageRun) -> Mapping[str, object]:
            self.runs.append("count")
            total = sum(len(path.read_text(encoding="utf-8")) for path in run.job.glob("parts/*.txt"))
            run.write_json("total.json", total)
            return {"total": total, "lines": run.report_of("cut")["lines"]}

        stages = [
            Stage("cut", cut, self.cut_version, self.config, inputs=(self.text,), owns=("parts/*.txt",)),
            Stage("count", count, needs=("cut",), owns=("total.json",)),
        ]
        return Job(self.job_folder, stages, listeners=[self.events.append], cancel=cancel)

    def states(self) -> list[tuple[str, str]]:
        return [(one.stage, one.state) for one in self.job().status()]


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def test_a_job_runs_its_stages_once(workshop: Workshop) -> None:
    assert workshop.states() == [("cut", "pending"), ("count", "pending")]
    assert workshop.job().run() == JobResult("done")
    assert workshop.job().run() == JobResult("done")
    assert workshop.runs == ["cut", "count"]
    assert workshop.states() == [("cut", "done"), ("count", "done")]
    assert json.loads((workshop.job_folder / "total.json").read_text()) == 9
    report = workshop.job_folder / "stages" / "count" / "report.json"
    assert json.loads(report.read_text()) == {"total": 9, "lines": 3}


def test_a_changed_input_makes_stale_and_new_items_only_are_made(workshop: Workshop) -> None:
    workshop.job().run()
    workshop.text.write_text("雨\nice", encoding="utf-8")
    cut, count = workshop.job().status()
    assert (cut.state, cut.what) == ("stale", "原文.txt has changed.")
    assert (count.state, count.what) == ("stale", "'cut' must be done first.")
    workshop.job().run()
    assert workshop.made == ["雨", "风", "snow", "ice"]
    assert sorted(path.name for path in (workshop.job_folder / "parts").iterdir()) == ["0.txt", "1.txt"]
    assert workshop.runs == ["cut", "count", "cut", "count"]


def test_an_input_touched_without_a_change_makes_nothing_stale(workshop: Workshop) -> None:
    workshop.job().run()
    workshop.text.touch()
    assert workshop.states() == [("cut", "done"), ("count", "done")]


@pytest.mark.parametrize("what", ["rules", "settings"])
def test_new_rules_and_settings_leave_old_items_behind(workshop: Workshop, what: str) -> None:
    workshop.job().run()
    if what == "rules":
        workshop.cut_version = 2
    else:
        workshop.config = {"sign": "?"}
    assert workshop.job().status()[0].what.endswith("have changed.")
    workshop.job().run()
    assert len(workshop.made) == 6


def test_a_stage_that_comes_out_alike_leaves_the_next_alone(workshop: Workshop) -> None:
    workshop.job().run()
    workshop.job().run(again="cut")
    assert workshop.runs == ["cut", "count", "cut"]


@pytest.mark.parametrize("harm", ["removed", "changed"])
def test_a_lost_or_changed_result_is_made_again(workshop: Workshop, harm: str) -> None:
    workshop.job().run()
    part = workshop.job_folder / "parts" / "1.txt"
    if harm == "removed":
        part.unlink()
    else:
        part.write_text("storm", encoding="utf-8")
    assert workshop.job().status()[0].state == "stale"
    workshop.job().run()
    assert part.read_text(encoding="utf-8") == "风!"
    assert workshop.made == ["雨", "风", "snow"]


def test_a_stopped_job_goes_on_where_it_was(workshop: Workshop) -> None:
    workshop.cancel_after = 2
    result = workshop.job().run()
    assert (result.outcome, result.stage) == ("cancelled", "cut")
    assert workshop.states()[0] == ("cut", "cancelled")
    workshop.cancel_after = 99
    assert workshop.job().run().outcome == "done"
    assert workshop.made == ["雨", "风", "snow"]


def test_a_job_can_be_run_up_to_a_stage(workshop: Workshop) -> None:
    workshop.job().run(to="cut")
    assert workshop.runs == ["cut"]
    with pytest.raises(UsageError, match="no stage 'bake'"):
        workshop.job().run(to="bake")


def test_events_are_one_stream_for_listeners_and_the_file(workshop: Workshop) -> None:
    workshop.job().run()
    lines = (workshop.job_folder / EVENTS).read_text(encoding="utf-8").splitlines()
    assert lines == [event.line() for event in workshop.events]
    told = [(one.stage, one.state) for one in workshop.events if one.kind == "state"]
    assert told == [("cut", "running"), ("cut", "done"), ("count", "running"), ("count", "done")]
    assert set(json.loads(lines[0])) == {
        *("t", "stage", "kind", "state", "done", "total", "eta_s", "msg", "metrics")
    }


def _one(folder: Path, stage: Stage, events: list[JobEvent] | None = None, silence_s: float = 60.0) -> Job:
    return Job(folder, [stage], listeners=[events.append] if events is not None else [], silence_s=silence_s)


def test_an_error_for_the_user_is_kept_with_its_hint(tmp_path: Path) -> None:
    def work(run: StageRun) -> None:
        raise ModelError("The voice is broken.", "Get another.", code="voice")

    job = _one(tmp_path / "job", Stage("work", work))
    assert job.run() == JobResult("failed", "work", "The voice is broken.", "Get another.", "voice")
    assert [(one.state, one.what) for one in job.status()] == [("failed", "The voice is broken.")]


def test_a_question_leaves_the_stage_pending(tmp_path: Path) -> None:
    answers: list[str] = []

    def work(run: StageRun) -> None:
        if not answers:
            raise NeedsAnswer("Two people speak.", "Say which one.")

    events: list[JobEvent] = []
    job = _one(tmp_path / "job", Stage("work", work), events)
    assert job.run().outcome == "waiting"
    assert (events[-1].kind, events[-1].state) == ("question", "pending")
    answers.append("the first")
    assert job.run().outcome == "done"


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    def work(run: StageRun) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "clips/0001.wav")

    result = _one(tmp_path / "job", Stage("work", work)).run()
    assert (result.outcome, result.code) == ("failed", "disk_full")
    big = _one(tmp_path / "big", Stage("work", lambda run: None, room_bytes=1 << 60)).run()
    assert (big.outcome, big.code) == ("failed", "disk_full")


def test_an_error_of_ours_is_remembered_and_raised(tmp_path: Path) -> None:
    def work(run: StageRun) -> None:
        raise ZeroDivisionError

    job = _one(tmp_path / "job", Stage("work", work))
    with pytest.raises(ZeroDivisionError):
        job.run()
    assert job.status()[0].state == "failed"


def test_silence_is_told_once(tmp_path: Path) -> None:
    told = threading.Event()

    def work(run: StageRun) -> None:
        assert told.wait(20)

    def hear(event: JobEvent) -> None:
        if event.kind == "quiet":
            told.set()

    job = Job(tmp_path / "job", [Stage("work", work)], listeners=[hear], silence_s=0.05)
    assert job.run().outcome == "done"


def test_one_process_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "job"

    def work(run: StageRun) -> None:
        assert is_held(folder)
        with pytest.raises(StorageError) as caught:
            _one(folder, Stage("work", lambda run: None)).run()
        assert caught.value.code == "in_use"

    assert _one(folder, Stage("work", work)).run().outcome == "done"
    assert not is_held(folder)
    with held(folder):
        assert is_held(folder)


def test_time_left_follows_the_median() -> None:
    eta = Eta()
    assert eta.left_s(0.0, 0, 10) is None
    for n, now_s in enumerate([1.0, 2.0, 50.0, 51.0], start=1):
        left_s = eta.left_s(now_s, n, 10)
    assert left_s == pytest.approx(6.0)


def test_a_placed_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    seen: list[bool] = []

    def work(run: StageRun) -> None:
        with run.placing("语音/a.wav") as path:
            path.write_bytes(b"abc")
            seen.append((run.job / "语音" / "a.wav").exists())
        with pytest.raises(RuntimeError), run.placing("b.wav") as path:  # noqa: PT012
            path.write_bytes(b"half")
            raise RuntimeError

    _one(tmp_path / "job", Stage("work", work)).run()
    assert seen == [False]
    assert (tmp_path / "job" / "语音" / "a.wav").read_bytes() == b"abc"
    assert not list((tmp_path / "job").glob("*b.wav*"))
