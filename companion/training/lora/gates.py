"""`python -m companion.training.lora.gates JOBFILE`: measure a finished adapter and write `gates.json` beside it.

`messages.jsonl` of the job, `{"id", "messages": [[role, text], ...]}` a line for up to 200 rows, lets the gates of
tokens, text, endings and leaks be measured; without it they are missing.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from companion.domain.character import Adapter
from companion.domain.messages import Message
from companion.engines.language_models.llama_cpp import LlamaCpp
from companion.engines.language_models.vocabulary import Vocabulary
from companion.errors import CompanionError, UsageError
from companion.forge import gates
from companion.forge.gates import Gate, Logits, Sides
from companion.forge.gates_running import Running, Told, replies, token_gates
from companion.forge.merging import write_half_floats
from companion.training.lora.adapter import GGUF_NAME
from companion.training.lora.job import LoraJob, Row, read_rows
from companion.training.lora.model import load_base

N_TEXTS: Final = 20
N_TEXT_TOKENS: Final = 64
N_LINES: Final = 200
N_REPLIES: Final = 50
N_PACKED_ROWS: Final = 20
FILE: Final = "gates.json"
MERGED: Final = "merged-f16.gguf"


def main(arguments: Sequence[str]) -> int:
    """Measure the job in `arguments`, print a line a gate, and return 0 when none failed."""
    try:
        if len(arguments) != 1:
            raise UsageError("One job file is needed.", "python -m companion.training.lora.gates JOBFILE")
        found = measure(LoraJob.read(Path(arguments[0])))
    except CompanionError as error:
        print(f"{error.what} {error.hint}", file=sys.stderr)
        return 1
    for gate in found:
        print(
            f"{gate.number} {'pass' if gate.passed else 'FAIL'} {gate.name}: {gate.value} ({gate.threshold})"
        )
    return 0 if all(gate.passed for gate in found) else 1


def measure(job: LoraJob, *, merges: bool = False) -> list[Gate]:
    """Return the gates that apply and write them; `merges` leaves `merged-f16.gguf` behind and measures it too.

    Raises UsageError before a training has ended, ModelError.
    """
    adapter = job.out / GGUF_NAME
    if not adapter.exists():
        raise UsageError("This training has left no adapter.", "Train to the end first.", code="job")
    rows, prefixes = read_rows(job.out)
    half = job.out / "base-f16.gguf"
    write_half_floats(job.base, half)
    try:
        found = [_pairs(job, half, adapter)]
        found += _computed(job, half, adapter, rows, prefixes)
    finally:
        half.unlink(missing_ok=True)
    if (job.out / "messages.jsonl").exists():
        found += _spoken(job, adapter, list(_told(job.out, rows, prefixes)))
    if merges:
        write_half_floats(job.base, job.out / MERGED, [(adapter, 1.0)])
    if (job.out / MERGED).exists():
        found.append(gates.merged_gate(job.base, job.out / MERGED))
    gates.write_gates(job.out / FILE, found)
    return sorted(found, key=lambda gate: gate.number)


def _pairs(job: LoraJob, half: Path, adapter: Path) -> Gate:
    from gguf import GGUFReader
    from safetensors import safe_open

    with safe_open(str(job.out / "adapter" / "adapter_model.safetensors"), "np") as trained:
        n_trained = sum(".lora_A." in name for name in trained.keys())  # noqa: SIM118 - no mapping
    shapes = {
        tensor.name: tuple(int(n) for n in reversed(tensor.shape)) for tensor in GGUFReader(str(half)).tensors
    }
    return gates.pairs_gate(shapes, adapter, n_trained)


def _computed(
    job: LoraJob, half: Path, adapter: Path, rows: Sequence[Row], prefixes: Mapping[str, Sequence[int]]
) -> Iterator[Gate]:
    """Gates 2, 6 and 8."""
    texts = sample_texts(rows, job.seed)
    running = Running.load(half)
    off = [running.logits(text) for text in texts]
    running.use([(adapter, 1.0)])
    on = [running.logits(text) for text in texts]
    held_out = [row for row in rows if row.split == "val"][:N_PACKED_ROWS]
    bpc_half = _bpc(running, held_out, prefixes)
    running.use([])
    again = [running.logits(text) for text in texts]
    swap_ms = float(np.median([running.use([(adapter, 1.0)] if turn % 2 else []) for turn in range(20)]))
    running.close()
    trained = trained_logits(job, texts)
    yield gates.parity_gate(
        [Sides(*trained[i], off[i], on[i]) for i in range(len(texts))],
    )
    yield gates.cleared_gate(off, again, swap_ms)
    if held_out:
        packed = Running.load(job.base)
        packed.use([(adapter, 1.0)])
        yield gates.packed_gate(_bpc(packed, held_out, prefixes), bpc_half, len(held_out))
        packed.close()


def sample_texts(rows: Sequence[Row], seed: int) -> list[list[int]]:
    """Return the beginnings of up to 20 rows that were not trained on, then of others."""
    chosen = sorted(rows, key=lambda row: row.split == "train")
    held_out = [row for row in chosen if row.split != "train"]
    rng = random.Random(seed)
    rng.shuffle(held_out)
    picked = [*held_out, *chosen[len(held_out) :]][:N_TEXTS]
    return [list(row.ids[:N_TEXT_TOKENS]) for row in picked]


def trained_logits(job: LoraJob, texts: Sequence[Sequence[int]]) -> list[tuple[Logits, Logits]]:
    """Return the logits behind each text without and with the adapter, as PEFT loads it, in 32-bit floats."""
    import torch
    from peft import PeftModel

    model = PeftModel.from_pretrained(load_base(job.base, "float32"), str(job.out / "adapter")).eval()

    def last(text: Sequence[int]) -> Logits:
        logits: Logits = model(torch.tensor([text]), logits_to_keep=1).logits[0, -1].float().numpy()
        return logits

    with torch.no_grad():
        with model.disable_adapter():
            off = [last(text) for text in texts]
        return list(zip(off, [last(text) for text in texts], strict=True))


def _bpc(running: Running, rows: Sequence[Row], prefixes: Mapping[str, Sequence[int]]) -> float:
    nats = sum(running.nats(prefixes[row.prefix], row.ids, row.spans) for row in rows)
    return nats / float(np.log(2)) / max(1, sum(row.n_chars for row in rows))


@dataclass(frozen=True, slots=True)
class _Line:
    told: Told
    is_held_out: bool


def _told(folder: Path, rows: Sequence[Row], prefixes: Mapping[str, Sequence[int]]) -> Iterator[_Line]:
    by_id = {row.id: row for row in rows}
    with (folder / "messages.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            raw: dict[str, Any] = json.loads(line)
            row = by_id[raw["id"]]
            messages = tuple(Message(role, text) for role, text in raw["messages"])
            yield _Line(Told(messages, (*prefixes[row.prefix], *row.ids)), row.split != "train")


def _spoken(job: LoraJob, adapter: Path, lines: Sequence[_Line]) -> Iterator[Gate]:
    """Gates 3, 4, 5 and 7."""
    model = LlamaCpp.load(job.base, gpu_layers=0, threads=2, gives_way=False)
    vocabulary = Vocabulary.load(job.base)
    yield from token_gates(model, vocabulary, [line.told for line in lines[:N_LINES]])
    vocabulary.close()
    ordered = sorted(lines, key=lambda line: not line.is_held_out)
    prompts = [line.told.messages[:-1] for line in ordered[:N_REPLIES]]
    texts, ended = replies(model, prompts, [Adapter(adapter, 1.0)])
    model.close()
    yield gates.endings_gate(ended)
    yield gates.leaks_gate(texts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
