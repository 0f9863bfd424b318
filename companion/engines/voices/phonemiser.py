"""The one seam between the voices and the text front end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from companion.text.phonemes import Language, Phonemes

Alphabet = Literal["kokoro", "piper", "espeak"]
Phonemiser = Callable[[str, Language, Alphabet], Phonemes]


def spoken_form(text: str, language: Language, alphabet: Alphabet) -> Phonemes:
    """Return how `text` is pronounced, in the symbols that a voice was trained on."""
    from companion.text.frontend import phonemise

    return phonemise(text, language=language, alphabet=alphabet)
