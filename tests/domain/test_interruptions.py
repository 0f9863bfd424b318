"""What the user means who speaks while she does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.interruptions import Verdict, is_bare_stop, is_bare_wait, judge

pytestmark = pytest.mark.unit

ZH = (
    "今天天气真的很好，我们去公园走走吧。对了，你喜欢苹果还是香蕉？等一下，我先拿把伞。"
    "那只小猫一直跟着我，我就给它取名叫铜板。"
)
EN = (
    "I was walking by the harbour last night when the fog came in. Wait, do you like apples or pears? "
    "The lighthouse keeper told me a story about the sea."
)


def said(text: str, *, final: bool, language: str = "zh") -> Verdict:
    return judge(text, language=language, said_lately=ZH if language == "zh" else EN, final=final)


STOPS_ZH = (
    "停", "停停停", "停下", "停一下", "停！", "等等", "等一等", "等会儿", "稍等", "慢着", "打住", "别说了",
    "别讲了", "别说",
    "不要说了", "不要再说了", "闭嘴", "住口", "安静", "安静点", "够了", "行了行了", "好了好了",
    "好了，别说了", "嗯，停", "喂",
    "不对", "不是", "不是这样", "换个话题", "换个话题吧", "听我说", "你先听我说", "你先停", "打断一下",
    "我不想听了", "算了",
    "停吧", "等等等等", "那个，等等",
)  # fmt: skip
STOPS_EN = (
    "stop", "Stop!", "stop it", "please stop", "stop talking", "wait a second", "wait a minute", "hold on",
    "hang on", "shut up",
    "be quiet", "enough", "that's enough", "pause", "cancel", "no", "No, no", "never mind", "hey",
    "excuse me", "let me speak",
    "um, stop", "oh wait a moment", "one second", "skip it", "that's not right",
)  # fmt: skip
CONTENT_ZH = (
    "我想问你一个问题", "你刚才说什么", "你吃饭了吗", "什么", "为什么", "我饿了", "小满", "今天几号",
    "好，但是我有个问题",
    "对，不过我想先吃饭", "嗯我觉得不太对", "手机响了", "三百", "12", "你等会儿再说这个", "电话响了",
    "那你爸爸呢", "帮我开灯",
    "换首歌", "声音小一点", "再说一遍", "我要出门了", "ok那我们走吧",
)  # fmt: skip
CONTENT_EN = (
    "what about dogs", "what", "can you repeat that", "I have a question", "Wren", "why",
    "yes but I disagree", "okay so what now",
    "the phone is ringing", "louder please", "who", "turn it down", "tomorrow", "I'm hungry",
    "where were you",
)  # fmt: skip
LISTENING_ZH = (
    "嗯嗯", "嗯哼嗯", "对对对", "对啊", "哦哦", "好的", "好吧", "是吗", "是吗？", "真的吗", "哈哈哈",
    "哈哈", "原来如此", "这样啊",
    "我知道", "知道了", "明白了", "没错", "确实", "有意思", "然后呢", "继续说", "太好了", "哇塞", "不会吧",
    "好可爱", "哦，是吗",
    "嗯，对", "好好好", "哈哈，真的吗", "谢谢", "嗯嗯我懂", "是的是的", "厉害厉害",
)  # fmt: skip
LISTENING_EN = (
    "uh-huh", "mhm", "mm-hmm", "haha", "I see", "got it", "oh really", "of course", "makes sense", "wow",
    "cool", "nice", "exactly",
    "go on", "tell me more", "that's right", "yeah yeah", "yeah, right", "ok cool", "oh my god",
    "interesting", "no way",
)  # fmt: skip
ONE_SYLLABLE = ("嗯", "对", "哦", "好", "啊", "呃", "恩", "yeah", "ok", "right", "oh", "um", "well")
ECHO_ZH = (
    "今天天气真的很好", "今天天气", "天气真的很好", "我们去公园走走吧", "去公园走走", "你喜欢苹果还是香蕉",
    "喜欢苹果",
    "一直跟着我", "我就给它取名叫铜板", "取名叫铜板",
    # With what a recogniser makes of an echo.
    "今天天汽真的很好", "今天田七真的很好", "天气真的恨好", "我们去公元走走吧", "你喜欢平果还是香蕉",
    "那只小毛一直跟着我",
    "我就给他起名叫童板", "娶名叫铜版", "我先拿把散", "我先那把伞", "等一下，我先拿把伞", "等一下",
    "只小猫一直更着我",
)  # fmt: skip
ECHO_EN = (
    "walking by the harbour", "last night when the fog came in", "do you like apples or pears",
    "the lighthouse keeper told me",
    "a story about the sea", "when the fog came in", "walking by the harbor last night",
    "like apples or pairs",
    "the lighthouse keeper told me a storey", "wait",
)  # fmt: skip
NOISE = ("", "。", "...", "（咳嗽）", "(coughs)", "[Music]", "*laughs*", "♪♪♪", "(咳嗽声)", "  ")


def test_there_are_many_cases() -> None:
    tables = (
        STOPS_ZH, STOPS_EN, CONTENT_ZH, CONTENT_EN, LISTENING_ZH, LISTENING_EN, ONE_SYLLABLE, ECHO_ZH, ECHO_EN, NOISE,
    )  # fmt: skip
    assert sum(map(len, tables)) >= 200


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("text", STOPS_ZH)
def test_a_word_to_stop_stops_at_once(text: str, final: bool) -> None:
    assert said(text, final=final) == "stop"


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("text", STOPS_EN)
def test_an_english_word_to_stop_stops_at_once(text: str, final: bool) -> None:
    assert said(text, final=final, language="en") == "stop"


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("text", CONTENT_ZH)
def test_a_message_takes_the_floor(text: str, final: bool) -> None:
    assert said(text, final=final) == "stop"


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("text", CONTENT_EN)
def test_an_english_message_takes_the_floor(text: str, final: bool) -> None:
    assert said(text, final=final, language="en") == "stop"


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize(
    ("text", "language"), [*((t, "zh") for t in LISTENING_ZH), *((t, "en") for t in LISTENING_EN)]
)
def test_agreement_lets_her_go_on(text: str, language: str, final: bool) -> None:
    assert said(text, final=final, language=language) == "resume"


@pytest.mark.parametrize("text", ONE_SYLLABLE)
def test_one_syllable_of_agreement_may_be_the_beginning_of_more(text: str) -> None:
    language = "en" if text.isascii() else "zh"
    assert said(text, final=False, language=language) == "wait"
    assert said(text, final=True, language=language) == "resume"


@pytest.mark.parametrize(("text", "language"), [*((t, "zh") for t in ECHO_ZH), *((t, "en") for t in ECHO_EN)])
def test_her_own_words_do_not_stop_her(text: str, language: str) -> None:
    assert said(text, final=True, language=language) == "resume"
    assert said(text, final=False, language=language) != "stop"


@pytest.mark.parametrize("text", ECHO_ZH)
def test_what_is_an_echo_now_is_a_message_when_she_said_something_else(text: str) -> None:
    assert judge(text, language="zh", said_lately="从前有座山，山里有座庙。", final=True) == "stop"


@pytest.mark.parametrize("text", NOISE)
def test_noise_is_no_message(text: str) -> None:
    assert said(text, final=True) == "resume"
    assert said(text, final=False) == "wait"


@pytest.mark.parametrize("text", ["我", "你", "那", "a"])
def test_one_syllable_that_tells_nothing_is_waited_for(text: str) -> None:
    assert said(text, final=False) == "wait"
    assert said(text, final=True) == "resume"


def test_a_message_after_her_echo_is_still_heard() -> None:
    assert said("今天天气真的很好，可是我不想出门", final=True) == "stop"
    assert said("我们去公园走走吧别说了", final=True) == "stop"


def test_stop_is_obeyed_although_a_word_of_hers_sounds_alike() -> None:
    hers = "你听，外面有声音。公交车停在门口。"
    assert judge("停", language="zh", said_lately=hers, final=False) == "stop"
    assert judge("停", language="zh", said_lately="停！我说。", final=True) == "resume"


def test_stop_is_understood_through_homophones() -> None:
    assert said("听", final=False) == "stop"
    assert said("等灯", final=True) == "stop"


def test_a_name_call_takes_the_floor() -> None:
    assert judge("小满", language="zh", said_lately="我在修书。", final=False) == "stop"


@given(st.text(max_size=60), st.text(max_size=120), st.sampled_from(["zh", "en"]))
def test_silence_always_brings_a_decision(text: str, hers: str, language: str) -> None:
    assert judge(text, language=language, said_lately=hers, final=True) != "wait"


@given(st.text(max_size=60), st.sampled_from(["zh", "en"]))
def test_more_silence_never_turns_a_stop_into_anything_else(text: str, language: str) -> None:
    if said(text, final=False, language=language) == "stop":
        assert said(text, final=True, language=language) == "stop"


def test_a_long_text_is_no_trap() -> None:
    assert said("好的" * 3000 + "我", final=True) in ("stop", "resume")


BARE_STOPS = (
    "停", "停，别说了。", "停停停", "停一下", "安静", "安静一点", "请安静", "闭嘴！", "你给我闭嘴", "够了",
    "行了，别说了",
    "好了好了，不用说了。", "嗯，停", "你先别说了", "先停一下", "别吵", "算了", "听", "你能不能别说了",
    "好了，谢谢，别说了",
    "Stop!", "Stop, please.", "Please stop.", "stop stop stop", "um, stop", "OK stop", "Okay, that is enough.",
    "Be quiet.", "Quiet!", "shut up", "never mind", "Thanks, that's enough", "Can you stop talking, please?",
)  # fmt: skip
BARE_WAITS = (
    "等等", "等一下", "等一下啊", "等会儿", "慢着", "听我说", "Wait.", "Hold on.", "Hang on a second", "Wait a minute",
    "one moment, please", "excuse me",
)  # fmt: skip
MORE_THAN_STOPS = (
    "停，换个话题，说说猫", "不对", "不是这样", "换个话题", "下一个", "喂", "什么", "等一下，你的猫叫什么名字？",
    "等等，水要多热？", "谢谢", "请", "你", "好的", "嗯", "电话停了", "别走", "安静的夜晚是什么感觉", "我够了解你了",
    "等你",
    "", "No", "That's wrong", "skip it", "next", "Wait, what is that song called?", "Hold on, what is a valve?",
    "不用谢了", "我们说好了不用锁", "我不想说了", "今天别说了吧",
    "stop the music", "hey", "listen", "ok", "thanks", "please", "quiet places", "we can stop at the pub",
)  # fmt: skip


@pytest.mark.parametrize("text", [*BARE_STOPS, *BARE_WAITS])
def test_who_asks_for_silence_alone_wants_no_answer(text: str) -> None:
    assert is_bare_stop(text)
    assert judge(text, language="zh" if text > "~" else "en", said_lately="", final=True) == "stop"


@pytest.mark.parametrize("text", ["听别说了", "听，憋说了。", "好了，后裂不用锁裂。", "登一下"])
def test_a_bare_stop_is_understood_through_homophones(text: str) -> None:
    assert is_bare_stop(text)


@pytest.mark.parametrize("text", MORE_THAN_STOPS)
def test_who_says_more_than_stop_wants_an_answer(text: str) -> None:
    assert not is_bare_stop(text)
    assert not is_bare_wait(text)


def test_a_wait_announces_more_and_a_stop_does_not() -> None:
    assert all(is_bare_wait(text) for text in BARE_WAITS)
    assert not any(is_bare_wait(text) for text in BARE_STOPS)


@pytest.mark.parametrize(
    ("text", "language", "verdict"),
    [
        ("您呢", "zh", "resume"),
        ("恩啊", "zh", "resume"),
        ("You.", "en", "resume"),
        ("什么", "zh", "stop"),
        ("为什么", "zh", "stop"),
        ("停", "zh", "stop"),
        ("小满", "zh", "stop"),
        ("我想问你", "zh", "stop"),
        ("Why?", "en", "stop"),
        ("Wren", "en", "stop"),
        ("Stop", "en", "stop"),
    ],
)
def test_half_a_second_of_two_syllables_is_agreement_unless_it_says_otherwise(
    text: str, language: str, verdict: Verdict
) -> None:
    names = ("小满", "Wren")
    short = judge(text, language=language, said_lately="", final=True, voiced_s=0.4, names=names)
    assert verdict == short
    long = judge(text, language=language, said_lately="", final=True, voiced_s=0.9, names=names)
    assert long == ("stop" if text != "恩啊" else "resume")
