"""A language model that is watched: what its prompts hold, what it read while nobody waited, why it read anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from companion.domain.character import Adapter, Sampling
from companion.domain.messages import Message
from companion.ports import (
    Cancel,
    GenerationDone,
    LanguageModel,
    ModelInfo,
    Prompt,
    TextDelta,
    Warmed,
)


class Watched:
    """Satisfies `ports.LanguageModel`.

    `n_warmed` counts tokens evaluated outside of replies. Of the newest reply: `history` is what its prompt holds
    of the chat, `around_history` what else was told it of the user, `reason` why more than the turn was read.
    """

    def __init__(self, mind: LanguageModel) -> None:
        self._mind = mind
        self._held: tuple[Message, ...] = ()
        self._before: tuple[Message, ...] = ()
        self.n_warmed = 0
        self.reason = ""
        self.history: tuple[str, ...] = ()
        self.around_history: tuple[str, ...] = ()

    @property
    def info(self) -> ModelInfo:
        return self._mind.info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._mind.count_tokens(texts)

    def warm(self, prompt: Prompt, cancel: Cancel, *, keep_as: str | None = None) -> Warmed:
        warmed = self._mind.warm(prompt, cancel, keep_as=keep_as)
        self.n_warmed += warmed.n_evaluated
        self._held = prompt.pinned + prompt.history + prompt.turn
        return warmed

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        self.reason = _reason(prompt, self._held, self._before)
        self._held = self._before = prompt.pinned + prompt.history
        self.history = tuple(one.text for one in prompt.history if one.role != "system")
        self.around_history = tuple(one.text for one in prompt.history if one.role == "system")
        return self._mind.generate(prompt, sampling, cancel)

    def attach(self, adapters: Sequence[Adapter]) -> None:
        self._mind.attach(adapters)

    def close(self) -> None:
        self._mind.close()


def _reason(prompt: Prompt, held: Sequence[Message], before: Sequence[Message]) -> str:
    """Tell which part of what stands before the turn was not `held`, compared with the prompt `before`."""
    stable = prompt.pinned + prompt.history
    if tuple(held[: len(stable)]) == stable:
        return "turn"
    first = next((n for n, (new, old) in enumerate(zip(stable, before, strict=False)) if new != old), None)
    if first is None:
        return "reply not read yet"
    if first < len(prompt.pinned):
        return "persona"
    changed = {stable[first].role, before[first].role}
    return "summary" if "system" in changed else "trim"
