"""A lab run from texts to a model that answers: words, weights, reading, talking, and a GGUF file."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from companion.domain.messages import Message
from companion.engines.language_models.vocabulary import Vocabulary
from companion.errors import ModelError, UsageError
from companion.forge.datasets.rendering import render
from companion.training import checkpoint, memory
from companion.training.checkpoint import Checkpoint
from companion.training.events import Events
from companion.training.lab.gguf_model import write_model
from companion.training.lab.job import LabJob
from companion.training.lab.vocabulary import END, LabVocabulary, learn_vocabulary, read_vocabulary
from companion.training.lora.job import Row
from companion.training.lora.model import token_losses
from companion.training.lora.packing import pack

MODEL_NAME: Final = "lab.gguf"
REPORT_NAME: Final = "report.json"
WORDS_NAME: Final = "tokenizer.json"
_STAGES: Final = ("text", "talk")
_WARMUP: Final = 0.05
_FLOOR: Final = 0.1
_CLIP: Final = 1.0


def run_lab(job: LabJob, events: Events, *, stopped: Callable[[], bool]) -> bool:
    """Train, tell each step, write `lab.gguf` and `report.json`; False when `stopped` asked to save and stop.

    Raises ModelError, StorageError, UsageError.
    """
    import torch

    if job.threads:
        torch.set_num_threads(job.threads)
    job.out.mkdir(parents=True, exist_ok=True)
    texts, talks = read_texts(job.texts)
    said = [turn.text for talk in talks for turn in talk]
    vocabulary = _vocabulary(job, [*texts, *said])
    model = new_model(job, len(vocabulary.tokens))
    # The untrained model has the words, and its own frames make the rows.
    write_model(model, vocabulary, job.out / MODEL_NAME)
    rows = {"text": text_rows(texts, vocabulary, job.context), "talk": talk_rows(talks, job.out / MODEL_NAME)}
    events.tell("loaded", parts=parts(model), words=len(vocabulary.tokens))
    work = _Work(job, events, model, rows)
    if not work.go(stopped):
        return False
    write_model(model, vocabulary, job.out / MODEL_NAME)
    report = {"parts": parts(model), "peak_bytes": memory.peak_bytes(), **work.figures}
    (job.out / REPORT_NAME).write_text(json.dumps(report, indent=1), encoding="utf-8")
    events.tell("trained", files=[MODEL_NAME, REPORT_NAME], **work.figures)
    return True


def _vocabulary(job: LabJob, texts: Sequence[str]) -> LabVocabulary:
    """Learn the words and keep them: weights that are resumed belong to these and no others."""
    file = job.out / WORDS_NAME
    if job.resume and file.exists():
        return read_vocabulary(file.read_text(encoding="utf-8"))
    vocabulary = learn_vocabulary(texts, job.vocabulary)
    file.write_text(vocabulary.text, encoding="utf-8")
    return vocabulary


def read_texts(paths: Sequence[Path]) -> tuple[list[str], list[list[Message]]]:
    """Return the paragraphs of .txt files and the conversations of .jsonl files. Raises UsageError."""
    texts: list[str] = []
    talks: list[list[Message]] = []
    for path in paths:
        try:
            lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
            if path.suffix != ".jsonl":
                texts += lines
                continue
            talks += [
                [
                    Message("user" if turn["role"] == "user" else "assistant", turn["text"])
                    for turn in one["turns"]
                ]
                for one in map(json.loads, lines)
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path.name} cannot be learnt from: {error}.", "Give UTF-8 text.") from error
    if not texts and not talks:
        raise UsageError("There is nothing to learn from.", "Name texts.")
    return texts, talks


def new_model(job: LabJob, n_words: int) -> Any:
    """Return a Llama of random weights, the same for the same seed."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(job.seed)
    config = LlamaConfig(
        vocab_size=n_words,
        hidden_size=job.width,
        intermediate_size=job.width * 8 // 3 // 32 * 32 or 32,
        num_hidden_layers=job.layers,
        num_attention_heads=job.heads,
        num_key_value_heads=max(1, job.heads // 2),
        max_position_embeddings=max(1_024, job.context),
        tie_word_embeddings=True,
        attn_implementation="sdpa",
    )
    return LlamaForCausalLM(config)


def parts(model: Any) -> dict[str, int]:
    """Return how many weights each part has."""
    sizes: dict[str, int] = {}
    for name, value in model.named_parameters():
        words = name.removeprefix("model.").split(".")
        part = ".".join(words[2:-1]) if words[0] == "layers" else words[0]
        sizes[part] = sizes.get(part, 0) + value.numel()
    return {**sizes, "all": sum(sizes.values())}


def text_rows(texts: Sequence[str], vocabulary: LabVocabulary, context: int) -> list[Row]:
    """Return the whole text in pieces of `context` tokens, a paragraph's end between paragraphs."""
    end = vocabulary.id_of(END)
    stream = [token for text in texts for token in (*vocabulary.ids(text), end)]
    pieces = [tuple(stream[at : at + context]) for at in range(0, len(stream), context)]
    return [
        Row(f"text-{number}", "", piece, ((0, len(piece), 0),), len(piece))
        for number, piece in enumerate(pieces)
        if len(piece) > 1
    ]


def talk_rows(talks: Sequence[Sequence[Message]], model: Path) -> list[Row]:
    """Return conversations in the frames that the program will use; the replies are learnt."""
    vocabulary = Vocabulary.load(model)
    rows = []
    for number, talk in enumerate(talks):
        made = render(vocabulary, (), talk, [message.role == "assistant" for message in talk])
        if made.spans:
            rows.append(Row(f"talk-{number}", "", made.ids, made.spans, made.n_chars))
    vocabulary.close()
    return rows


class _Work:
    def __init__(self, job: LabJob, events: Events, model: Any, rows: Mapping[str, Sequence[Row]]) -> None:
        self._job, self._events, self._model, self._rows = job, events, model, rows
        self._steps = {"text": job.text_steps, "talk": job.talk_steps}
        self._started, self._before_s = time.monotonic(), 0.0
        self.figures: dict[str, float] = {}

    def go(self, stopped: Callable[[], bool]) -> bool:
        import torch

        found = checkpoint.newest(self._job.out / "checkpoints") if self._job.resume else None
        if found is not None and found.work["identity"] != self._job.identity:
            raise UsageError(
                "The saved run belongs to other texts or settings.", "Begin it anew.", code="stale"
            )
        if found is not None:
            self._model.load_state_dict(found.model)
            self._before_s = found.elapsed_s
        for number, stage in enumerate(_STAGES):
            if not self._rows[stage] or (found is not None and number < found.stage):
                continue
            optimiser = torch.optim.AdamW(self._model.parameters(), lr=self._job.lr, weight_decay=0.05)
            first = 0
            if found is not None and number == found.stage:
                optimiser.load_state_dict(found.work["optimiser"])
                first = found.step
                self._events.tell("resumed", stage=stage, step=first)
            if not self._stage(number, optimiser, first, stopped):
                return False
        return True

    def _stage(self, number: int, optimiser: Any, first: int, stopped: Callable[[], bool]) -> bool:
        stage = _STAGES[number]
        n_steps = self._steps[stage]
        batches = self._batches(number)
        for _ in range(first):
            next(batches)
        self._model.train()
        for step in range(first, n_steps):
            began = time.monotonic()
            rate = self._rate(step, n_steps, number)
            loss, n_tokens = self._step(optimiser, next(batches), rate)
            tok_s = n_tokens / (time.monotonic() - began)
            self.figures |= {f"{stage}_loss": round(loss, 4), "tok_s": round(tok_s, 1)}
            self._events.tell(
                "step", stage=stage, step=step + 1, of=n_steps, loss=round(loss, 5), tok_s=round(tok_s, 1)
            )
            if stopped():
                self._save(number, step + 1, optimiser)
                return False
            if (step + 1) % self._job.checkpoint_every == 0:
                self._save(number, step + 1, optimiser)
        return True

    def _batches(self, number: int) -> Iterator[list[Row]]:
        """Yield rows of up to `batch_tokens` for ever, in an order of the seed alone."""
        rows, rng = list(self._rows[_STAGES[number]]), random.Random(self._job.seed * 31 + number)
        batch: list[Row] = []
        while True:
            rng.shuffle(rows)
            for row in rows:
                if batch and sum(len(one.ids) for one in batch) + len(row.ids) > self._job.batch_tokens:
                    yield batch
                    batch = []
                batch.append(row)

    def _step(self, optimiser: Any, rows: Sequence[Row], rate: float) -> tuple[float, int]:
        import torch

        for group in optimiser.param_groups:
            group["lr"] = rate
        packed = pack(rows, ())
        loss = token_losses(self._model, packed).mean()
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(self._model.parameters(), _CLIP))
        if not math.isfinite(norm):
            raise ModelError("The training diverged.", "Set a smaller learning rate.", code="diverged")
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        return loss.item(), len(packed.ids)

    def _rate(self, step: int, n_steps: int, number: int) -> float:
        peak = self._job.lr / (1 + number)
        warm = max(1, round(_WARMUP * n_steps))
        if step < warm:
            return peak * (step + 1) / warm
        share = (step - warm) / max(1, n_steps - warm)
        return peak * (_FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * share)))

    def _save(self, number: int, step: int, optimiser: Any) -> None:
        weights = {name: value.detach() for name, value in self._model.state_dict().items()}
        elapsed_s = self._before_s + time.monotonic() - self._started
        work = {"optimiser": optimiser.state_dict(), "identity": self._job.identity}
        kept = Checkpoint(number, step, elapsed_s, weights, work)
        file = checkpoint.save(self._job.out / "checkpoints", kept)
        self._events.tell("checkpoint", file=f"checkpoints/{file.name}", step=step)
