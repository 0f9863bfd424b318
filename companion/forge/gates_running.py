"""What the gates ask of the running side: llama.cpp with the very frames, tokens and sampler of the program."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.cancel import CancelToken
from companion.domain.character import Adapter, Sampling
from companion.domain.messages import Message
from companion.engines.language_models.chat_formats import frame
from companion.engines.language_models.llama_cpp import LlamaCpp
from companion.engines.language_models.llama_native import LoadPlan, NativeModel
from companion.engines.language_models.vocabulary import Vocabulary
from companion.forge.gates import Gate, Logits, share_gate
from companion.model_files.gguf_check import check_gguf
from companion.ports import GenerationDone, Prompt, TextDelta

_CONTEXT: Final = 4_096


@dataclass(frozen=True, slots=True)
class Told:
    """A whole prompt with its last reply, and the tokens that the training has for it."""

    messages: tuple[Message, ...]
    ids: tuple[int, ...]


class Running:
    """A GGUF model without conversation: logits of tokens, with and without adapters. `close` it."""

    def __init__(self, native: NativeModel) -> None:
        self._native = native

    @classmethod
    def load(cls, model: Path, *, threads: int = 2) -> Running:
        """Load a model on the CPU. Raises ModelError."""
        return cls(NativeModel.load(LoadPlan(check_gguf(model), _CONTEXT, 0, threads, threads, 0)))

    def use(self, adapters: Sequence[tuple[Path, float]]) -> float:
        """Make exactly these adapters active; return the milliseconds of the switch without loading files."""
        handles = [self._native.adapter(path) for path, _ in adapters]
        began = time.perf_counter()
        self._native.use_adapters(handles, [scale for _, scale in adapters])
        took = (time.perf_counter() - began) * 1_000
        self._native.clear()
        return took

    def logits(self, ids: Sequence[int]) -> Logits:
        """Return the logits behind the last of `ids`, float32 (n_vocab,)."""
        self._native.clear()
        self._read(ids)
        return self._native.logits().copy()

    def nats(self, prefix: Sequence[int], ids: Sequence[int], spans: Sequence[tuple[int, int, int]]) -> float:
        """Return what the text in `spans` of `ids` costs behind `prefix`; the ends of turns are not counted."""
        whole = [*prefix, *ids]
        self._native.clear()
        at, cost = 0, 0.0
        for start, end, n_frame in spans:
            first = len(prefix) + start
            self._read(whole[at:first])
            for place in range(first, len(prefix) + end - n_frame):
                cost += _cost(self._native.logits(), whole[place])
                self._native.decode_one(whole[place])
            at = len(prefix) + end - n_frame
        return cost

    def close(self) -> None:
        self._native.close()

    def _read(self, ids: Sequence[int]) -> None:
        for at in range(0, len(ids), self._native.n_batch):
            self._native.decode(ids[at : at + self._native.n_batch])


def token_gates(model: LlamaCpp, vocabulary: Vocabulary, lines: Sequence[Told]) -> list[Gate]:
    """Gates 3 and 4: tokens as the running model makes them of the messages, and the text that they spell."""
    same_ids, same_text, digest = [], [], hashlib.sha256()
    for line in lines:
        # What the model itself would read is the thing to compare, and it tells it nowhere else.
        running = model._tokens(line.messages)
        same_ids.append(tuple(running) == line.ids[: len(running)] and len(line.ids) - len(running) in (0, 1))
        written = "".join(piece.text for piece in frame(vocabulary.form, line.messages))
        spelt = _spelt(vocabulary, line.ids[len(vocabulary.first_tokens) : len(running)])
        same_text.append(spelt == written)
        digest.update(spelt.encode())
    detail = {"sha256": digest.hexdigest()}
    return [
        share_gate(3, "the same tokens", same_ids, {}),
        share_gate(4, "the same text, byte for byte", same_text, detail),
    ]


def replies(
    model: LlamaCpp,
    prompts: Sequence[Sequence[Message]],
    adapters: Sequence[Adapter],
    *,
    max_tokens: int = 120,
) -> tuple[list[str], list[bool]]:
    """Return a reply to each prompt and whether it ended by itself; the prompts' common head is read once."""
    model.attach(adapters)
    texts, ended = [], []
    for number, prompt in enumerate(prompts):
        sampling = Sampling(seed=number + 1, max_tokens=max_tokens)
        text = ""
        for part in model.generate(Prompt(tuple(prompt), (), ()), sampling, CancelToken()):
            match part:
                case TextDelta():
                    text += part.text
                case GenerationDone():
                    ended.append(part.stop_reason == "end")
        texts.append(text)
    return texts, ended


def _cost(logits: NDArray[np.float32], token: int) -> float:
    wide = logits.astype(np.float64)
    top = float(wide.max())
    return top + float(np.log(np.exp(wide - top).sum())) - float(wide[token])


def _spelt(vocabulary: Vocabulary, ids: Sequence[int]) -> str:
    """Return `ids` as text, special tokens as they are written."""
    text, plain = "", []
    for token in ids:
        if vocabulary.text([token]) or not (special := vocabulary.special_text(token)):
            plain.append(token)
            continue
        text += vocabulary.text(plain) + special
        plain = []
    return text + vocabulary.text(plain)
