"""A training from its job file to an adapter: saved, stopped and taken up at any step."""

from __future__ import annotations

import contextlib
import json
import math
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from companion.errors import ModelError, UsageError
from companion.training import checkpoint, memory
from companion.training.checkpoint import Checkpoint
from companion.training.events import Events
from companion.training.lora.adapter import save_adapter
from companion.training.lora.evaluation import bits_per_character, score
from companion.training.lora.job import LoraJob, Row, read_rows
from companion.training.lora.model import load_base, pairs, token_losses, with_lora
from companion.training.lora.packing import pack, plan

_FLOOR: Final = 0.1
_REPLAY_RISE: Final = 1.05
_ROLLING: Final = 20
_PROBE_STEPS: Final = 3


@dataclass(slots=True)
class _Standing:
    """How far the training is: what a checkpoint keeps beside the weights."""

    best_bpc: float = math.inf
    best_step: int = 0
    without_gain: int = 0
    first_bpc: float = math.nan
    first_replay: float = math.nan
    best: dict[str, Any] = field(default_factory=dict)


def train(job: LoraJob, events: Events, *, stopped: Callable[[], bool]) -> bool:
    """Train, tell each step, and write the best adapter; False when `stopped` asked to save and stop.

    Raises ModelError, StorageError, UsageError.
    """
    import torch

    if job.threads:
        torch.set_num_threads(job.threads)
    rows, prefixes = read_rows(job.out)
    began = time.monotonic()
    _warn_of_memory(job, events)
    base = load_base(job.base, job.dtype)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = with_lora(base.to(device), rank=job.rank, alpha=job.alpha, dropout=job.dropout, seed=job.seed)
    events.tell("loaded", seconds=round(time.monotonic() - began, 1), device=device)
    work = _Work(job, events, model, rows, prefixes)
    try:
        done = work.go(stopped)
        if done:
            work.finish()
    finally:
        work.close()
    return done


def _warn_of_memory(job: LoraJob, events: Events) -> None:
    needed, available = memory.needed_bytes(memory.weights_of(job.base), job.dtype), memory.available_bytes()
    if needed > available:
        what = f"This training needs about {needed / 1e9:.1f} GB of memory, and {available / 1e9:.1f} GB are free."
        hint = "Close other programs, choose a smaller base, or set max_tokens lower."
        events.tell("warning", what=what, hint=hint, code="memory")


class _Work:
    def __init__(
        self,
        job: LoraJob,
        events: Events,
        model: Any,
        rows: Sequence[Row],
        prefixes: Mapping[str, Sequence[int]],
    ) -> None:
        import torch

        self._job, self._events, self._model, self._prefixes = job, events, model, prefixes
        self._rows = {
            split: [row for row in rows if row.split == split] for split in ("train", "val", "replay")
        }
        self._parameters = list(pairs(model).values())
        self._optimiser = torch.optim.AdamW(self._parameters, lr=job.lr, weight_decay=job.weight_decay)
        self._per_epoch = len(self._epoch(0))
        wanted = math.ceil(job.epochs * self._per_epoch / job.accumulate)
        self._n_steps = max(1, min(wanted, job.max_steps) if job.max_steps else wanted)
        self._standing = _Standing()
        self._elapsed_s, self._started = 0.0, time.monotonic()
        self._log_file = job.out / "trainer_log.jsonl"
        self._log = self._log_file.open("a" if job.resume else "w", encoding="utf-8")

    def go(self, stopped: Callable[[], bool]) -> bool:
        step = self._resume()
        if step == 0:
            self._evaluate(0)
        took: deque[float] = deque(maxlen=_ROLLING)
        while step < self._n_steps and not self._is_over():
            began = time.monotonic()
            figures = self._step(step)
            took.append(time.monotonic() - began)
            step += 1
            self._tell(step, figures, statistics.median(took))
            if len(took) == _PROBE_STEPS:
                self._probe(step, statistics.median(took))
            if step % self._job.evaluate_every == 0 or step == self._n_steps:
                self._evaluate(step)
            if stopped():
                self._save(step)
                return False
            if step % self._job.checkpoint_every == 0:
                self._save(step)
        return True

    def finish(self) -> None:
        """Write the best adapter, as PEFT files and as GGUF, and what it reached."""
        import torch

        standing = self._standing
        if standing.best:
            with torch.no_grad():
                for name, value in pairs(self._model).items():
                    value.copy_(standing.best[name])
        files = save_adapter(self._model, self._job)
        self._events.tell(
            "trained",
            files=files,
            step=standing.best_step,
            val_bpc=_rounded(standing.best_bpc),
            base_bpc=_rounded(standing.first_bpc),
        )

    def close(self) -> None:
        self._log.close()

    # ---- steps

    def _epoch(self, epoch: int) -> list[list[int]]:
        seed = self._job.seed * 100_003 + epoch
        return plan(self._rows["train"], self._prefixes, self._job.max_tokens, seed)

    def _step(self, step: int) -> dict[str, float]:
        import torch

        rate = self._rate(step)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        train, packs = self._rows["train"], []
        for place in range(step * self._job.accumulate, (step + 1) * self._job.accumulate):
            epoch, at = divmod(place, self._per_epoch)
            bins = self._epoch(epoch)
            indices = bins[at % len(bins)]
            packs.append(pack([train[i] for i in indices], self._prefixes[train[indices[0]].prefix]))
        self._model.train()
        whole = sum(float(packed.weight.sum()) for packed in packs)
        total, n_tokens = 0.0, 0
        for packed in packs:
            losses = token_losses(self._model, packed)
            loss = (losses * torch.from_numpy(packed.weight).to(losses.device)).sum() / whole
            loss.backward()
            total += loss.item()
            n_tokens += len(packed.ids)
        norm = float(torch.nn.utils.clip_grad_norm_(self._parameters, self._job.clip))
        if not math.isfinite(norm) or not math.isfinite(total):
            raise _diverged(step + 1)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        return {"loss": total, "lr": rate, "grad_norm": norm, "tokens": n_tokens}

    def _rate(self, step: int) -> float:
        """Return the learning rate: a warm-up, then a cosine to a tenth of the peak."""
        warm = max(1, round(self._job.warmup * self._n_steps))
        if step < warm:
            return self._job.lr * (step + 1) / warm
        share = (step - warm) / max(1, self._n_steps - warm)
        return self._job.lr * (_FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * share)))

    def _is_over(self) -> bool:
        late = bool(self._job.time_limit_s) and self._now_s() > self._job.time_limit_s
        return late or self._standing.without_gain >= self._job.patience

    # ---- looking

    def _evaluate(self, step: int) -> None:
        standing, job = self._standing, self._job
        val = bits_per_character(score(self._model, self._rows["val"], self._prefixes, job.max_tokens))
        replay = bits_per_character(score(self._model, self._rows["replay"], self._prefixes, job.max_tokens))
        if self._rows["val"] and not math.isfinite(val):
            raise _diverged(step)
        if step == 0:
            standing.first_bpc, standing.first_replay = val, replay
        forgets = replay > standing.first_replay * _REPLAY_RISE
        if math.isnan(val) or (val < standing.best_bpc and not forgets):
            standing.best_bpc, standing.best_step, standing.without_gain = val, step, 0
            standing.best = {name: value.detach().cpu().clone() for name, value in pairs(self._model).items()}
        else:
            standing.without_gain += 1
        self._write({"step": step, "val_bpc": _rounded(val), "replay_bpc": _rounded(replay)})
        self._events.tell("evaluated", step=step, val_bpc=_rounded(val), replay_bpc=_rounded(replay))

    def _tell(self, step: int, figures: Mapping[str, float], step_s: float) -> None:
        left = step_s * (self._n_steps - step)
        line = {
            "step": step,
            "of": self._n_steps,
            "epoch": round(step * self._job.accumulate / self._per_epoch, 3),
            **{name: float(f"{value:.6g}") for name, value in figures.items()},
            "step_s": round(step_s, 3),
            "tok_s": round(figures["tokens"] / step_s, 1),
            "elapsed_s": round(self._now_s(), 1),
        }
        self._write(line)
        self._events.tell("step", stage="train", **line, eta_s=round(left))

    def _probe(self, step: int, step_s: float) -> None:
        """Tell what the rest will take, from the first steps."""
        eta_s = round(step_s * (self._n_steps - step))
        peak, available = memory.peak_bytes(), memory.available_bytes()
        self._events.tell(
            "probe", step_s=round(step_s, 3), eta_s=eta_s, rss_bytes=peak, available_bytes=available
        )

    def _write(self, line: Mapping[str, Any]) -> None:
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()

    def _now_s(self) -> float:
        return self._elapsed_s + time.monotonic() - self._started

    # ---- keeping

    def _save(self, step: int) -> None:
        standing = self._standing
        work = {
            "identity": self._job.identity,
            "optimiser": self._optimiser.state_dict(),
            "best": standing.best,
            "numbers": [
                standing.best_bpc,
                standing.best_step,
                standing.without_gain,
                standing.first_bpc,
                standing.first_replay,
            ],
        }
        weights = {name: value.detach().cpu() for name, value in pairs(self._model).items()}
        file = checkpoint.save(
            self._job.out / "checkpoints", Checkpoint(0, step, self._now_s(), weights, work)
        )
        self._events.tell("checkpoint", file=f"checkpoints/{file.name}", step=step)

    def _cut_log(self, step: int) -> None:
        """Drop what a killed training logged behind its last checkpoint: it is done again."""
        self._log.close()
        kept = []
        for line in self._log_file.read_text(encoding="utf-8").splitlines():
            # The last line may be torn.
            with contextlib.suppress(ValueError):
                if json.loads(line)["step"] <= step:
                    kept.append(line + "\n")
        self._log_file.write_text("".join(kept), encoding="utf-8")
        self._log = self._log_file.open("a", encoding="utf-8")

    def _resume(self) -> int:
        """Take up the newest checkpoint; return the steps that are done. Raises UsageError for other data."""
        import torch

        found = checkpoint.newest(self._job.out / "checkpoints") if self._job.resume else None
        if found is None:
            return 0
        if found.work["identity"] != self._job.identity:
            raise UsageError(
                "The saved training belongs to other data or settings.", "Begin it anew.", code="stale"
            )
        with torch.no_grad():
            for name, value in pairs(self._model).items():
                value.copy_(found.model[name])
        self._optimiser.load_state_dict(found.work["optimiser"])
        bpc, step, without_gain, first_bpc, first_replay = found.work["numbers"]
        self._standing = _Standing(
            bpc, int(step), int(without_gain), first_bpc, first_replay, found.work["best"]
        )
        self._elapsed_s = found.elapsed_s
        self._cut_log(found.step)
        self._events.tell("resumed", stage="train", step=found.step)
        return found.step


def _diverged(step: int) -> ModelError:
    return ModelError(
        f"The training diverged at step {step}: its numbers are no longer finite.",
        "Train again with a smaller learning rate, such as a third of it.",
        code="diverged",
    )


def _rounded(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None
