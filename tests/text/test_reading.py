"""Two hand-checked sets: sentences full of characters with several readings, and sentences with numbers or Latin words.

`polyphones.tsv` gives every syllable as pinyin with its tone in citation, `/` between readings that are both right;
`numeric.tsv` the words that are spoken.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from companion.text.aligned import Aligned
from companion.text.language import HAN
from companion.text.mandarin import read_mandarin
from companion.text.normalise import normalised

pytestmark = pytest.mark.unit

HERE = Path(__file__).parent
MUST_BE_RIGHT = ("银行", "行长", "重庆", "长江", "重要", "一个", "不是")


def rows(name: str) -> list[tuple[str, str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [(left, right) for left, right in (line.split("\t") for line in lines)]


def reading(text: str) -> list[str]:
    spoken = normalised(Aligned.of(text), "zh")
    found = []
    for match in re.finditer(f"[{HAN}]+", spoken.text):
        for word in read_mandarin(spoken.slice(*match.span()), sandhi=False):
            found += [syllable.numbered for syllable in word]
    return found


def test_97_of_100_syllables_of_200_sentences_with_polyphones_are_right() -> None:
    wrong: list[str] = []
    n_syllables = 0
    for text, expected in rows("polyphones.tsv"):
        for place, (right, read) in enumerate(zip(expected.split(" "), reading(text), strict=True)):
            n_syllables += 1
            if read not in right.split("/"):
                wrong.append(f"{text} {place}: {read}, not {right}")
    assert n_syllables > 2000
    assert len(wrong) <= 0.03 * n_syllables, "\n".join(wrong)


@pytest.mark.parametrize("word", MUST_BE_RIGHT)
def test_the_words_that_everybody_tries_first_are_always_right(word: str) -> None:
    sentences = [(text, expected.split(" ")) for text, expected in rows("polyphones.tsv") if word in text]
    assert sentences
    for text, expected in sentences:
        begin = len(re.findall(f"[{HAN}]", text[: text.index(word)]))
        part = slice(begin, begin + len(word))
        for right, read in zip(expected[part], reading(text)[part], strict=True):
            assert read in right.split("/")


@pytest.mark.parametrize(("text", "spoken"), rows("numeric.tsv"))
def test_numbers_signs_and_latin_words_are_said_as_one_says_them(text: str, spoken: str) -> None:
    assert normalised(Aligned.of(text), "zh").text.replace(" ", "") == spoken.replace(" ", "")
