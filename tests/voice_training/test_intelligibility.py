from __future__ import annotations

import pytest

from companion.text.phonemes import Language
from companion.voice_training.intelligibility import edits, error_rate, missing_clauses, tokens

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("wanted", "heard", "language"),
    [
        ("桌面上有3本书。", "桌面上有三本书", "zh"),
        ("他在家。", "她在家", "zh"),
        ("她還給我一本書", "她还给我一本书", "zh"),
        ("下午三点有个meeting。", "下午三点有个Meeting", "zh"),
        ("It's grey; he can't recognise 3 colours.", "it is gray he cannot recognize three colours", "en"),
        ("She sells seashells.", "She sells sea shells", "en"),
        ("I'll be there, won't you?", "I will be there, will not you", "en"),
        ("Dr. Lee is OK.", "doctor lee is okay", "en"),
    ],
)
def test_what_sounds_the_same_is_no_error(wanted: str, heard: str, language: Language) -> None:
    assert error_rate(wanted, heard, language) == 0.0


@pytest.mark.parametrize(
    ("wanted", "heard", "language", "expected"),
    [
        ("请提醒我晚饭前打电话", "请提醒我往前打电话", "zh", 2 / 10),
        ("今天很好", "", "zh", 1.0),
        ("今天很好", "昨晚下雨啦", "zh", 5 / 4),
        ("the cat sat down", "the bat sat down", "en", 1 / 4),
        ("the cat sat down", "the cat sat down now", "en", 1 / 4),
        ("", "", "en", 0.0),
        ("。", "嗯", "zh", 1.0),
    ],
)
def test_errors_count_in_syllables_and_in_words(
    wanted: str, heard: str, language: Language, expected: float
) -> None:
    assert error_rate(wanted, heard, language) == pytest.approx(expected)


def test_syllables_are_never_joined_as_words_are() -> None:
    assert edits(["xi", "an"], ["xian"]) == 2
    assert edits(["sea", "shells"], ["seashells"]) == 0


def test_tokens_are_syllables_without_tones_or_words() -> None:
    assert tokens("我有2只cat。", "zh") == ["wo", "you", "liang", "zhi", "cat"]
    assert tokens("Two cats, 3 dogs!", "en") == ["two", "cats", "three", "dogs"]


@pytest.mark.parametrize(
    ("wanted", "heard", "language", "missing"),
    [
        ("今天天气好，我们去公园散步，然后回家。", "今天天气好然后回家", "zh", ["我们去公园散步"]),
        ("今天天气好，我们去公园散步。", "今天天汽好我们去公园三步", "zh", []),
        ("I went home, and she stayed at 1,200 feet.", "I went home", "en", ["and she stayed at 1,200 feet"]),
        ("Yes, I went home.", "I went home", "en", []),
        ("好。", "", "zh", []),
        ("好吗？", "", "zh", ["好吗"]),
    ],
)
def test_a_clause_that_was_swallowed_is_named(
    wanted: str, heard: str, language: Language, missing: list[str]
) -> None:
    assert missing_clauses(wanted, heard, language) == missing
