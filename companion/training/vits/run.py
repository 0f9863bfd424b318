"""A training from its job file to candidates: stage after stage, saved, stopped and taken up at any step."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from companion.training import checkpoint
from companion.training.checkpoint import Checkpoint
from companion.training.events import Events
from companion.training.vits import export, spectra
from companion.training.vits.job import TrainingJob
from companion.training.vits.onnx_weights import read_weights
from companion.training.vits.plan import StagePlan, stages
from companion.training.vits.sampler import Sampler
from companion.training.vits.stages import Bench, Stage, build_stage
from companion.training.vits.timing import fitted_length
from companion.training.vits.voice import HOP, Shape, build, port

_CHECKPOINT_STEPS: Final = 100
_CHECKPOINT_S: Final = 600.0
_TELL_S: Final = 1.0
_HELD_OUT_CLIPS: Final = 8
_CPU_THREADS: Final = 8
_SPOKEN_NOISE: Final = (0.667, 0.8)


@dataclass(frozen=True, slots=True)
class Team:
    """The processes of one training; `accelerate launch` and `torchrun` start several."""

    rank: int = 0
    world: int = 1


@dataclass(slots=True)
class _Clock:
    before_s: float
    started: float = field(default_factory=time.monotonic)
    saved: float = field(default_factory=time.monotonic)
    told: float = -math.inf

    @property
    def elapsed_s(self) -> float:
        return self.before_s + time.monotonic() - self.started


def train(job: TrainingJob, events: Events, team: Team, *, stopped: Callable[[], bool]) -> bool:
    """Go through the stages and return True when all are done, False when `stopped` asked to save and stop.

    Raises ModelError, StorageError, UsageError.
    """
    bench, shape, learns_text = _prepared(job)
    plans = stages(
        _profile(job, bench.device),
        has_base=job.base is not None,
        same_language=not learns_text,
        schedule=job.schedule,
    )
    events.tell("plan", steps={one.name: one.steps for one in plans})
    if job.trial_steps:
        plans = [replace(one, steps=job.trial_steps, every=0) for one in plans]
    found = checkpoint.newest(job.out / "checkpoints") if job.resume else None
    if found is not None:
        bench.model.load_state_dict(found.model)
        events.tell("resumed", stage=plans[found.stage].name, step=found.step)
    work = _Work(job, bench, shape, plans, events, team, _Clock(found.elapsed_s if found else 0.0))
    for number in range(found.stage if found else 0, len(plans)):
        if not work.stage(number, found if found and found.stage == number else None, learns_text, stopped):
            return False
    return True


def _prepared(job: TrainingJob) -> tuple[Bench, Shape, bool]:
    import torch

    device = "cuda" if torch.cuda.is_available() and job.profile in ("auto", "gpu") else "cpu"
    if device == "cpu":
        torch.set_num_threads(min(torch.get_num_threads(), _CPU_THREADS))
    torch.manual_seed(job.seed)
    learns_text = job.base_language != job.language
    widths = job.widths if job.base is None else {}
    shape = Shape(n_styles=job.n_styles, own_durations=learns_text, **widths)
    model = build(shape)
    if job.base is not None:
        port(model, read_weights(job.base))
    # Dropout stays off from the first preparation on: what is kept must come out the same after a restart.
    model.to(device).eval()
    return Bench(model, device, _has_bfloat16(device), job.seed, job.out / "checkpoints"), shape, learns_text


def _has_bfloat16(device: str) -> bool:
    import torch

    if device != "cpu":
        return bool(torch.cuda.is_bf16_supported())
    known = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(known is not None and known())


def _profile(job: TrainingJob, device: str) -> str:
    return job.profile if job.profile != "auto" else "gpu" if device == "cuda" else "cpu"


@dataclass(slots=True)
class _Work:
    job: TrainingJob
    bench: Bench
    shape: Shape
    plans: list[StagePlan]
    events: Events
    team: Team
    clock: _Clock

    def stage(
        self, number: int, found: Checkpoint | None, learns_text: bool, stopped: Callable[[], bool]
    ) -> bool:
        """Do the rest of one stage. Return False if it was stopped, saved where it is."""
        plan = self.plans[number]
        stage, first = self._begun(plan, found, learns_text)
        sampler = Sampler(stage.lengths, plan.batch, self.job.seed, self.team.rank, self.team.world)
        step_s, done = 0.0, first
        for step in range(first, plan.steps):
            if self._out_of_time(number) and step > first:
                break
            began = time.monotonic()
            losses = stage.step(sampler.batch_at(step))
            done = step + 1
            step_s = 0.9 * step_s + 0.1 * (time.monotonic() - began) if step_s else time.monotonic() - began
            self._tell(number, done, losses, step_s)
            self._keep(number, done, stage)
            if plan.every and done % plan.every == 0 and done < plan.steps:
                self._candidate(plan, done, stage)
            if stopped():
                self._save(number, done, stage)
                return False
        self._finish(number, done, stage)
        return True

    def _begun(self, plan: StagePlan, found: Checkpoint | None, learns_text: bool) -> tuple[Stage, int]:
        stage = build_stage(plan, self.bench, self.job.train, learns_text=learns_text)
        if found is None or found.step == 0:
            return stage, 0
        stage.load_state_dict(found.work)
        return stage, found.step

    def _finish(self, number: int, done: int, stage: Stage) -> None:
        """Export the mean of the weights; the next stage builds on it, and the last can be given more steps."""
        plan = self.plans[number]
        last = number + 1 == len(self.plans)
        if (plan.every or last) and not self.job.trial_steps:
            self._candidate(plan, done, stage)
        if last:
            self._save(number, done, stage)
            return
        if stage.average is not None:
            stage.average.settle()
        self._write(number + 1, 0, {})

    def _out_of_time(self, number: int) -> bool:
        """Tell whether the stages up to this one have used their share of the time, by their steps."""
        if self.job.time_limit_s is None:
            return False
        cost = [plan.steps * plan.batch for plan in self.plans]
        return self.clock.elapsed_s > self.job.time_limit_s * sum(cost[: number + 1]) / sum(cost)

    def _tell(self, number: int, step: int, losses: dict[str, float], step_s: float) -> None:
        plan, now = self.plans[number], time.monotonic()
        if now - self.clock.told < _TELL_S and step not in (1, plan.steps):
            return
        self.clock.told = now
        left = step_s * (plan.steps - step) + sum(step_s * one.steps for one in self.plans[number + 1 :])
        rounded = {name: round(value, 5) for name, value in losses.items()}
        self.events.tell(
            "step",
            stage=plan.name,
            step=step,
            of=plan.steps,
            losses=rounded,
            step_s=round(step_s, 3),
            eta_s=round(left),
        )

    def _keep(self, number: int, step: int, stage: Stage) -> None:
        if step % _CHECKPOINT_STEPS == 0 or time.monotonic() - self.clock.saved > _CHECKPOINT_S:
            self._save(number, step, stage)

    def _save(self, number: int, step: int, stage: Stage) -> None:
        self._write(number, step, stage.state_dict())

    def _write(self, number: int, step: int, work: dict[str, Any]) -> None:
        if self.team.rank or self.job.trial_steps:
            return
        model = self.bench.model.state_dict()
        state = Checkpoint(number, step, self.clock.elapsed_s, model, work)
        file = checkpoint.save(self.job.out / "checkpoints", state)
        self.clock.saved = time.monotonic()
        self.events.tell(
            "checkpoint", file=f"checkpoints/{file.name}", stage=self.plans[number].name, step=step
        )

    def _candidate(self, plan: StagePlan, step: int, stage: Stage) -> None:
        if self.team.rank:
            return
        name = f"candidates/{plan.name}-{step:05d}.onnx"
        with stage.average.applied() if stage.average is not None else contextlib.nullcontext():
            length = fitted_length(self.bench.model, self.job.train, self.bench.device, self.job.seed)
            description = export.describe(
                self.job.description,
                language=self.job.language,
                n_styles=self.job.n_styles,
                length_scale=length,
                noise=_SPOKEN_NOISE,
            )
            parity = export.export(self.bench.model, self.shape, self.job.out / name, description)
            mel = held_out_mel(self.bench, self.job)
        figures = {"mel": mel, "parity": parity, "length_scale": round(length, 4)}
        self.events.tell("candidate", file=name, stage=plan.name, step=step, figures=figures)


def held_out_mel(bench: Bench, job: TrainingJob) -> float | None:
    """Return the mel distance of held-out clips said again from their own latents; None without such clips."""
    import torch

    clips = job.held_out[:_HELD_OUT_CLIPS]
    if not clips:
        return None
    total = 0.0
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for clip in clips:
            wave = torch.from_numpy(clip.wave).to(bench.device).unsqueeze(0)
            n_frames = torch.tensor([clip.n_frames], device=bench.device)
            style = bench.style([clip])
            _, mean, _, _ = bench.model.posterior_encoder(spectra.spectrogram(wave), n_frames, g=style)
            made = bench.model.waveform_decoder(mean, g=style)[:, 0, : clip.n_frames * HOP]
            total += float(spectra.mel_distance(made, wave))
    return round(total / len(clips), 4)
