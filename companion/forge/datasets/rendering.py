"""From messages to tokens and the spans that are learnt, through the very frames of the running model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from companion.domain.messages import Message
from companion.engines.language_models.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Rendered:
    """`ids` behind a prefix; `spans` are (start, end, n_frame): what is learnt, its last `n_frame` tokens its end."""

    ids: tuple[int, ...]
    spans: tuple[tuple[int, int, int], ...]
    n_chars: int


def render(
    vocabulary: Vocabulary, pinned: Sequence[Message], turns: Sequence[Message], learnt: Sequence[bool]
) -> Rendered:
    """Return `turns` behind `pinned`; a reply with `learnt` is a span, with the one token that ends it.

    Built by growing the conversation, so that every prompt within is exactly what the running model would read.
    """
    n_prefix = len(vocabulary.tokens(pinned))
    messages = list(pinned)
    spans: list[tuple[int, int, int]] = []
    n_chars = 0
    for message, is_learnt in zip(turns, learnt, strict=True):
        if message.role == "assistant" and is_learnt:
            start = len(vocabulary.tokens(messages, reply=True)) - n_prefix
            end = start + len(vocabulary.tokenise(message.text))
            spans.append((start, end + 1, 1))
            n_chars += len(message.text)
        messages.append(message)
    ids = tuple(vocabulary.tokens(messages)[n_prefix:])
    if spans and spans[-1][1] > len(ids):
        # The frame of this family ends a reply with no token of its own: the model's end token does.
        ids = (*ids, vocabulary.eos)
    return Rendered(ids, tuple(spans), n_chars)
