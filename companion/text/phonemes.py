"""What grapheme-to-phoneme conversion hands to a voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Phone:
    """One symbol of a voice's alphabet and the character of the *original* text that it speaks."""

    symbol: str
    char: int


@dataclass(frozen=True, slots=True)
class Phonemes:
    """The spoken form of `text`: one entry per symbol, in order, punctuation and word gaps included."""

    text: str
    phones: tuple[Phone, ...]

    @property
    def symbols(self) -> str:
        return "".join(phone.symbol for phone in self.phones)
