"""A llama.cpp model and its context, with the few calls that the adapter needs.

One thread at a time. ctypes lets go of the GIL inside every call; the abort callback takes it again for each node
of the graph, so it is set only where a call may last.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import psutil
from numpy.typing import NDArray

from companion.errors import ModelError
from companion.model_files.gguf_check import GgufHeader
from companion.ports import Cancel

Outcome = Literal["done", "aborted", "full"]

_SMALLEST_CONTEXT = 1_024
# What is evaluated in one call: a cancel loses at most this much, and on a GPU has to wait for it.
_CPU_BATCH = 128
_GPU_BATCH = 256
_WORKING_BYTES = 300 << 20
# Warnings and errors, as ggml.h numbers them.
_LOG_LEVELS = (3, 4)
_log_lines: deque[str] = deque(maxlen=40)


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What to load and how; `gpu_layers` -1 takes as many as fit, `n_batch` 0 suits the device."""

    header: GgufHeader
    context_tokens: int
    gpu_layers: int
    threads: int
    threads_batch: int
    n_batch: int


class NativeModel:
    """Handles to model, context and vocabulary; `n_ctx` is what the context really holds."""

    def __init__(
        self,
        lib: Any,
        model: Any,
        context: Any,
        *,
        n_ctx: int,
        n_batch: int,
        gpu_layers: int,
        notes: tuple[str, ...],
    ) -> None:
        self._lib = lib
        self._model: Any = model
        self._context: Any = context
        self._vocab = lib.llama_model_get_vocab(model)
        self._memory = lib.llama_get_memory(context)
        self._adapters: dict[tuple[str, int, int], Any] = {}
        self._cancel: Cancel | None = None
        self._abort = lib.ggml_abort_callback(self._must_abort)
        self._no_abort = lib.ggml_abort_callback(0)
        self._one = (lib.llama_token * 1)()
        self._buffer = ctypes.create_string_buffer(512)
        self.n_ctx = n_ctx
        self.n_batch = n_batch
        self.gpu_layers = gpu_layers
        self.notes = notes
        self.n_vocab: int = lib.llama_vocab_n_tokens(self._vocab)
        self.n_layers: int = lib.llama_model_n_layer(model)
        self.partial_cut = not (lib.llama_model_is_recurrent(model) or lib.llama_model_is_hybrid(model))

    @classmethod
    def load(cls, plan: LoadPlan) -> NativeModel:
        """Load the weights and make a context, with fewer GPU layers or a smaller context where it must be.

        Raises ModelError, code `memory`, `architecture` or `load`.
        """
        lib = library()
        context_tokens, notes = _fitting_context(plan)
        for gpu_layers in gpu_rungs(plan, offloads=bool(lib.llama_supports_gpu_offload())):
            _log_lines.clear()
            model = _load_weights(lib, plan.header.path, gpu_layers)
            if not model:
                notes += (f"loading with {gpu_layers} GPU layers failed",) if gpu_layers else ()
                continue
            n_batch = plan.n_batch or (_GPU_BATCH if gpu_layers else _CPU_BATCH)
            n_ctx = context_tokens
            while n_ctx >= min(_SMALLEST_CONTEXT, context_tokens):
                context = lib.llama_init_from_model(model, _context_parameters(lib, plan, n_ctx, n_batch))
                if context:
                    sizes = {"n_ctx": n_ctx, "n_batch": min(n_batch, n_ctx), "gpu_layers": gpu_layers}
                    return cls(lib, model, context, notes=notes, **sizes)
                notes += (f"a context of {n_ctx} tokens with {gpu_layers} GPU layers failed",)
                n_ctx //= 2
            lib.llama_model_free(model)
        raise _load_error(plan.header)

    @property
    def build(self) -> str:
        """Name version and instruction sets: what a saved state depends on."""
        return f"{self._lib.__version__} {self.system}"

    @property
    def system(self) -> str:
        text: str = self._lib.llama_print_system_info().decode("utf-8", "replace")
        return text

    # ---- text

    def tokenise(self, text: str, is_frame: bool) -> tuple[int, ...]:
        """Return the tokens of `text`; special tokens are recognised only in a frame."""
        raw = text.encode("utf-8", errors="replace")
        size = len(raw) + 8
        tokens = (self._lib.llama_token * size)()
        count = self._lib.llama_tokenize(self._vocab, raw, len(raw), tokens, size, False, is_frame)
        if count < 0:
            raise ModelError(f"A text of {len(text)} characters cannot be tokenised.", code="tokenise")
        return tuple(tokens[:count])

    def piece(self, token: int) -> bytes:
        """Return the bytes of a token; control tokens have none."""
        count = self._lib.llama_token_to_piece(self._vocab, token, self._buffer, 512, 0, False)
        return self._buffer.raw[: max(0, count)]

    def special_text(self, token: int) -> str:
        """Return how a special token is written."""
        count = self._lib.llama_token_to_piece(self._vocab, token, self._buffer, 512, 0, True)
        return self._buffer.raw[: max(0, count)].decode("utf-8", "replace")

    def ends_reply(self, token: int) -> bool:
        return bool(self._lib.llama_vocab_is_eog(self._vocab, token))

    @property
    def first_tokens(self) -> tuple[int, ...]:
        """The token that this model wants before every text, or none."""
        if not self._lib.llama_vocab_get_add_bos(self._vocab) or self.bos < 0:
            return ()
        return (self.bos,)

    @property
    def bos(self) -> int:
        return int(self._lib.llama_vocab_bos(self._vocab))

    @property
    def eos(self) -> int:
        return int(self._lib.llama_vocab_eos(self._vocab))

    # ---- evaluation

    def decode(self, tokens: Sequence[int]) -> Outcome:
        """Evaluate `tokens` behind what the cache holds. After `aborted` the caller cuts back; raises ModelError."""
        array = (self._lib.llama_token * len(tokens))(*tokens)
        return self._outcome(
            self._lib.llama_decode(self._context, self._lib.llama_batch_get_one(array, len(tokens)))
        )

    def decode_one(self, token: int) -> Outcome:
        self._one[0] = token
        return self._outcome(
            self._lib.llama_decode(self._context, self._lib.llama_batch_get_one(self._one, 1))
        )

    def logits(self) -> NDArray[np.float32]:
        """Return the logits behind the last token, shape (n_vocab,), valid until the next evaluation."""
        return np.ctypeslib.as_array(self._lib.llama_get_logits_ith(self._context, -1), (self.n_vocab,))

    def cut(self, n_tokens: int) -> bool:
        """Keep the first `n_tokens` of the cache; False when this model cannot drop a part."""
        return bool(self._lib.llama_memory_seq_rm(self._memory, 0, n_tokens, -1))

    def clear(self) -> None:
        self._lib.llama_memory_clear(self._memory, True)

    def abort_when(self, cancel: Cancel | None) -> None:
        """Let evaluation on the CPU end soon after `cancel`; None takes the check away."""
        self._cancel = cancel
        self._lib.llama_set_abort_callback(self._context, self._abort if cancel else self._no_abort, None)

    def set_threads(self, decode: int, prefill: int) -> None:
        self._lib.llama_set_n_threads(self._context, decode, prefill)

    # ---- saved states

    def state(self) -> bytes:
        """Return the state of the cache, with all tokens in it."""
        size = self._lib.llama_state_seq_get_size(self._context, 0)
        buffer = (ctypes.c_uint8 * size)()
        count = self._lib.llama_state_seq_get_data(self._context, buffer, size, 0)
        return bytes(memoryview(buffer)[:count])

    def take_state(self, state: bytes) -> bool:
        """Put a state in the place of the cache; False when it does not fit, and then the cache is empty."""
        self.clear()
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if self._lib.llama_state_seq_set_data(self._context, buffer, len(state), 0):
            return True
        self.clear()
        return False

    # ---- adapters

    def adapter(self, path: Path) -> Any:
        """Load a LoRA adapter, once per file. Raises ModelError, code `adapter`."""
        status = path.stat()
        key = (str(path), status.st_size, status.st_mtime_ns)
        if key not in self._adapters:
            _log_lines.clear()
            handle = self._lib.llama_adapter_lora_init(self._model, os.fsencode(path))
            if not handle:
                raise ModelError(
                    f"The adapter {path.name} does not fit this language model{_because()}.",
                    "Use the model it was trained on, or remove the adapter from the character.",
                    code="adapter",
                )
            self._adapters[key] = handle
        return self._adapters[key]

    def use_adapters(self, handles: Sequence[Any], scales: Sequence[float]) -> bool:
        count = len(handles)
        array = (self._lib.llama_adapter_lora_p_ctypes * max(1, count))(*handles)
        weights = (ctypes.c_float * max(1, count))(*scales)
        return int(self._lib.llama_set_adapters_lora(self._context, array, count, weights)) == 0

    def close(self) -> None:
        """Free everything; safe to call twice. Adapters are freed with their model."""
        if self._context is not None:
            self._lib.llama_free(self._context)
            self._lib.llama_model_free(self._model)
            self._context = self._model = None

    def _must_abort(self, _: object) -> bool:
        return self._cancel is not None and self._cancel.requested

    def _outcome(self, code: int) -> Outcome:
        if code == 0:
            return "done"
        if code == 1:
            return "full"
        if code == 2:
            return "aborted"
        raise ModelError(
            f"The language model failed with code {code}{_because()}.",
            "Start it again; if it fails once more, choose another model.",
            code="evaluate",
        )


@functools.cache
def library() -> Any:
    """Return the `llama_cpp` module, its backend started and its log kept for messages. Imports native code."""
    import llama_cpp

    # Loader messages become the reasons in our errors; the callback must outlive every native call.
    def keep(level: int, text: bytes, _: object) -> None:
        if level in _LOG_LEVELS:
            _log_lines.append(text.decode("utf-8", "replace").strip())

    callback = llama_cpp.llama_log_callback(keep)
    llama_cpp.companion_log_callback = callback
    llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    return llama_cpp


def _load_weights(lib: Any, path: Path, gpu_layers: int) -> Any:
    parameters = lib.llama_model_default_params()
    parameters.n_gpu_layers = gpu_layers
    # Weights that the CPU repacks for its own layout would stay in memory twice while the file is mapped:
    # 1.96 instead of 1.34 GB for a 1.1 GB file (measured). A file that fills the memory is mapped all the same.
    fits = path.stat().st_size * 2 < psutil.virtual_memory().available
    parameters.load_mode = lib.LLAMA_LOAD_MODE_NONE if fits else lib.LLAMA_LOAD_MODE_AUTO
    return lib.llama_model_load_from_file(os.fspath(path).encode("utf-8", "surrogateescape"), parameters)


def _context_parameters(lib: Any, plan: LoadPlan, n_ctx: int, n_batch: int) -> Any:
    parameters = lib.llama_context_default_params()
    parameters.n_ctx = n_ctx
    parameters.n_batch = parameters.n_ubatch = min(n_batch, n_ctx)
    parameters.n_threads = plan.threads
    parameters.n_threads_batch = plan.threads_batch
    # Sliding-window models can drop a suffix only with a full cache, llama.cpp #13194.
    parameters.swa_full = True
    return parameters


def gpu_rungs(plan: LoadPlan, *, offloads: bool) -> list[int]:
    """Return numbers of GPU layers to try, most first."""
    if not offloads or plan.gpu_layers == 0:
        return [0]
    most = plan.gpu_layers if plan.gpu_layers > 0 else plan.header.n_layers + 1
    return list(dict.fromkeys([most, most // 2, most // 4, 0]))


def _fitting_context(plan: LoadPlan) -> tuple[int, tuple[str, ...]]:
    """Return the context that fits the model's training and the free memory, and notes on what was cut."""
    header, wanted = plan.header, plan.context_tokens
    notes: tuple[str, ...] = ()
    if header.context_length and wanted > header.context_length:
        notes += (f"the model was trained on {header.context_length} tokens of context, not {wanted}",)
        wanted = header.context_length
    if plan.gpu_layers != 0 and library().llama_supports_gpu_offload():
        return wanted, notes
    free = _free_bytes()
    if header.tensor_bytes + _WORKING_BYTES > free:
        raise _memory_error(header, free)
    heads = header.n_head_kv or header.n_head
    per_token = 4 * header.n_layers * heads * (header.n_embd // max(1, header.n_head))
    fitting = wanted
    while fitting > _SMALLEST_CONTEXT and header.tensor_bytes + _WORKING_BYTES + per_token * fitting > free:
        fitting //= 2
    if fitting < wanted:
        notes += (f"memory is short: {fitting} tokens of context instead of {wanted}",)
    return fitting, notes


def _free_bytes() -> int:
    free = int(psutil.virtual_memory().available)
    with contextlib.suppress(ImportError, OSError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            free = min(free, limit - int(psutil.Process().memory_info().vms))
    return max(0, free)


def _memory_error(header: GgufHeader, free: int) -> ModelError:
    need = (header.tensor_bytes + _WORKING_BYTES) / 1e9
    return ModelError(
        f"The model {header.path.name} needs {need:.1f} GB of memory, and {free / 1e9:.1f} GB are free.",
        "Close other programs, or choose a smaller model.",
        code="memory",
    )


def _load_error(header: GgufHeader) -> ModelError:
    lines = " ".join(_log_lines)
    if "unknown model architecture" in lines:
        return ModelError(
            f"The model {header.path.name} is of the kind “{header.architecture}”, which this version cannot run.",
            "Choose another model, or update the program.",
            code="architecture",
        )
    if any(word in lines for word in ("alloc", "out of memory", "bad_alloc")):
        return _memory_error(header, _free_bytes())
    return ModelError(
        f"The model {header.path.name} cannot be loaded{_because()}.",
        "Fetch the file again, or choose another model.",
        code="load",
    )


def _because() -> str:
    """Return the first complaint of the library, without the function's name; none that holds a path."""
    for line in _log_lines:
        reason = line.partition(": ")[2].removeprefix("error loading model: ").strip(" .\n")
        if reason and "/" not in reason and "\\" not in reason:
            return f" ({reason[:160]})"
    return ""
