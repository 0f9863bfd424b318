"""The model that writes her replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from companion.domain.character import Adapter, Sampling
from companion.domain.messages import Message
from companion.ports.engine import Cancel


@dataclass(frozen=True, slots=True)
class Prompt:
    """The context a caller states; the adapter renders it with the model's chat template.

    `pinned` (system, examples) is stable per character and may be saved to disk; `history` is only
    appended to; `turn` changes every time and ends with the user's message. `reply_prefix` opens the
    assistant's message, to continue one. The rendered token sequence of `pinned + history` is a prefix
    of that of `pinned + history + turn`.
    """

    pinned: tuple[Message, ...]
    history: tuple[Message, ...] = ()
    turn: tuple[Message, ...] = ()
    reply_prefix: str = ""


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class GenerationDone:
    """How a generation went: tokens in the prompt, those found in the KV cache, those evaluated now."""

    n_prompt: int
    n_cached: int
    n_evaluated: int
    n_generated: int
    prefill_s: float
    decode_s: float
    stop_reason: Literal["end", "length", "stop", "cancelled"]


@dataclass(frozen=True, slots=True)
class Warmed:
    """`n_evaluated` tokens were evaluated, `restored` tells whether a saved KV state was taken up."""

    n_tokens: int
    n_evaluated: int
    restored: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is loaded. `backend` such as `cpu`, `cuda`, `remote`; `partial_cut` False: KV suffixes cannot be dropped."""

    name: str
    context_tokens: int
    backend: str
    gpu_layers: int = 0
    n_layers: int = 0
    chat_format: str = ""
    partial_cut: bool = True
    notes: tuple[str, ...] = ()


class LanguageModel(Protocol):
    """Callers state the context they want; the adapter cuts its KV cache to the common token prefix."""

    @property
    def info(self) -> ModelInfo: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the token count of each text, special tokens excluded."""
        ...

    def warm(self, prompt: Prompt, cancel: Cancel, *, keep_as: str | None = None) -> Warmed:
        """Evaluate `prompt` without generating; with `keep_as` restore or save the KV state of `prompt.pinned`.

        `keep_as` names the character; the adapter adds hashes of model, adapters, template and tokens.
        """
        ...

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        """Yield the reply as it is written, then exactly one `GenerationDone`, also when cancelled.

        Raises ModelError when the prompt does not fit `info.context_tokens`.
        """
        ...

    def attach(self, adapters: Sequence[Adapter]) -> None:
        """Make exactly these LoRA adapters active; an empty sequence detaches all."""
        ...

    def close(self) -> None: ...
