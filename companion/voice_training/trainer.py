"""The training itself, in a process of its own that has torch: started, listened to, stopped, gone on with.

It prints one JSON object a line: `step`, `candidate`, `checkpoint`, `done`, `stopped`, `error`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companion.errors import Cancelled, CompanionError, ModelError, WorkerError
from companion.jobs.child import last_words
from companion.jobs.stage_run import StageRun
from companion.voice_training.torch_home import TorchHome

TRAINING = "training.json"
STEPS = "steps.jsonl"
STOP = "stop"
MODULE = "companion.training.vits"
_BETWEEN_S = 0.5
_GRACE_S = 120.0


@dataclass(slots=True)
class Trained:
    """What was heard: `candidates` by file with their step, in order; `ended` is `done`, `stopped` or empty."""

    candidates: dict[str, int] = field(default_factory=dict)
    ended: str = ""
    step_s: dict[str, float] = field(default_factory=dict)
    last_step: dict[str, int] = field(default_factory=dict)
    error: CompanionError | None = None


def train(run: StageRun, home: TorchHome, plan: Mapping[str, Any], *, module: str = MODULE) -> Trained:
    """Train by `plan`, the content of training.json, and return what came of it; checkpoints lie in the job's folder.

    Goes on from a checkpoint if there is one. Raises ModelError with the words of the process, WorkerError when it
    ended without any, Cancelled after it has saved.
    """
    resume = any((run.job / "checkpoints").glob("*"))
    path = run.job / TRAINING
    content = json.dumps({**plan, "resume": resume}, ensure_ascii=False, indent=1)
    run.write(TRAINING, content.encode())
    listener = _Listener(run, run.folder / STEPS)
    code = run.child(
        [str(home.python), "-P", "-m", module, str(path)],
        listener.hear,
        stop_file=run.job / STOP,
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
    return listener.trained


class _Listener:
    """Turns lines into progress; every step is kept for the curves of the report."""

    def __init__(self, run: StageRun, steps: Path) -> None:
        self._run, self._steps = run, steps
        self._told_s = 0.0
        self._phase = ""
        self.trained = Trained()

    def hear(self, line: str) -> None:
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, KeyError, TypeError):
            # A library that prints; it is no event of ours.
            return
        if kind == "step":
            self._step(event)
        elif kind == "candidate":
            self.trained.candidates[str(event["file"])] = int(event.get("step", 0))
            self._run.say(f"candidate {event['file']}")
        elif kind in ("done", "stopped"):
            self.trained.ended = kind
        elif kind == "error":
            what, hint = str(event.get("what", "The training failed.")), str(event.get("hint", ""))
            self.trained.error = ModelError(what, hint, code=str(event.get("code", "training")))
        elif kind == "message":
            self._run.say(str(event.get("msg", "")))

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
        eta_s = event.get("eta_s")
        self._run.show(n, of, phase, eta_s=None if eta_s is None else float(eta_s), **losses)
