"""Any GGUF model through llama.cpp: prefix reuse, saved personas, adapters, and a stop that is obeyed at once."""

from __future__ import annotations

import functools
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from companion.domain.character import Adapter, Sampling
from companion.domain.messages import Message
from companion.engines.language_models.chat_formats import CHATML, PLAIN, ChatFormat, frame, known_format
from companion.engines.language_models.copying import copy_penalties
from companion.engines.language_models.kept_states import KeptStates, file_identity
from companion.engines.language_models.llama_native import LoadPlan, NativeModel
from companion.engines.language_models.loops import LoopDetector
from companion.engines.language_models.reply_stream import ReplyStream, StopReason
from companion.engines.language_models.sampler import PENALTY_WINDOW, Sampler, is_spared, opens_aside
from companion.engines.spare_cores import Pace, SpareCores
from companion.errors import ModelError
from companion.model_files.gguf_check import GgufHeader, check_gguf
from companion.ports import Cancel, GenerationDone, ModelInfo, Prompt, TextDelta, Warmed

MAX_ADAPTER_SCALE = 4.0
_LONG_READING = 16
_MOST_BARRED = 12
_SMALLEST_KEPT = 32
# A token that takes longer than this is checked for a stop while it is computed.
_SLOW_TOKEN_S = 0.15


@dataclass(frozen=True, slots=True)
class _Evaluated:
    n_cached: int
    n_evaluated: int
    complete: bool


class LlamaCpp:
    """A `LanguageModel` on one GGUF file. `_past` are the tokens whose keys and values the cache holds."""

    def __init__(
        self,
        native: NativeModel,
        form: ChatFormat,
        info: ModelInfo,
        *,
        states: KeptStates | None,
        pace: Pace | None = None,
    ) -> None:
        self._native = native
        self._form = form
        self._info = info
        self._n_batch = native.n_batch
        self._states = states
        self._pace = pace
        self._past: list[int] = []
        self._adapters: tuple[Adapter, ...] = ()
        self._adapters_key = ""
        self._closed = False
        self._tokenise = functools.lru_cache(maxsize=1024)(native.tokenise)
        self._is_spared = functools.lru_cache(maxsize=8192)(self._look_up_spared)

    @classmethod
    def load(
        cls,
        model: Path | str,
        *,
        context_tokens: int = 4096,
        gpu_layers: int = -1,
        threads: int = 1,
        threads_batch: int = 2,
        state_folder: Path | str | None = None,
        n_batch: int | None = None,
        gives_way: bool = True,
    ) -> LlamaCpp:
        """Return the model of a GGUF file, ready to write. Blocks for seconds.

        `gpu_layers` -1 puts as many layers on the GPU as fit; what was given up is told in `info.notes`.
        `threads` serve decoding, `threads_batch` prefill; `gives_way` lowers both while other programs, the
        voice among them, need the cores. Saved KV states go to `state_folder`, if given.
        Raises ModelError, code `gguf`, `architecture`, `memory` or `load`.
        """
        header = check_gguf(model)
        if header.kind != "model":
            raise ModelError(
                f"The file {header.path.name} is an {header.kind}, not a model.",
                "Choose the model it was made for; the adapter belongs into a character.",
                code="gguf",
            )
        plan = LoadPlan(header, context_tokens, gpu_layers, threads, threads_batch, n_batch or 0)
        native = NativeModel.load(plan)
        form, notes = choose_format(header, native)
        info = _info(header, native, form, min(context_tokens, native.n_ctx), native.notes + notes)
        states = None
        if state_folder is not None:
            identity = f"{file_identity(header.path)} f16 {native.n_ctx} {form.name} {native.build} {native.gpu_layers}"
            states = KeptStates(Path(state_folder), identity)
        pace = Pace(threads, threads_batch, SpareCores(os.cpu_count() or 1)) if gives_way else None
        return cls(native, form, info, states=states, pace=pace)

    @property
    def info(self) -> ModelInfo:
        return self._info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self._check_open()
        return [len(self._tokenise(text, False)) for text in texts]

    def warm(self, prompt: Prompt, cancel: Cancel, *, keep_as: str | None = None) -> Warmed:
        """Evaluate `prompt`; with `keep_as` take up or save the state of its pinned part."""
        self._check_open()
        started = time.perf_counter()
        tokens = self._fitting(self._tokens(prompt.pinned + prompt.history + prompt.turn))
        restored, n_pinned = False, 0
        if keep_as is not None and self._states is not None:
            restored, n_pinned = self._pin(self._states, keep_as, self._tokens(prompt.pinned), cancel)
        done = self._evaluate(tokens, cancel, wants_logits=False)
        return Warmed(len(tokens), n_pinned + done.n_evaluated, restored, time.perf_counter() - started)

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        self._check_open()
        return self._generate(prompt, sampling, cancel)

    def attach(self, adapters: Sequence[Adapter]) -> None:
        """Make exactly these adapters active; another set empties the cache.

        Raises ModelError, code `gguf` or `adapter`; then the adapters before stay active.
        """
        self._check_open()
        wanted = tuple(adapter for adapter in adapters if adapter.scale)
        key = " ".join(f"{_adapter_identity(adapter)}*{adapter.scale:.6g}" for adapter in wanted)
        if key == self._adapters_key:
            return
        self._past = []
        self._native.clear()
        try:
            self._use(wanted)
            self._probe(wanted)
        except ModelError:
            self._use(self._adapters)
            raise
        self._adapters, self._adapters_key = wanted, key

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._native.close()

    # ---- prompt

    def _tokens(self, messages: Sequence[Message], *, reply: bool = False, prefix: str = "") -> list[int]:
        tokens = list(self._native.first_tokens)
        for piece in frame(self._form, messages, reply=reply, reply_prefix=prefix):
            tokens += self._tokenise(piece.text, piece.is_frame)
        return tokens

    def _fitting(self, tokens: list[int]) -> list[int]:
        available = self._info.context_tokens
        if len(tokens) >= available:
            raise ModelError(
                f"The prompt needs {len(tokens)} tokens, and {available} are available.",
                "Shorten the conversation, or raise “Memory of the conversation” in the settings.",
                code="context",
            )
        return tokens

    # ---- cache

    def _evaluate(self, tokens: Sequence[int], cancel: Cancel, *, wants_logits: bool) -> _Evaluated:
        """Bring the cache to `tokens`; what is common stays. Incomplete after a cancel: then a prefix is held."""
        n_cached = _n_common(self._past, tokens)
        if wants_logits:
            n_cached = min(n_cached, len(tokens) - 1)
        n_cached = self._cut(n_cached)
        if self._pace is not None and len(tokens) - n_cached >= _LONG_READING:
            self._pace.begin()
        self._native.abort_when(cancel)
        try:
            while len(self._past) < len(tokens):
                chunk = tokens[len(self._past) : len(self._past) + self._n_batch]
                if cancel.requested or not self._extend(chunk):
                    return _Evaluated(n_cached, len(self._past) - n_cached, complete=False)
        finally:
            self._native.abort_when(None)
        return _Evaluated(n_cached, len(tokens) - n_cached, complete=True)

    def _extend(self, chunk: Sequence[int]) -> bool:
        if self._pace is not None and (threads := self._pace.changed()) is not None:
            self._native.set_threads(*threads)
        outcome = self._native.decode(chunk) if len(chunk) > 1 else self._native.decode_one(chunk[0])
        if outcome == "done":
            self._past += chunk
            return True
        # Part of the chunk may stand in the cache: back to what is known.
        if not self._native.cut(len(self._past)):
            self._forget()
        if outcome == "full":
            raise ModelError(
                f"The memory of {self._info.context_tokens} tokens is full.",
                "Shorten the conversation, or raise “Memory of the conversation” in the settings.",
                code="context",
            )
        return False

    def _cut(self, n_tokens: int) -> int:
        """Drop what stands behind the first `n_tokens`; return how many are left."""
        if len(self._past) > n_tokens:
            if n_tokens and self._native.cut(n_tokens):
                del self._past[n_tokens:]
            else:
                self._forget()
        return len(self._past)

    def _forget(self) -> None:
        self._native.clear()
        self._past = []

    def _pin(self, states: KeptStates, name: str, pinned: list[int], cancel: Cancel) -> tuple[bool, int]:
        """Bring the pinned tokens into the cache; return whether they were restored, and how many evaluated."""
        if self._past[: len(pinned)] == pinned or len(pinned) < _SMALLEST_KEPT:
            return False, 0
        state = states.read(name, self._adapters_key, pinned)
        if state is not None:
            self._past = []
            if self._native.take_state(state):
                self._past = list(pinned)
                return True, 0
        done = self._evaluate(pinned, cancel, wants_logits=False)
        if done.complete:
            states.write(name, self._adapters_key, pinned, self._native.state())
        return False, done.n_evaluated

    # ---- adapters

    def _use(self, adapters: Sequence[Adapter]) -> None:
        handles = [self._native.adapter(adapter.path) for adapter in adapters]
        if not self._native.use_adapters(handles, [adapter.scale for adapter in adapters]):
            raise ModelError(
                "The adapter cannot be attached.", "Remove it from the character.", code="adapter"
            )

    def _probe(self, adapters: Sequence[Adapter]) -> None:
        """Evaluate one token: weights that are no numbers would silence the model. Raises ModelError."""
        if not adapters:
            return
        self._native.decode_one(max(0, self._native.bos))
        is_sound = bool(np.isfinite(self._native.logits()).all())
        self._native.clear()
        if not is_sound:
            names = ", ".join(adapter.path.name for adapter in adapters)
            raise ModelError(
                f"The adapter {names} holds invalid numbers.",
                "Remove it from the character, or train it again.",
                code="adapter",
            )

    # ---- writing

    def _generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        started = time.perf_counter()
        messages = prompt.pinned + prompt.history + prompt.turn
        tokens = self._fitting(self._tokens(messages, reply=True, prefix=prompt.reply_prefix))
        evaluated = self._evaluate(tokens, cancel, wants_logits=True)
        prefilled = time.perf_counter()
        told = range(len(self._tokens(prompt.pinned + prompt.history)), len(tokens))
        reply = _Reply(sampling, self._form.stop, strips=not prompt.reply_prefix, told=told)
        if evaluated.complete:
            limit = min(sampling.max_tokens, self._info.context_tokens - len(tokens))
            yield from self._write(reply, limit, cancel)
        else:
            reply.stop_reason = "cancelled"
        yield GenerationDone(
            n_prompt=len(tokens),
            n_cached=evaluated.n_cached,
            n_evaluated=evaluated.n_evaluated,
            n_generated=reply.n_tokens,
            prefill_s=prefilled - started,
            decode_s=time.perf_counter() - prefilled - reply.rested_s,
            stop_reason=reply.stop_reason,
        )

    def _write(self, reply: _Reply, limit: int, cancel: Cancel) -> Iterator[TextDelta]:
        step_s = 0.0
        while True:
            if cancel.requested:
                reply.stop_reason = "cancelled"
                return
            token = self._pick(reply)
            if self._native.ends_reply(token):
                break
            if text := reply.take(token, self._native.piece(token)):
                left = time.perf_counter()
                yield TextDelta(text)
                reply.rested_s += time.perf_counter() - left
            if reply.is_over:
                return
            if reply.n_tokens >= limit:
                reply.stop_reason = "length"
                break
            began = time.perf_counter()
            if not self._step(token, cancel if step_s > _SLOW_TOKEN_S else None):
                reply.stop_reason = "cancelled"
                return
            step_s = time.perf_counter() - began
        if text := reply.stream.flush():
            yield TextDelta(text)

    def _pick(self, reply: _Reply) -> int:
        logits, punished, copied = self._native.logits(), self._punished(), self._copied(reply.told)
        barred: list[int] = []
        while True:
            token = reply.sampler.pick(logits, punished, copied, barred)
            if not reply.must_open_with_words or len(barred) >= _MOST_BARRED:
                return token
            if not opens_aside(self._native.piece(token).decode("utf-8", "replace")):
                return token
            barred.append(token)

    def _step(self, token: int, cancel: Cancel | None) -> bool:
        if cancel is None:
            return self._extend((token,))
        self._native.abort_when(cancel)
        try:
            return self._extend((token,))
        finally:
            self._native.abort_when(None)

    def _punished(self) -> NDArray[np.int64]:
        recent = set(self._past[-PENALTY_WINDOW:])
        return np.array([token for token in recent if not self._is_spared(token)], dtype=np.int64)

    def _copied(self, told: range) -> dict[int, float]:
        penalties = copy_penalties(self._past, told)
        return {token: cost for token, cost in penalties.items() if not self._native.ends_reply(token)}

    def _look_up_spared(self, token: int) -> bool:
        return is_spared(self._native.piece(token).decode("utf-8", "replace"))

    def _check_open(self) -> None:
        if self._closed:
            raise ModelError("The language model was closed.", "Start it again.", code="closed")


class _Reply:
    """One reply while it is written. `told` are the places of what this turn alone brings into the prompt."""

    def __init__(self, sampling: Sampling, stop: Sequence[str], *, strips: bool, told: range) -> None:
        self.told = told
        self.sampler = Sampler(sampling)
        self.stream = ReplyStream((*sampling.stop, *stop))
        self.n_tokens = 0
        self.rested_s = 0.0
        self.stop_reason: StopReason = "end"
        self.is_over = False
        self._loops = LoopDetector()
        self._strips = strips
        self._opens_with_words = sampling.opens_with_words

    @property
    def must_open_with_words(self) -> bool:
        """Whether the next token must not begin an aside."""
        return self._opens_with_words and self.n_tokens == 0

    def take(self, token: int, piece: bytes) -> str:
        """Return the text that is certain with this token; `is_over` is set at a stop string or a loop."""
        self.n_tokens += 1
        text = self.stream.feed(piece)
        if self._strips and text:
            text, self._strips = text.removeprefix(" "), False
        if self._loops.feed(token) or self.stream.stopped:
            self.stop_reason = "stop"
            self.is_over = True
        return text


class Specials(Protocol):
    """The tokens that begin and end a text, and how they are written."""

    @property
    def bos(self) -> int: ...
    @property
    def eos(self) -> int: ...
    def special_text(self, token: int) -> str: ...


def choose_format(header: GgufHeader, native: Specials) -> tuple[ChatFormat, tuple[str, ...]]:
    """Return the chat format of a model and notes on how it was found."""
    template = header.chat_template
    if template is None:
        return PLAIN, ("a base model without a chat template: it continues text",)
    if known := known_format(template):
        return known, ()
    from companion.engines.language_models.chat_template import learn_format

    bos = native.special_text(native.bos) if native.bos >= 0 else ""
    eos = native.special_text(native.eos) if native.eos >= 0 else ""
    if learnt := learn_format(template, bos=bos, eos=eos):
        return learnt, ("the chat format was learnt from the model's own template",)
    return CHATML, ("the model's own chat template cannot be used, ChatML stands in for it",)


def _info(
    header: GgufHeader, native: NativeModel, form: ChatFormat, context_tokens: int, notes: tuple[str, ...]
) -> ModelInfo:
    backends = [name for name in ("CUDA", "Metal", "Vulkan", "ROCm", "SYCL") if name in native.system]
    if native.gpu_layers:
        notes += (f"{native.gpu_layers} layers on the GPU",)
    return ModelInfo(
        name=header.name,
        context_tokens=context_tokens,
        backend=(backends or ["gpu"])[0].lower() if native.gpu_layers else "cpu",
        gpu_layers=native.gpu_layers,
        n_layers=native.n_layers,
        chat_format=form.name,
        partial_cut=native.partial_cut,
        notes=notes,
    )


def _adapter_identity(adapter: Adapter) -> str:
    """Check an adapter file before native code sees it and return its identity. Raises ModelError."""
    if not math.isfinite(adapter.scale) or abs(adapter.scale) > MAX_ADAPTER_SCALE:
        raise ModelError(
            f"The adapter {adapter.path.name} has the scale {adapter.scale:g}.",
            f"Scales from -{MAX_ADAPTER_SCALE:g} to {MAX_ADAPTER_SCALE:g} make sense; 1 is usual.",
            code="adapter",
        )
    header = check_gguf(adapter.path)
    if header.kind != "adapter":
        raise ModelError(
            f"The file {adapter.path.name} is a {header.kind}, not an adapter.",
            "Choose the adapter's own GGUF file.",
            code="adapter",
        )
    return file_identity(adapter.path)


def _n_common(past: Sequence[int], tokens: Sequence[int]) -> int:
    for index, (ours, theirs) in enumerate(zip(past, tokens, strict=False)):
        if ours != theirs:
            return index
    return min(len(past), len(tokens))
