"""From Chinese characters to words of syllables: segmentation, dictionary readings, overrides, then sandhi."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from companion.text.aligned import Aligned
from companion.text.mandarin_words import KIN_DOUBLES as DOUBLES
from companion.text.mandarin_words import READINGS
from companion.text.polyphones import alone, overruling
from companion.text.sandhi import with_sandhi
from companion.text.segmentation import segmenter
from companion.text.syllables import Syllable, parse_pinyin

Word = tuple[Syllable, ...]

# Traditional writing of the particle 着; in simplified text 著 stands only in these words.
_PARTICLE_ZHE: Final = re.compile("(?<![名顯显原土巨編编論论遺遗])著(?![名作者述稱称])")


def read_mandarin(
    run: Aligned,
    *,
    forced: Mapping[int, str] | None = None,
    lexicon: Mapping[str, str] | None = None,
    sandhi: bool = True,
) -> list[Word]:
    """Return the words of a run of Chinese characters; `Syllable.char` is a place in the original text.

    `forced` maps places of the original text to numbered pinyin, `lexicon` words to pinyin syllables. A
    character without a known reading is left out.
    """
    text = simplified(run.text)
    words: list[Word] = []
    begin = 0
    for word in _segment(text, lexicon or {}):
        readings = _readings(text, begin, word, lexicon or {})
        syllables = []
        for place, reading in enumerate(readings, begin):
            char = run.origin[place]
            syllable = _syllable((forced or {}).get(char, reading))
            if syllable is not None:
                syllables.append(Syllable(syllable.pinyin, syllable.tone, char))
        if syllables:
            words.append(tuple(syllables))
        begin += len(word)
    return with_sandhi(words, _by_char(run, text), set(forced or ())) if sandhi else words


def simplified(text: str) -> str:
    """Return `text` with traditional characters exchanged one for one."""
    return _PARTICLE_ZHE.sub("着", text.translate(_traditional()))


def load_dictionaries(cache: Path | None = None) -> None:
    """Load jieba and pypinyin; with `cache`, a folder of the caller, jieba keeps its parsed dictionary there."""
    segmenter(cache)
    _pypinyin()
    _traditional()


def _by_char(run: Aligned, text: str) -> dict[int, str]:
    return dict(zip(run.origin, text, strict=True))


def _segment(text: str, lexicon: Mapping[str, str]) -> list[str]:
    tokenizer = segmenter(None)
    known = sorted(
        (simplified(word) for word in lexicon if word in text or simplified(word) in text), key=len
    )
    if not known:
        return _cut(tokenizer, text)
    pattern = re.compile("|".join(re.escape(word) for word in reversed(known)))
    words: list[str] = []
    done = 0
    for match in pattern.finditer(text):
        words += [*_cut(tokenizer, text[done : match.start()]), match.group()]
        done = match.end()
    return words + _cut(tokenizer, text[done:])


def _cut(tokenizer: Any, text: str) -> list[str]:
    """Return jieba's words, those of the form 爸爸妈妈 or 看看书 taken apart after the double."""
    words: list[str] = []
    for word in tokenizer.cut(text):
        if len(word) > 2 and word[:2] in DOUBLES:
            words += [word[:2], word[2:]]
        else:
            words.append(word)
    return words


def _readings(text: str, begin: int, word: str, lexicon: Mapping[str, str]) -> list[str]:
    """Return numbered pinyin for each character of `word`, which begins at `begin` in `text`."""
    own = lexicon.get(word) or lexicon.get(text[begin : begin + len(word)]) or READINGS.get(word)
    if own is not None and len(own.split()) == len(word):
        return own.split()
    readings: list[str] = []
    for part in [word] if len(word) < 3 or word in _phrases() else _parts(word):
        decided = len(part) > 1 and (part in _phrases() or part in READINGS)
        for reading in _dictionary_readings(part):
            place = begin + len(readings)
            rule = overruling(text, place) or (None if decided else alone(text, place))
            readings.append(rule or reading)
    return readings


def _dictionary_readings(word: str) -> list[str]:
    if len(word) > 2 and word not in _phrases():
        return [reading for part in _parts(word) for reading in _dictionary_readings(part)]
    if word in READINGS:
        return READINGS[word].split()
    pypinyin = _pypinyin()
    readings: list[str] = pypinyin.lazy_pinyin(
        word, style=pypinyin.Style.TONE3, neutral_tone_with_five=True, errors=lambda part: list(part)
    )
    return readings if len(readings) == len(word) else ["" for _ in word]


def _parts(word: str) -> list[str]:
    """Return a word that no dictionary of readings holds as the longest parts that one holds."""
    parts: list[str] = []
    while word:
        length = next(
            (n for n in range(len(word) - 1, 1, -1) if word[:n] in READINGS or word[:n] in _phrases()), 1
        )
        parts.append(word[:length])
        word = word[length:]
    return parts


def _syllable(reading: str) -> Syllable | None:
    if not reading or not (reading[0].isascii() or reading[0] in "üê"):
        return None
    try:
        return parse_pinyin(reading)
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _traditional() -> dict[int, str]:
    lines = files("companion.text.data").joinpath("traditional.txt").read_text(encoding="utf-8").split("\n")
    return {ord(old): new for old, new in zip(lines[0], lines[1], strict=True)}


@lru_cache(maxsize=1)
def _pypinyin() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pypinyin
    return pypinyin


def _phrases() -> Mapping[str, Any]:
    phrases: Mapping[str, Any] = _pypinyin().constants.PHRASES_DICT
    return phrases
