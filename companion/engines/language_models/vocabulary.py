"""The tokens of a model without its weights: texts become exactly what the running model reads."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from companion.domain.messages import Message
from companion.engines.language_models.chat_formats import ChatFormat, frame
from companion.engines.language_models.llama_cpp import choose_format
from companion.engines.language_models.llama_native import library
from companion.errors import ModelError
from companion.model_files.gguf_check import check_gguf


class Vocabulary:
    """Tokeniser and chat format of a GGUF file. One thread at a time."""

    def __init__(self, lib: Any, model: Any) -> None:
        self._lib, self._model = lib, model
        self._vocab = lib.llama_model_get_vocab(model)
        self._buffer = ctypes.create_string_buffer(512)
        self.form: ChatFormat

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Read the vocabulary of a GGUF file, less than a second. Raises ModelError, code `gguf` or `load`."""
        header = check_gguf(path)
        lib = library()
        parameters = lib.llama_model_default_params()
        parameters.vocab_only = True
        raw = os.fspath(path).encode("utf-8", "surrogateescape")
        model = lib.llama_model_load_from_file(raw, parameters)
        if not model:
            raise ModelError(
                f"The words of the model {path.name} cannot be read.", "Choose another model.", code="load"
            )
        vocabulary = cls(lib, model)
        vocabulary.form = choose_format(header, vocabulary)[0]
        return vocabulary

    @property
    def bos(self) -> int:
        return int(self._lib.llama_vocab_bos(self._vocab))

    @property
    def eos(self) -> int:
        return int(self._lib.llama_vocab_eos(self._vocab))

    @property
    def first_tokens(self) -> tuple[int, ...]:
        """The token that this model wants before every text, or none."""
        if not self._lib.llama_vocab_get_add_bos(self._vocab) or self.bos < 0:
            return ()
        return (self.bos,)

    def tokenise(self, text: str, is_frame: bool = False) -> tuple[int, ...]:
        """Return the tokens of `text`; special tokens are recognised only in a frame."""
        raw = text.encode("utf-8", errors="replace")
        size = len(raw) + 8
        tokens = (self._lib.llama_token * size)()
        count = self._lib.llama_tokenize(self._vocab, raw, len(raw), tokens, size, False, is_frame)
        if count < 0:
            raise ModelError(f"A text of {len(text)} characters cannot be tokenised.", code="tokenise")
        return tuple(tokens[:count])

    def special_text(self, token: int) -> str:
        """Return how a special token is written."""
        count = self._lib.llama_token_to_piece(self._vocab, token, self._buffer, 512, 0, True)
        return self._buffer.raw[: max(0, count)].decode("utf-8", "replace")

    def text(self, tokens: Sequence[int]) -> str:
        """Return what `tokens` say; control tokens say nothing."""
        raw = b""
        for token in tokens:
            count = self._lib.llama_token_to_piece(self._vocab, token, self._buffer, 512, 0, False)
            raw += self._buffer.raw[: max(0, count)]
        return raw.decode("utf-8", "replace")

    def ends_reply(self, token: int) -> bool:
        return bool(self._lib.llama_vocab_is_eog(self._vocab, token))

    def tokens(self, messages: Sequence[Message], *, reply: bool = False) -> list[int]:
        """Return the prompt of `messages` as the running model reads it; `reply` opens the assistant's message."""
        tokens = list(self.first_tokens)
        for piece in frame(self.form, messages, reply=reply):
            tokens += self.tokenise(piece.text, piece.is_frame)
        return tokens

    def close(self) -> None:
        if self._model is not None:
            self._lib.llama_model_free(self._model)
            self._model = None
