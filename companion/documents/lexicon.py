"""The words that a character's documents use, by which a question in other words is brought nearer to them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from companion.text.language import HAN
from companion.text.search_tokens import stem

_RUNS: Final = re.compile(rf"([{HAN}]+)|([A-Za-z\u00c0-\u024f]+)")
_LEAST_LATIN: Final = 3
_LONGEST_NAME: Final = 4
_MOST: Final = 60_000
_FEW_PASSAGES: Final = 200
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`words` of two or more characters that stand in at least two passages; `stems` of those with Latin letters.

    Of short documents every word counts: what they tell they mostly tell once.

    `spoken` gives for the pinyin of a Chinese word, without tones and spaces, the most frequent word that is read so.
    """

    words: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()
    spoken: Mapping[str, str] = field(default_factory=dict, hash=False)
    longest: int = 0


def lexicon_of(texts: Iterable[str], names: Sequence[str] = ()) -> Lexicon:
    """Return the lexicon of `texts`, passages; `names` belong to it however rare. Loads jieba and pypinyin."""
    from companion.text.segmentation import segmenter

    cut = segmenter().cut
    counts: Counter[str] = Counter()
    passages = list(texts)
    for text in passages:
        words: set[str] = set()
        for han, latin in _RUNS.findall(text):
            if han:
                words.update(word for word in cut(han) if len(word) > 1)
            elif len(latin) >= _LEAST_LATIN:
                words.add(latin.lower())
        counts.update(words)
    counts.update({name: 2 for name in names if len(name) > 1})
    least = 1 if len(passages) < _FEW_PASSAGES else 2
    return _lexicon([word for word, count in counts.most_common(_MOST) if count >= least])


def dumped(lexicon: Lexicon) -> bytes:
    """Return what `loaded` reads: JSON, a part of the lexicon on each line.

    The encoder holds the interpreter, and with it the window, until a piece is done.
    """
    words, spoken = sorted(lexicon.words), list(lexicon.spoken.items())
    return b"\n".join(
        json.dumps(
            {"words": words[at : at + _AT_ONCE], "spoken": dict(spoken[at : at + _AT_ONCE])},
            ensure_ascii=False,
        ).encode()
        for at in range(0, max(1, len(words), len(spoken)), _AT_ONCE)
    )


def loaded(data: bytes) -> Lexicon:
    """Return the lexicon of `dumped`. Raises ValueError."""
    words: list[str] = []
    spoken: dict[str, str] = {}
    for line in data.splitlines() or [b""]:
        raw = json.loads(line)
        if (
            not isinstance(raw, dict)
            or not isinstance(raw.get("words"), list)
            or not isinstance(raw.get("spoken"), dict)
        ):
            raise ValueError("not a lexicon")
        words += [str(word) for word in raw["words"]]
        spoken |= raw["spoken"]
    return _with_stems(words, spoken)


def _lexicon(words: Sequence[str]) -> Lexicon:
    from companion.text.romanised import romanised

    spoken: dict[str, str] = {}
    for word in words:
        if not word.isascii() and len(word) <= _LONGEST_NAME:
            spoken.setdefault(romanised(word), word)
    return _with_stems(words, spoken)


def _with_stems(words: Sequence[str], spoken: Mapping[str, str]) -> Lexicon:
    stems = frozenset(stem(word) for word in words if word.isascii())
    return Lexicon(
        frozenset(words), stems, spoken, max((len(word) for word in words if not word.isascii()), default=0)
    )
