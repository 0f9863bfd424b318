"""Whether a text is a whole turn, by its last words."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.completeness import completeness

pytestmark = pytest.mark.unit

TEXTS = tomllib.loads((Path(__file__).parent / "data" / "turn_ends.toml").read_text(encoding="utf-8"))
LANGUAGES = ("zh", "en")


def precision_and_recall(part: str, language: str) -> tuple[float, float]:
    """Return how many of the texts called whole are whole, and how many of the whole ones are called so."""
    whole = [completeness(text, language) >= 0.5 for text in TEXTS[part][f"{language}_whole"]]
    cut = [completeness(text, language) >= 0.5 for text in TEXTS[part][f"{language}_cut"]]
    return sum(whole) / max(1, sum(whole) + sum(cut)), sum(whole) / len(whole)


def test_there_is_enough_to_measure() -> None:
    kinds = [f"{language}_{kind}" for language in LANGUAGES for kind in ("whole", "cut")]
    assert all(len(TEXTS["tuned"][kind]) >= 100 and len(TEXTS["kept"][kind]) >= 40 for kind in kinds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_known_texts_are_told_apart(language: str) -> None:
    precision, recall = precision_and_recall("tuned", language)
    assert precision >= 0.95
    assert recall >= 0.95


@pytest.mark.parametrize("language", LANGUAGES)
def test_new_texts_are_told_apart(language: str) -> None:
    precision, recall = precision_and_recall("kept", language)
    assert precision >= 0.75
    assert recall >= 0.9


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("你今天开心吗", "zh"),
        ("我们走吧。", "zh"),
        ("好", "zh"),
        ("嗯嗯", "zh"),
        ("不是", "zh"),
        ("你在哪儿呢？", "zh"),
        ("太好了！", "zh"),
        ("“再见。”他说完就走了", "zh"),
        ("我的电话是13812345678", "zh"),
        ("我也想你", "zh"),
        ("这是我的", "zh"),
        ("他对我说了一句“没关系”。", "zh"),
        ("yes", "en"),
        ("What's up?", "en"),
        ("Where do you come from?", "en"),
        ("My number is 555 123 4567", "en"),
        ("I do", "en"),
        ("Don’t worry.", "en"),
    ],
)
def test_what_needs_no_more_is_whole(text: str, language: str) -> None:
    assert completeness(text, language) >= 0.7


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("然后", "zh"),
        ("那个……", "zh"),
        ("我想把", "zh"),
        ("因为我", "zh"),
        ("我喜欢苹果和", "zh"),
        ("他说：“我明天", "zh"),
        ("我的电话是138", "zh"),
        ("我去过北京，", "zh"),
        ("I went to the", "en"),
        ("and", "en"),
        ("Um, so", "en"),
        ('She said "I will', "en"),
        ("My number is five five five", "en"),
        ("I like apples,", "en"),
        ("If you want", "en"),
    ],
)
def test_what_hangs_in_the_air_is_not(text: str, language: str) -> None:
    assert completeness(text, language) <= 0.4


@pytest.mark.parametrize("text", ["", "   ", "……", "?!", "。"])
def test_no_words_tell_nothing(text: str) -> None:
    assert completeness(text, "zh") == 0.5


@pytest.mark.parametrize(("text", "language"), [("今天天气很好", "zh"), ("It is sunny today", "en")])
def test_marks_move_the_verdict_in_their_direction(text: str, language: str) -> None:
    plain = completeness(text, language)
    assert completeness(text + ",", language) < completeness(text + "...", language) < plain
    assert completeness(text + ".", language) == plain
    assert plain < completeness(text + "!", language) < completeness(text + "?", language)


def test_the_last_word_decides_the_language() -> None:
    assert completeness("我今天去了 the", "zh") <= 0.2
    assert completeness("I said 然后", "en") <= 0.2


@given(st.text(max_size=80), st.sampled_from(["zh", "en", ""]))
def test_any_text_gives_a_probability(text: str, language: str) -> None:
    assert 0.0 <= completeness(text, language) <= 1.0


@pytest.mark.parametrize(
    "text", ["那个" * 4000, "and so " * 2000, "一" * 8000, "five " * 2000, "well, " * 2000]
)
def test_long_monotony_is_no_trap(text: str) -> None:
    assert 0.0 <= completeness(text, "zh") <= 1.0
