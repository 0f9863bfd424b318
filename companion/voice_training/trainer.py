"""The training itself, in a process of its own that has torch: started, listened to, stopped, gone on with.

It prints one JSON object a line: `step`, `candidate`, `checkpoint`, `done`, `stopped`, `error`.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companion.errors import Cancelled, CompanionError, ModelError, WorkerError
from companion.jobs.child import last_words
from companion.jobs.stage_run import StageRun
from companion.storage.atomic import write_atomic
from companion.voice_training.torch_home import TorchHome

TRAINING = "training.json"
STEPS = "steps.jsonl"
STOP = "stop"
ESTIMATE = "estimate.json"
TRIAL = "trial"
MODULE = "companion.training.vits"
_BETWEEN_S = 0.5
_GRACE_S = 120.0
_TRIAL_STEPS = 3
_TRIAL_CLIPS = 12


@dataclass(slots=True)
class Trained:
    """What was heard: `candidates` by file with their step, in order; `ended` is `done`, `stopped` or empty."""

    candidates: dict[str, int] = field(default_factory=dict)
    ended: str = ""
    step_s: dict[str, float] = field(default_factory=dict)
    last_step: dict[str, int] = field(default_factory=dict)
    error: CompanionError | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long a training will take here: seconds a step and steps by stage, and seconds in all."""

    step_s: Mapping[str, float]
    steps: Mapping[str, int]

    @property
    def seconds(self) -> float:
        return sum(n * self.step_s.get(stage, 0.0) for stage, n in self.steps.items())


def train(
    run: StageRun,
    home: TorchHome,
    plan: Mapping[str, Any],
    *,
    estimate: Estimate | None = None,
    module: str = MODULE,
) -> Trained:
    """Train by `plan`, the content of training.json, and return what came of it; checkpoints lie in the job's folder.

    Goes on from a checkpoint if there is one. Raises ModelError with the words of the process, WorkerError when it
    ended without any, Cancelled after it has saved.
    """
    path = run.write_json(TRAINING, {**plan, "resume": has_checkpoint(run)})
    listener = _Listener(run, run.folder / STEPS, estimate)
    _run(run, home, path, listener, module)
    return listener.trained


def try_steps(
    run: StageRun, home: TorchHome, plan: Mapping[str, Any], *, module: str = MODULE
) -> Estimate | None:
    """Do three steps of each stage on some of the clips, keep nothing, and return how long all will take.

    None where it cannot be told. Raises as `train` does.
    """
    folder = run.job / TRIAL
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    clips = [{**one, "file": str(run.job / str(one["file"]))} for one in plan["clips"][:_TRIAL_CLIPS]]
    some = {**plan, "clips": clips, "out": str(folder), "time_limit_s": None, "schedule": None}
    path = folder / TRAINING
    path.write_text(json.dumps({**some, "trial_steps": _TRIAL_STEPS, "resume": False}), encoding="utf-8")
    watch = _Stopwatch()
    try:
        _run(run, home, path, watch, module, stop_file=folder / STOP)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = watch.estimate()
    if found is not None:
        plain = {"step_s": dict(found.step_s), "steps": dict(found.steps), "seconds": found.seconds}
        write_atomic(run.job / ESTIMATE, json.dumps(plain).encode())
    return found


def has_checkpoint(run: StageRun) -> bool:
    """Tell whether there is something to go on from."""
    return any((run.job / "checkpoints").glob("*"))


def _run(
    run: StageRun,
    home: TorchHome,
    path: Path,
    listener: _Listener | _Stopwatch,
    module: str,
    *,
    stop_file: Path | None = None,
) -> None:
    code = run.child(
        [str(home.python), "-P", "-m", module, str(path)],
        listener.hear,
        stop_file=stop_file or run.job / STOP,
        grace_s=_GRACE_S,
        environment={**home.environment, "HF_HUB_OFFLINE": "1"},
    )
    if listener.trained.error is not None:
        raise listener.trained.error
    if run.cancel.requested:
        raise Cancelled
    if code != 0 or not listener.trained.ended:
        raise WorkerError(
            f"The training ended by itself (code {code}): {last_words(run.folder / 'child.log')}",
            "Go on with --resume; if it ends again, look into the job's child.log.",
            code="training",
        )


class _Stopwatch:
    """Notes when steps arrive; the first of each stage is slower than all others and does not count."""

    def __init__(self) -> None:
        self.trained = Trained()
        self._seen: dict[str, tuple[float, int, float, int]] = {}
        self._steps: dict[str, int] = {}

    def hear(self, line: str) -> None:
        event = _event(line)
        if event.get("event") == "plan":
            self._steps = {str(name): int(n) for name, n in dict(event.get("steps") or {}).items()}
        elif event.get("event") == "step":
            stage, n, now_s = str(event.get("stage")), int(event.get("step", 0)), time.monotonic()
            first_s, first, _, _ = self._seen.get(stage, (now_s, n, now_s, n))
            self._seen[stage] = (first_s, first, now_s, n)
        else:
            _note(self.trained, event)

    def estimate(self) -> Estimate | None:
        step_s = {
            stage: (last_s - first_s) / (last - first)
            for stage, (first_s, first, last_s, last) in self._seen.items()
            if last > first
        }
        return Estimate(step_s, self._steps) if self._steps and set(self._steps) <= set(step_s) else None


class _Listener:
    """Turns lines into progress; every step is kept for the curves of the report."""

    def __init__(self, run: StageRun, steps: Path, estimate: Estimate | None) -> None:
        self._run, self._steps, self._estimate = run, steps, estimate
        self._told_s = 0.0
        self._phase = ""
        self._planned: list[str] = []
        self._of: dict[str, int] = {}
        self.trained = Trained()

    def hear(self, line: str) -> None:
        event = _event(line)
        kind = event.get("event")
        if kind == "step":
            self._step(event)
        elif kind == "plan":
            self._of = {str(name): int(n) for name, n in dict(event.get("steps") or {}).items()}
            self._planned = list(self._of)
        elif kind == "message":
            self._run.say(str(event.get("msg", "")))
        else:
            _note(self.trained, event)
            if kind == "candidate":
                self._run.say(f"candidate {event['file']}")

    def _left_s(self, event: Mapping[str, Any], phase: str, n: int, of: int) -> float | None:
        """Return the seconds left: by the paces that were measured before where they are known."""
        told = event.get("eta_s")
        step_s = float(event.get("step_s") or 0.0)
        if self._estimate is None or phase not in self._planned or not step_s:
            return None if told is None else float(told)
        later = self._planned[self._planned.index(phase) + 1 :]
        paces = self._estimate.step_s
        return step_s * (of - n) + sum(self._of[stage] * paces.get(stage, step_s) for stage in later)

    def _step(self, event: Mapping[str, Any]) -> None:
        phase, n, of = str(event.get("stage", "")), int(event.get("step", 0)), int(event.get("of", 0))
        if step_s := float(event.get("step_s") or 0.0):
            self.trained.step_s[phase] = step_s
        self.trained.last_step[phase] = n
        losses = {str(name): value for name, value in dict(event.get("losses") or {}).items()}
        with self._steps.open("ab") as file:
            row = {"stage": phase, "step": n, **losses}
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        now_s = time.monotonic()
        if phase == self._phase and n != of and now_s - self._told_s < _BETWEEN_S:
            return
        self._phase, self._told_s = phase, now_s
        self._run.show(n, of, phase, eta_s=self._left_s(event, phase, n, of), **losses)


def _event(line: str) -> dict[str, Any]:
    """Return the event in a line; an empty one for what a library prints."""
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _note(trained: Trained, event: Mapping[str, Any]) -> None:
    kind = event.get("event")
    if kind == "candidate":
        trained.candidates[str(event["file"])] = int(event.get("step", 0))
    elif kind in ("done", "stopped"):
        trained.ended = str(kind)
    elif kind == "error":
        what, hint = str(event.get("what", "The training failed.")), str(event.get("hint", ""))
        trained.error = ModelError(what, hint, code=str(event.get("code", "training")))
