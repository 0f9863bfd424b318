"""Error rates of recognised text."""

from __future__ import annotations

import pytest

from companion.text.pinyin import syllable_error_rate, toneless, word_error_rate

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好！", ["ni", "hao"]),
        ("我有3只猫", ["wo", "you", "san", "zhi", "mao"]),
        ("12:30", ["shi", "er", "dian", "san", "shi", "fen"]),
        ("用iPhone打电话", ["yong", "iphone", "da", "dian", "hua"]),
        ("女儿", ["nv", "er"]),
        ("銀行", ["yin", "hang"]),
        ("", []),
    ],
)
def test_toneless_syllables(text: str, expected: list[str]) -> None:
    assert toneless(text) == expected


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("我有3只猫", "我有三只猫。", 0.0),
        ("在家等你", "再加等你", 0.0),
        ("今天天气好", "今天天气", 0.2),
        ("你好", "", 1.0),
        ("", "", 0.0),
        ("", "你好", 1.0),
        ("他去銀行", "他去银行", 0.0),
    ],
)
def test_syllable_error_rate(reference: str, hypothesis: str, expected: float) -> None:
    assert syllable_error_rate(reference, hypothesis) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("I have 3 cats.", "i have three cats", 0.0),
        ("Hello there", "hello their", 0.5),
        ("It's fine", "It’s fine!", 0.0),
        ("one two three four", "one two four", 0.25),
        ("yes", "yes yes", 1.0),
    ],
)
def test_word_error_rate(reference: str, hypothesis: str, expected: float) -> None:
    assert word_error_rate(reference, hypothesis) == pytest.approx(expected)
