"""Tones beside tones."""

from __future__ import annotations

import pytest

from companion.text.aligned import Aligned
from companion.text.mandarin import read_mandarin

pytestmark = pytest.mark.unit


def said(text: str) -> str:
    return " ".join(
        "-".join(syllable.numbered for syllable in word) for word in read_mandarin(Aligned.of(text))
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好", "ni2-hao3"),
        ("我很好", "wo3 hen2 hao3"),
        ("展览馆", "zhan2-lan2-guan3"),
        ("小老虎", "xiao3-lao2-hu3"),
        ("你想买马吗", "ni2 xiang3 mai2 ma3 ma5"),
        ("可以", "ke2-yi3"),
        ("美好的早晨", "mei2-hao3 de5 zao3-chen2"),
    ],
)
def test_a_third_tone_rises_before_a_third_tone(text: str, expected: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("一个", "yi2"),
        ("一样", "yi2"),
        ("一天", "yi4"),
        ("一年", "yi4"),
        ("一起", "yi4"),
        ("第一", "yi1"),
        ("统一", "yi1"),
        ("一月", "yi1"),
        ("星期一", "yi1"),
        ("看一看", "yi5"),
        ("十一", "yi1"),
        ("一百", "yi4"),
        ("一万", "yi2"),
        ("一会儿", "yi2"),
        ("二零一九", "yi1"),
    ],
)
def test_yi_follows_its_neighbours(text: str, tone: str) -> None:
    assert tone in said(text).replace("-", " ").split()


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("不是", "bu2"),
        ("不好", "bu4"),
        ("不行", "bu4"),
        ("不吃", "bu4"),
        ("好不好", "bu5"),
        ("不", "bu4"),
        ("不对", "bu2"),
    ],
)
def test_bu_follows_its_neighbours(text: str, tone: str) -> None:
    assert tone in said(text).replace("-", " ").split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("吗", "ma5"),
        ("我的", "wo3 de5"),
        ("我们", "wo3-men5"),
        ("桌子", "zhuo1-zi5"),
        ("男子", "nan2-zi3"),
        ("爸爸", "ba4-ba5"),
        ("姐姐", "jie3-jie5"),
        ("想想", "xiang2-xiang5"),
        ("天天", "tian1-tian1"),
        ("漂亮", "piao4-liang5"),
        ("爸爸妈妈", "ba4-ba5 ma1-ma5"),
        ("谢谢", "xie4-xie5"),
    ],
)
def test_particles_suffixes_and_doubles_lose_their_tone(text: str, expected: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("花儿", True),
        ("一会儿", True),
        ("小孩儿", True),
        ("一点儿", True),
        ("哪儿", True),
        ("儿子", False),
        ("女儿", False),
        ("婴儿", False),
        ("给儿子", False),
    ],
)
def test_er_is_a_suffix_or_a_word(text: str, suffix: bool) -> None:
    syllables = [syllable for word in read_mandarin(Aligned.of(text)) for syllable in word]
    assert any(syllable.pinyin == "r" for syllable in syllables) is suffix


def test_a_forced_reading_keeps_its_tone() -> None:
    words = read_mandarin(Aligned.of("你好"), forced={0: "ni3"})
    assert words[0][0].numbered == "ni3"
