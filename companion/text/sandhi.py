"""What Mandarin tones become beside others: 一, 不, third tones, neutral tones, and the suffix 儿."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from companion.text.mandarin_words import (
    FULL_DOUBLES,
    KIN_DOUBLES,
    NEUTRAL_SECOND,
    NOT_SUFFIX_ER,
    NOT_SUFFIX_ER_WORDS,
    NOT_SUFFIX_ZI,
    PARTICLES,
    REPEATED_VERBS,
)
from companion.text.syllables import Syllable, Tone

Words = list[tuple[Syllable, ...]]

_DIGITS: Final = frozenset("零一二三四五六七八九〇幺点")
_SCALES: Final = frozenset("百千万亿")
_COUNTED_LATER: Final = frozenset("月号日楼班中等级流")


def with_sandhi(words: Words, chars: Mapping[int, str], fixed: set[int]) -> Words:
    """Return the words as they are spoken together; `chars` gives each place's character.

    Places in `fixed` keep the tone that they were given.
    """
    words = _erhua([_neutral(word, chars, fixed) for word in words], chars)
    lengths = [len(word) for word in words]
    flat = [syllable for word in words for syllable in word]
    flat = _bu_and_yi(flat, chars, fixed, lengths)
    return _third_tones(_regroup(flat, lengths), chars, fixed)


def _regroup(flat: Sequence[Syllable], lengths: Sequence[int]) -> Words:
    words, begin = [], 0
    for length in lengths:
        words.append(tuple(flat[begin : begin + length]))
        begin += length
    return words


def _with_tone(syllable: Syllable, tone: Tone) -> Syllable:
    return Syllable(syllable.pinyin, tone, syllable.char)


def _neutral(word: tuple[Syllable, ...], chars: Mapping[int, str], fixed: set[int]) -> tuple[Syllable, ...]:
    text = "".join(chars[syllable.char] for syllable in word)
    last = word[-1]
    if text in NOT_SUFFIX_ZI and last.char not in fixed:
        return (*word[:-1], _with_tone(last, 3))
    if last.char in fixed or last.tone == 5:
        return word
    double = len(text) == 2 and text[0] == text[1]
    if (
        text in NEUTRAL_SECOND
        or (len(text) == 1 and text in PARTICLES)
        or (double and text not in FULL_DOUBLES and (text[0] in REPEATED_VERBS or text in KIN_DOUBLES))
        or (len(text) >= 2 and text[-1] == "们")
        or (len(text) == 2 and text[-1] == "子")
    ):
        return (*word[:-1], _with_tone(last, 5))
    return word


def _erhua(words: Words, chars: Mapping[int, str]) -> Words:
    """Return the words with 儿 as a suffix (`r`), joined to the word before where it stood alone."""
    result: Words = []
    for word in words:
        text = "".join(chars[syllable.char] for syllable in word)
        if text == "儿" and result and result[-1][-1].pinyin != "r":
            word = (*result.pop(), *word)
            text = "".join(chars[syllable.char] for syllable in word)
        suffix = text.endswith("儿") and not (text.endswith(NOT_SUFFIX_ER) or text in NOT_SUFFIX_ER_WORDS)
        if suffix and word[-1].pinyin in ("er", "r"):
            word = (*word[:-1], Syllable("r", 5, word[-1].char))
        result.append(word)
    return result


def _bu_and_yi(
    flat: list[Syllable], chars: Mapping[int, str], fixed: set[int], lengths: Sequence[int]
) -> list[Syllable]:
    ends = set()
    total = 0
    for length in lengths:
        total += length
        if length > 1:
            ends.add(total - 1)
    result = list(flat)
    for place, syllable in enumerate(flat):
        char = chars[syllable.char]
        if char not in "一不" or syllable.char in fixed:
            continue
        before = chars[flat[place - 1].char] if place else ""
        after = chars[flat[place + 1].char] if place + 1 < len(flat) else ""
        next_tone = flat[place + 1].tone if after else 0
        if before and before == after and before not in _DIGITS:
            result[place] = _with_tone(syllable, 5)
        elif char == "不":
            result[place] = _with_tone(syllable, 2 if next_tone == 4 else 4)
        else:
            result[place] = _with_tone(syllable, _yi_tone(before, after, next_tone, place in ends))
    return result


def _yi_tone(before: str, after: str, next_tone: int, at_word_end: bool) -> Tone:
    counted = before in _DIGITS or before in ("第", "十", "初", "周", "期", "拜")
    if not after or counted or at_word_end or after in _COUNTED_LATER or (after in _DIGITS and after != "点"):
        return 1
    if before in _SCALES and after not in _SCALES and next_tone != 4 and after not in "个只":
        return 1 if after in "十" else 4
    if after == "个" or next_tone == 4:
        return 2
    return 4


def _third_tones(words: Words, chars: Mapping[int, str], fixed: set[int]) -> Words:
    """Return the words with a third tone before a third tone raised: inside each word, then from right to left."""
    spoken = [_inside(word, chars, fixed) for word in words]
    for place in range(len(spoken) - 2, -1, -1):
        left, right = spoken[place], spoken[place + 1]
        if left[-1].tone == 3 and right[0].tone == 3 and left[-1].char not in fixed:
            spoken[place] = (*left[:-1], _with_tone(left[-1], 2))
    return spoken


def _inside(word: tuple[Syllable, ...], chars: Mapping[int, str], fixed: set[int]) -> tuple[Syllable, ...]:
    tones = [syllable.tone for syllable in word]
    if len(word) == 2 and tones[1] == 5 and chars[word[0].char] == chars[word[1].char]:
        # 想想 hides a third tone (2-0), 姐姐 does not (3-0).
        hidden = tones[0] == 3 and chars[word[0].char] in REPEATED_VERBS
        return (_with_tone(word[0], 2), word[1]) if hidden else word
    order = (
        range(len(word) - 1)
        if len(word) != 3 or not _first_alone(word, chars)
        else range(len(word) - 2, -1, -1)
    )
    for place in order:
        if tones[place] == 3 and tones[place + 1] == 3 and word[place].char not in fixed:
            tones[place] = 2
    return tuple(_with_tone(syllable, tone) for syllable, tone in zip(word, tones, strict=True))


def _first_alone(word: tuple[Syllable, ...], chars: Mapping[int, str]) -> bool:
    return chars[word[0].char] in "小老很好有我你可没最再也"
