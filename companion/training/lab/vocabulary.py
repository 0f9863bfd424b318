"""A byte-level BPE of a text's own, cut exactly as llama.cpp cuts for `tokenizer.ggml.pre = qwen2`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from companion.errors import UsageError

PRE: Final = "qwen2"
END, OPEN, CLOSE = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIALS: Final = (END, OPEN, CLOSE)
CHAT_TEMPLATE: Final = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# Where llama.cpp cuts a text before it merges bytes: unicode_regex_split for LLAMA_VOCAB_PRE_TYPE_QWEN2.
_CUTS: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SMALLEST: Final = 256 + len(SPECIALS)


@dataclass(frozen=True, slots=True)
class LabVocabulary:
    """`tokens` in the order of their ids, the three special ones first; `merges` as pairs in one text."""

    tokens: tuple[str, ...]
    merges: tuple[str, ...]
    tokenizer: Any

    def ids(self, text: str) -> list[int]:
        """Return the tokens of a text in which nothing is special."""
        found: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return found

    @property
    def text(self) -> str:
        """The vocabulary as JSON, in the form of the package tokenizers."""
        written: str = self.tokenizer.to_str()
        return written

    def id_of(self, special: str) -> int:
        return self.tokens.index(special)


def learn_vocabulary(texts: Iterable[str], size: int) -> LabVocabulary:
    """Return a vocabulary of up to `size` tokens learnt from `texts`. Raises UsageError for fewer than 259."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    if size < _SMALLEST:
        raise UsageError(f"A vocabulary of {size} tokens is too small.", f"{_SMALLEST} hold every byte.")
    tokenizer = Tokenizer(models.BPE())
    # Added after the learning: an added token would be found in what people write.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CUTS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(SPECIALS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _with_specials(tokenizer)


def _with_specials(tokenizer: Any) -> LabVocabulary:
    """Move every id up, so that the special tokens have the first ones and no text can hold them."""
    raw = json.loads(tokenizer.to_str())
    learnt: dict[str, int] = raw["model"]["vocab"]
    raw["model"]["vocab"] = {token: at + len(SPECIALS) for token, at in learnt.items()}
    return read_vocabulary(json.dumps(raw))


def read_vocabulary(text: str) -> LabVocabulary:
    """Return the vocabulary whose `text` this is."""
    from tokenizers import Tokenizer

    model = json.loads(text)["model"]
    learnt: dict[str, int] = model["vocab"]
    pairs = [tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair) for pair in model["merges"]]
    tokens = (*SPECIALS, *sorted(learnt, key=learnt.__getitem__))
    return LabVocabulary(tokens, tuple(" ".join(pair) for pair in pairs), Tokenizer.from_str(text))
