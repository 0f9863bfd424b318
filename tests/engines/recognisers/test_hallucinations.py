from __future__ import annotations

import pytest

from companion.engines.recognisers.hallucinations import (
    Evidence,
    cleaned,
    is_hallucinated,
    is_looped,
    n_units,
    with_chinese_marks,
)

pytestmark = pytest.mark.unit

CLEAR = Evidence(speech_s=2.0, mean=0.95, peak=1.0, average_logprob=-0.2, no_speech=0.02)
WEAK = Evidence(speech_s=1.5, mean=0.6, peak=0.8, average_logprob=-0.9, no_speech=0.5)
CREDITS = [
    "谢谢观看",
    "感谢大家收听",
    "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
    "字幕由Amara.org社区提供",
    "Thanks for watching!",
    "Thank you for watching.",
    "Subtitles by the Amara.org community",
    "Please subscribe to my channel",
]


@pytest.mark.parametrize("text", CREDITS)
def test_credits_are_dropped_on_weak_evidence(text: str) -> None:
    assert is_hallucinated(text, WEAK)


@pytest.mark.parametrize(
    "text", ["谢谢观看我的表演", "我在看字幕", "Thank you for listening to me", "好听的音乐"]
)
def test_the_same_words_clearly_said_are_kept(text: str) -> None:
    assert not is_hallucinated(text, CLEAR)


@pytest.mark.parametrize("text", ["好", "嗯嗯", "是的", "等一下", "Yes.", "I see", "今天天气不错"])
def test_ordinary_answers_survive_weak_evidence(text: str) -> None:
    assert not is_hallucinated(text, WEAK)


@pytest.mark.parametrize("text", ["以下是普通话的句子。", "以下是普通話的句子", "。", "...", ""])
def test_echo_of_the_prompt_and_bare_marks_are_never_kept(text: str) -> None:
    assert is_hallucinated(text, CLEAR)


def test_more_words_than_a_mouth_can_say_are_dropped() -> None:
    short = Evidence(speech_s=0.3, mean=0.9, peak=1.0, average_logprob=-0.3, no_speech=0.1)
    assert is_hallucinated("我们今天一起去公园散步然后吃晚饭", short)
    assert is_hallucinated("I went to the park with all of my friends", short)
    assert not is_hallucinated("好的", short)
    assert not is_hallucinated("Okay", short)


@pytest.mark.parametrize("text", ["you", "Thank you.", "嗯", "谢谢大家"])
def test_stock_words_on_a_bump_are_dropped_but_kept_when_said(text: str) -> None:
    bump = Evidence(speech_s=0.15, mean=0.6, peak=0.7, average_logprob=-0.5, no_speech=0.3)
    assert is_hallucinated(text, bump)
    assert not is_hallucinated(text, CLEAR)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("（音乐）你好", "你好"),
        ("[laughs] Hello", "Hello"),
        ("♪♪", ""),
        ("(音樂播放中)", ""),
        ("我不知道我不知道我不知道我不知道我不知道", "我不知道我不知道"),
        ("好好好好", "好好好好"),
        ("No, no, no, no!", "No, no, no, no!"),
    ],
)
def test_sounds_and_loops_are_taken_out(text: str, expected: str) -> None:
    assert cleaned(text) == expected


def test_loops_are_told_from_speech() -> None:
    assert is_looped("我要去" * 40)
    assert is_looped("and then " * 30)
    assert not is_looped("今天我们去公园散步，然后一起吃晚饭，晚上还想看一部电影，你要不要一起来？")
    assert not is_looped(
        "Today we went to the park, and afterwards all of us had dinner by the sea together."
    )


@pytest.mark.parametrize(
    ("text", "n"), [("今天很好", 4), ("It's fine", 2), ("我用iPhone15", 5), ("", 0), ("，。", 0)]
)
def test_syllables_are_counted_without_spaces(text: str, n: int) -> None:
    assert n_units(text) == n


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好,今天怎么样?", "你好，今天怎么样？"),
        ("Hello, how are you?", "Hello, how are you?"),
        ("3,000 元, 好吗", "3,000 元，好吗"),
        ("我用iPhone, 你呢", "我用iPhone，你呢"),
    ],
)
def test_marks_beside_chinese_get_their_full_width(text: str, expected: str) -> None:
    assert with_chinese_marks(text) == expected
