"""`python -m companion.training.lora.comparison JOBFILE [ROWS] [STEPS]`: our step beside the plain `Trainer`'s.

Same process, same model and adapters, same rows, each with its prefix, same numbers of threads. Dropout is off, so
that the losses of the first step can be compared. The first step of each is not timed.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from companion.training import memory
from companion.training.lora.job import LoraJob, Row, read_rows
from companion.training.lora.model import load_base, pairs, token_losses, with_lora
from companion.training.lora.packing import pack, plan


def main(arguments: Sequence[str]) -> int:
    job = LoraJob.read(Path(arguments[0]))
    n_rows, n_steps = (int(one) for one in [*arguments[1:], "4", "4"][:2])
    print(json.dumps(compare(job, n_rows, n_steps)))
    return 0


def compare(job: LoraJob, n_rows: int, n_steps: int) -> dict[str, Any]:
    """Return seconds a step of both, their first losses, and how many tokens each computes."""
    import torch

    if job.threads:
        torch.set_num_threads(job.threads)
    rows, prefixes = read_rows(job.out)
    (prefix, _), *_ = Counter(row.prefix for row in rows if row.split == "train").most_common(1)
    batch = [row for row in rows if row.prefix == prefix and row.split == "train"][:n_rows]
    model = with_lora(
        load_base(job.base, job.dtype), rank=job.rank, alpha=job.alpha, dropout=0.0, seed=job.seed
    )
    fresh = {name: value.detach().clone() for name, value in pairs(model).items()}
    job = dataclasses.replace(job, lr=1e-4)
    ours = _packed_steps(job, model, batch, prefixes, n_steps + 1)
    ours_peak = memory.peak_bytes()
    with torch.no_grad():
        for name, value in pairs(model).items():
            value.copy_(fresh[name])
    plain = _plain_steps(job, model, batch, prefixes[prefix], n_steps + 1)
    n_own = sum(len(row.ids) for row in batch)
    return {
        "rows": len(batch),
        "prefix_tokens": len(prefixes[prefix]),
        "row_tokens": n_own,
        "step_s": round(ours.median, 3),
        "plain_step_s": round(plain.median, 3),
        "times_faster": round(plain.median / ours.median, 2),
        "first_loss": round(ours.losses[0], 5),
        "plain_first_loss": round(plain.losses[0], 5),
        "peak_bytes": ours_peak,
        "plain_peak_bytes": memory.peak_bytes(),
        "steps": n_steps,
    }


@dataclasses.dataclass(frozen=True, slots=True)
class _Run:
    took_s: list[float]
    losses: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.took_s[1:])


def _packed_steps(
    job: LoraJob, model: Any, rows: Sequence[Row], prefixes: Mapping[str, Sequence[int]], n_steps: int
) -> _Run:
    import torch

    parameters = list(pairs(model).values())
    optimiser = torch.optim.AdamW(parameters, lr=job.lr, weight_decay=job.weight_decay)
    took, losses = [], []
    model.train()
    for _ in range(n_steps):
        began = time.perf_counter()
        packs = [
            pack([rows[i] for i in indices], prefixes[rows[indices[0]].prefix])
            for indices in plan(rows, prefixes, job.max_tokens, None)
        ]
        whole = sum(len(packed.at) for packed in packs)
        total = 0.0
        for packed in packs:
            loss = token_losses(model, packed).sum() / whole
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(parameters, job.clip)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        took.append(time.perf_counter() - began)
        losses.append(total)
    return _Run(took, losses)


def _plain_steps(job: LoraJob, model: Any, rows: Sequence[Row], prefix: Sequence[int], n_steps: int) -> _Run:
    from transformers import Trainer, TrainerCallback, TrainingArguments

    took: list[float] = []
    losses: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc] # untyped package
        began = 0.0

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.began = time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            took.append(time.perf_counter() - self.began)

        def on_log(self, *_: Any, logs: Mapping[str, float], **__: Any) -> None:
            losses.extend([logs["loss"]] if "loss" in logs else [])

    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=len(rows),
            max_steps=n_steps,
            learning_rate=job.lr,
            weight_decay=job.weight_decay,
            max_grad_norm=job.clip,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
            logging_steps=1,
            disable_tqdm=True,
        )
        trainer = Trainer(
            model=model,
            args=settings,
            train_dataset=[{"ids": [*prefix, *row.ids], "row": row, "n": len(prefix)} for row in rows],
            data_collator=_collator(),
            callbacks=[Clock()],
        )
        # The collator needs the rows' spans.
        trainer.args.remove_unused_columns = False
        trainer.train()
    return _Run(took, losses)


def _collator() -> Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]]:
    """Return what pads rows to the longest and marks what is learnt."""
    import torch

    def collate(batch: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        longest = max(len(one["ids"]) for one in batch)
        ids = torch.zeros((len(batch), longest), dtype=torch.long)
        labels, mask = torch.full_like(ids, -100), torch.zeros_like(ids)
        for at, one in enumerate(batch):
            n = len(one["ids"])
            ids[at, :n], mask[at, :n] = torch.tensor(one["ids"]), 1
            for start, end, _ in one["row"].spans:
                span = slice(one["n"] + start, one["n"] + end)
                labels[at, span] = ids[at, span]
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    return collate


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
