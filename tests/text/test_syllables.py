"""Pinyin in the alphabets of the voices."""

from __future__ import annotations

import pytest

from companion.text.syllables import Syllable, kokoro_symbols, parse_pinyin, piper_symbols

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("pinyin", "kokoro", "piper"),
    [
        ("ma1", "ma→", "ma1"),
        ("ma2", "ma↗", "ma2"),
        ("ma3", "ma↓", "ma3"),
        ("ma4", "ma↘", "ma4"),
        ("ma5", "ma", "ma5"),
        ("zhuang1", "ꭧwa→ŋ", "ʈʂwaŋ1"),
        ("chi1", "ꭧʰɨ→", "ʈʂʰɨ1"),
        ("si4", "sɨ↘", "sɨ4"),
        ("xue2", "ɕɥe↗", "ɕɥe2"),
        ("nv3", "ny↓", "ny3"),
        ("lüe4", "lɥe↘", "lɥe4"),
        ("yuan2", "ɥɛ↗n", "ɥɛn2"),
        ("er4", "ɚ↘", "ɚ4"),
        ("gui4", "kwei↘", "kwei4"),
        ("liu2", "ljou↗", "ljou2"),
        ("lun2", "lwə↗n", "lwən2"),
        ("qiong2", "ʨʰjʊ↗ŋ", "tɕʰjʊŋ2"),
        ("weng1", "wə→ŋ", "wəŋ1"),
        ("bo1", "pwo→", "pwo1"),
        ("o4", "ɔ↘", "ɔ4"),
    ],
)
def test_a_syllable_is_written_in_both_alphabets(pinyin: str, kokoro: str, piper: str) -> None:
    syllable = parse_pinyin(pinyin)
    assert (kokoro_symbols(syllable), piper_symbols(syllable)) == (kokoro, piper)


@pytest.mark.parametrize("wrong", ["", "xyz1", "bq2", "hello", "123", "zhx1"])
def test_what_is_no_syllable_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        parse_pinyin(wrong)


@pytest.mark.parametrize(
    ("pinyin", "expected"),
    [("dian3", "tjɛɻ3"), ("hua1", "xwaɻ1"), ("hai2", "xaɻ2"), ("shi4", "ʂəɻ4"), ("kong4", "kʰʊŋɻ4")],
)
def test_a_rhotic_syllable_swallows_its_ending(pinyin: str, expected: str) -> None:
    assert piper_symbols(parse_pinyin(pinyin), rhotic=True) == expected


def test_the_suffix_adds_nothing_of_its_own_in_piper() -> None:
    assert piper_symbols(Syllable("r", 5)) == ""
