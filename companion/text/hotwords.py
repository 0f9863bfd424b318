"""The names a recogniser should expect in a conversation: of the character, then of her world."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import zip_longest
from typing import Final

from companion.domain.character import Character, Lorebook
from companion.text.language import HAN
from companion.text.segmentation import segmenter

_MOST: Final = 24
# A recogniser reads at most 224 tokens before the speech; a Han character takes up to two.
_MOST_WEIGHT: Final = 80
_ORDINARY: Final = 300
_NAME_TAGS: Final = frozenset({"nr", "nrt", "nrfg", "ns", "nz"})
_HAN_CHAR: Final = re.compile(f"[{HAN}]")
_LATIN_NAME: Final = re.compile(r"[^\W\d_]+(?:['’. -]+[^\W\d_]+){0,2}")
_HAN_NAME: Final = re.compile(f"[{HAN}]{{2,6}}")


def hotwords(character: Character, books: Sequence[Lorebook] = ()) -> tuple[str, ...]:
    """Return at most 24 names, the most telling first: hers, then keys, aliases and titles of the entries in her own
    book and in `books`.

    What every recogniser knows is left out: Chinese words of some frequency and English words in lower case; so
    are patterns, single characters and sentences. Loads jieba's dictionary on first use (0.8 s).
    """
    books = (character.lore, *(book for book in books if book != character.lore))
    kept: dict[str, None] = {}
    weight = 0
    for word in (*_own(character), *_of_world(books)):
        cost = _weight(word)
        if word in kept or weight + cost > _MOST_WEIGHT or len(kept) == _MOST:
            continue
        kept[word] = None
        weight += cost
    return tuple(kept)


def _own(character: Character) -> Iterator[str]:
    for name in (character.shown_name, character.name):
        if name.strip():
            yield name.strip()


def _of_world(books: Sequence[Lorebook]) -> Iterator[str]:
    """First the first key of each entry, then the second ones; a key that is no name of its own is left out."""
    entries = [entry for book in books for entry in book.entries if entry.enabled]
    names = [
        [] if entry.use_regex else [*_names(entry.keys), *_names(entry.aliases), *_names((entry.name,))]
        for entry in entries
    ]
    for row in zip_longest(*names):
        yield from (word for word in row if word is not None)


def _names(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        word = word.strip()
        if _HAN_NAME.fullmatch(word):
            if not _is_ordinary(word):
                yield word
        elif _LATIN_NAME.fullmatch(word) and word != word.lower():
            yield word


def _is_ordinary(word: str) -> bool:
    return (segmenter().FREQ.get(word) or 0) >= _ORDINARY and word not in _proper_nouns()


@cache
def _proper_nouns() -> frozenset[str]:
    """Return the people, places and other names of jieba's dictionary."""
    with segmenter().get_dict_file() as lines:
        rows = [line.decode("utf-8").rstrip().rpartition(" ") for line in lines]
    return frozenset(row[0].partition(" ")[0] for row in rows if row[2] in _NAME_TAGS)


def _weight(word: str) -> int:
    """Return about half the recogniser's tokens."""
    n_han = len(_HAN_CHAR.findall(word))
    return n_han + 1 + (len(word) - n_han) // 5
