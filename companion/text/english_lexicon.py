"""The pronouncing dictionary of American English: word to symbols, some with one form for each part of speech.

Symbols are misaki's: stress stands before its vowel; A I O W Y are the diphthongs of day, my, go, how, boy;
ʤ ʧ are single symbols; ᵊ is a reduced vowel and ᵻ one between ɪ and ə.
"""

from __future__ import annotations

import lzma
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def _entries() -> dict[str, str]:
    packed = files("companion.text.data").joinpath("english.tsv.xz").read_bytes()
    text = lzma.decompress(packed).decode("utf-8")
    pairs = [line.partition("\t") for line in text.split("\n")]
    return {word: symbols for word, _, symbols in pairs}


def load_lexicon() -> None:
    """Read the dictionary; later look-ups are quick."""
    _entries()


def knows(word: str) -> bool:
    """Tell whether exactly this spelling has an entry."""
    return word in _entries()


def spellings(word: str) -> str | None:
    """Return the spelling under which `word` has an entry: as written, in lower case, or as a name."""
    entries = _entries()
    return next((form for form in (word, word.lower(), word.capitalize()) if form in entries), None)


def pronunciations(word: str) -> dict[str, str]:
    """Return symbols by part of speech, empty for a spelling without an entry.

    Tags are `DEFAULT`, `NOUN`, `VERB`, `ADJ`, `ADV`, `VBD`, `VBN` and so on; `None` is the form before a pause.
    """
    entry = _entries().get(word)
    if entry is None:
        return {}
    if "=" not in entry:
        return {"DEFAULT": entry}
    return dict(part.split("=", 1) for part in entry.split("|"))
