"""Where quotes begin and end, and which of them are speech."""

from __future__ import annotations

import pytest

from companion.forge.quotes import Quote, quotes_of

pytestmark = pytest.mark.unit


def _quotes(text: str) -> list[Quote]:
    paragraphs, at = [], 0
    for line in text.split("\n"):
        paragraphs.append((at, at + len(line)))
        at += len(line) + 1
    return quotes_of(text, paragraphs)


def _said(text: str) -> list[str]:
    return [text[one.inner[0] : one.inner[1]] for one in _quotes(text) if one.kind == "speech"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("他说：“走吧。”她说：“好。”", ["走吧。", "好。"]),
        ("他說：「走吧，他說『不去』呢。」", ["走吧，他說『不去』呢。"]),
        ('宝玉道："哥哥不在家？"薛姨妈叹道："他忙。"', ["哥哥不在家？", "他忙。"]),
        ('宝玉因问：“哥哥不在家？"薛姨妈叹道：“他忙。”', ["哥哥不在家？", "他忙。"]),
        ("贾母说：“他说“不好”，我不信。”众人笑了。", ["他说“不好”，我不信。"]),
        ("晴雯道：“李奶奶说：`拿去罢．-他就拿了。”", ["李奶奶说：`拿去罢．-他就拿了。"]),
        ('“这叫"雪诗"的意思。”他笑了。', ['这叫"雪诗"的意思。']),
        ('"Come in," said Alice. "It is cold."', ["Come in,", "It is cold."]),
        ("‘Come in,’ said Alice. ‘Don’t wait. It’s cold.’", ["Come in,", "Don’t wait. It’s cold."]),
    ],
)
def test_marks_are_paired_where_they_nest_mix_and_are_straight(text: str, said: list[str]) -> None:
    assert said == _said(text)


def test_a_speech_that_is_not_closed_ends_before_the_next_tag() -> None:
    text = "凤姐道：“这是什么人走了风呢．这更难了．贾母道：“且别管那些。”"
    first, second = _quotes(text)
    assert text[first.inner[0] : first.inner[1]] == "这是什么人走了风呢．这更难了．"
    assert first.unclosed
    assert not second.unclosed


def test_a_speech_that_is_never_closed_ends_with_its_paragraph() -> None:
    text = "他说：“走吧。\n他走了。"
    (one,) = _quotes(text)
    assert (one.unclosed, one.continues, text[one.inner[0] : one.inner[1]]) == (True, False, "走吧。")


def test_a_paragraph_that_opens_again_goes_on_with_the_speech() -> None:
    text = "他说：“第一件事。\n“第二件事。”"
    first, second = _quotes(text)
    assert (first.continues, second.continues) == (True, False)


def test_a_speech_whose_opening_mark_is_lost_begins_behind_its_tag() -> None:
    text = "宝玉笑道：要象这样闹，我还怕死呢？”黛玉道：“正是。”"
    first, second = _quotes(text)
    assert first.unopened
    assert text[first.inner[0] : first.inner[1]] == "要象这样闹，我还怕死呢？"
    assert text[second.inner[0] : second.inner[1]] == "正是。"


@pytest.mark.parametrize(
    "text",
    [
        "此借“通灵”之说，撰此书也。",
        "所谓“朋友”二字，他不懂。",
        "门上写着“绛云轩”。",
        "The so-called “friend” was gone.",
        "后人有诗云：“满纸荒唐言。”",
    ],
)
def test_words_that_are_named_or_written_are_no_speech(text: str) -> None:
    assert _said(text) == []


@pytest.mark.parametrize(
    "text", ["他想着：“不如走吧。”", "黛玉心中想道：“不如走吧。”", "He thought, “I should go.”"]
)
def test_thoughts_are_told_apart(text: str) -> None:
    assert [one.kind for one in _quotes(text)] == ["thought"]


def test_thinking_of_something_before_speaking_is_no_thought() -> None:
    assert _said("宝钗想了一想，笑道：“是我早起吃了丸药。”") == ["是我早起吃了丸药。"]
