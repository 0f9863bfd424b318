"""Chinese or English."""

from __future__ import annotations

import pytest

from companion.text.language import language_of
from companion.text.phonemes import Language

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好", "zh"),
        ("Hello there", "en"),
        ("我用 iPhone 拍照", "zh"),
        ("The word 猫 means cat", "en"),
        ("Hello 你", "zh"),
        ("銀行", "zh"),
    ],
)
def test_the_language_of_most_of_a_text(text: str, expected: Language) -> None:
    assert language_of(text) == expected


@pytest.mark.parametrize("default", ["zh", "en"])
def test_a_text_without_letters_has_the_default_language(default: Language) -> None:
    assert language_of("123 …", default) == default
