"""Write numbers, dates, units, signs and addresses as the words that one says, keeping the alignment."""

from __future__ import annotations

from companion.text.aligned import Aligned
from companion.text.phonemes import Language


def normalised(text: Aligned, language: Language) -> Aligned:
    """Return the spoken wording of `text`: letters, Chinese characters, punctuation and spaces only."""
    return text
