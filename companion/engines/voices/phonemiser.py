"""The one seam between the voices and the text front end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from companion.text.phonemes import Language, Phonemes

Alphabet = Literal["kokoro", "piper", "espeak"]
Phonemiser = Callable[[str, Language, Alphabet], Phonemes]


def spoken_form(text: str, language: Language, alphabet: Alphabet) -> Phonemes:
    """Return how `text` is pronounced, in the symbols that a voice was trained on."""
    from companion.text.frontend import phonemise

    return phonemise(text, language=language, alphabet=alphabet)


def load_dictionaries(cache: Path) -> None:
    """Read every dictionary; `cache` makes later starts quicker."""
    from companion.text.frontend import warm

    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    warm(cache)
