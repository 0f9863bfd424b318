"""The training of an adapter, in a process of its own that has torch: started, listened to, stopped, gone on with.

It prints one JSON object a line: `step`, `evaluated`, `checkpoint`, `trained`, `done`, `stopped`, `error`.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from companion.errors import Cancelled, CompanionError, ModelError, WorkerError
from companion.forge.training_files import FOLDER, GATES, SETTINGS, identity
from companion.jobs.child import last_words
from companion.jobs.stage_run import StageRun
from companion.jobs.torch_home import TorchHome

NEEDED: Final = ("torch", "transformers", "peft", "gguf")
_MODULE: Final = "companion.training.lora"
_IDENTITY: Final = f"{FOLDER}/identity"
_BETWEEN_S: Final = 0.5
_GRACE_S: Final = 180.0


@dataclass(slots=True)
class Trained:
    """What was heard: `figures` of the end, and whether it `ended` as `done` or `stopped`."""

    figures: dict[str, Any] = field(default_factory=dict)
    evaluations: list[dict[str, Any]] = field(default_factory=list)
    step_s: float = 0.0
    n_steps: int = 0
    memory_gb: float = 0.0
    ended: str = ""
    error: CompanionError | None = None


def train(run: StageRun, home: TorchHome, settings: Mapping[str, Any]) -> Trained:
    """Train by `settings` and return what came of it; goes on from a checkpoint of the same data.

    Raises ModelError with the words of the process, WorkerError when it ended without any, Cancelled once saved.
    """
    _forget_other_data(run, settings)
    resume = any((run.job / FOLDER / "checkpoints").glob("*"))
    path = run.job / SETTINGS
    path.write_text(
        json.dumps({**settings, "resume": resume}, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    listener = _Listener(run)
    code = run.child(
        [str(home.python), "-P", "-m", _MODULE, str(path)],
        listener.hear,
        stop_file=run.job / FOLDER / "stop",
        grace_s=_GRACE_S,
        environment={**home.environment, "HF_HUB_OFFLINE": "1"},
    )
    found = listener.trained
    if found.error is not None:
        raise found.error
    if run.cancel.requested:
        raise Cancelled
    if code != 0 or found.ended != "done":
        raise WorkerError(
            f"The training ended by itself (code {code}): {last_words(run.folder / 'child.log')}",
            "Go on with --resume; if it ends again, look into the job's child.log.",
            code="training",
        )
    return found


def measure_gates(run: StageRun, home: TorchHome) -> dict[str, Any]:
    """Measure the gates of a finished training and return them by number.

    A gate that is not passed is a result; raises WorkerError if they could not be measured, Cancelled.
    """
    (run.job / GATES).unlink(missing_ok=True)
    run.child(
        [str(home.python), "-P", "-m", f"{_MODULE}.gates", str(run.job / SETTINGS)],
        run.say,
        environment={**home.environment, "HF_HUB_OFFLINE": "1"},
    )
    run.check()
    try:
        found: dict[str, Any] = json.loads((run.job / GATES).read_bytes())
    except (OSError, ValueError) as error:
        raise WorkerError(
            f"The gates could not be measured: {last_words(run.folder / 'child.log')}",
            "Go on with --resume; if it ends again, look into the stage's child.log.",
            code="training",
        ) from error
    run.keep(GATES)
    return found


def _forget_other_data(run: StageRun, settings: Mapping[str, Any]) -> None:
    """Put aside the checkpoints of other rows or settings: nothing of them may go on."""
    mark, now = run.job / _IDENTITY, identity(settings, run.job)
    if mark.exists() and mark.read_text() != now:
        for name in ("checkpoints", "adapter"):
            shutil.rmtree(run.job / FOLDER / name, ignore_errors=True)
        for name in ("style.gguf", "trainer_log.jsonl"):
            (run.job / FOLDER / name).unlink(missing_ok=True)
    mark.write_text(now)


class _Listener:
    def __init__(self, run: StageRun) -> None:
        self._run = run
        self._told_s = 0.0
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
        elif kind == "evaluated":
            self.trained.evaluations.append(
                {key: event.get(key) for key in ("step", "val_bpc", "replay_bpc")}
            )
            self._run.say(
                f"step {event.get('step')}: {event.get('val_bpc')} bits per character on held-out lines"
            )
        elif kind == "probe":
            minutes, gb = float(event.get("eta_s") or 0) / 60, float(event.get("rss_bytes") or 0) / 1e9
            self._run.say(
                f"A step takes {event.get('step_s')} s: about {minutes:.0f} min in all, {gb:.1f} GB of memory."
            )
            self.trained.memory_gb = round(gb, 2)
        elif kind == "warning":
            self._run.say(f"{event.get('what', '')} {event.get('hint', '')}".strip())
        elif kind == "trained":
            self.trained.figures = {key: event.get(key) for key in ("step", "val_bpc", "base_bpc")}
        elif kind in ("done", "stopped"):
            self.trained.ended = kind
        elif kind == "error":
            what, hint = str(event.get("what", "The training failed.")), str(event.get("hint", ""))
            self.trained.error = ModelError(what, hint, code=str(event.get("code", "training")))

    def _step(self, event: Mapping[str, Any]) -> None:
        n, of = int(event.get("step", 0)), int(event.get("of", 0))
        self.trained.step_s, self.trained.n_steps = float(event.get("step_s") or 0.0), n
        now_s = time.monotonic()
        if n != of and now_s - self._told_s < _BETWEEN_S:
            return
        self._told_s = now_s
        eta_s = event.get("eta_s")
        metrics = {
            name: event[name] for name in ("loss", "lr", "grad_norm", "tok_s", "step_s") if name in event
        }
        self._run.show(n, of, "training", eta_s=None if eta_s is None else float(eta_s), **metrics)
