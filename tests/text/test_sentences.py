"""Where sentences end."""

from __future__ import annotations

import pytest

from companion.text.sentences import sentence_ends

pytestmark = pytest.mark.unit


def _cut(text: str) -> list[str]:
    ends = sentence_ends(text)
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好。今天天气很好！我们去公园吧。", ["你好。", "今天天气很好！", "我们去公园吧。"]),
        ("他笑道：“好罢．”说着去了．", ["他笑道：“好罢．”", "说着去了．"]),
        ("“真的吗？！”她问……然后走了", ["“真的吗？！”", "她问……", "然后走了"]),
        ("长３．１４寸．宽一尺．", ["长３．１４寸．", "宽一尺．"]),
        ('问道："去么？"众人答应．', ['问道："去么？"', "众人答应．"]),
        ('答应了．"你去罢．"', ["答应了．", '"你去罢．"']),
        ("「はい。」と言った。", ["「はい。」", "と言った。"]),
        ("Dr. Smith paid 3.50 to J. Doe. He left! “Why?” she asked.", None),
        ("One line\nanother line", ["One line\n", "another line"]),
    ],
)
def test_sentences_end_with_their_marks(text: str, expected: list[str] | None) -> None:
    if expected is None:
        expected = ["Dr. Smith paid 3.50 to J. Doe.", " He left!", " “Why?”", " she asked."]

    assert _cut(text) == expected


def test_nothing_is_lost_and_an_empty_text_has_no_end() -> None:
    text = "第一句．\n\n第二句没有句号"

    assert "".join(_cut(text)) == text
    assert sentence_ends("") == []
