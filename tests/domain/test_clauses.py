"""Cutting a reply while it is written, and what of it is said."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.clauses import Clause, ClauseCutter
from companion.domain.spoken import spoken_form

pytestmark = pytest.mark.unit

Tongue = Literal["zh", "en"]


def cut(text: str, language: Tongue = "zh", *, step: int = 1, lead_s: float = 0.0) -> list[Clause]:
    cutter = ClauseCutter(language)
    clauses: list[Clause] = []
    for start in range(0, len(text), step):
        clauses += cutter.feed(text[start : start + step], lead_s=lead_s)
    return clauses + cutter.flush()


def said(text: str, language: Tongue = "zh", *, step: int = 1, lead_s: float = 0.0) -> list[str]:
    return [clause.spoken for clause in cut(text, language, step=step, lead_s=lead_s) if clause.spoken]


@pytest.mark.parametrize("step", [1, 3, 100])
def test_three_chinese_sentences_are_three_clauses(step: int) -> None:
    assert said("你好。今天天气很好！我们去公园吧。", step=step) == [
        "你好。",
        "今天天气很好！",
        "我们去公园吧。",
    ]


def test_a_sentence_is_out_as_soon_as_its_mark_is() -> None:
    cutter = ClauseCutter("zh")
    arrived = [len(cutter.feed(char)) for char in "你好。今天天气很好！"]
    assert [place for place, n_clauses in enumerate(arrived) if n_clauses] == [2, 9]


def test_english_sentences() -> None:
    text = "Hello there, traveler! Do you have a minute? I do. Then come in."
    assert said(text, "en") == ["Hello there, traveler!", "Do you have a minute?", "I do. Then come in."]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("我今天觉得，天气真的很好。", "zh", "我今天觉得，"),
        ("好的，没问题，我们走吧。", "zh", "好的，没问题，"),
        ("苹果、香蕉、橘子、葡萄都好吃。", "zh", "苹果、香蕉、橘子、"),
        ("Well, I was thinking about it, and then I left.", "en", "Well, I was thinking about it,"),
    ],
)
def test_the_first_clause_ends_at_the_first_mark_that_is_far_enough(
    text: str, language: Tongue, expected: str
) -> None:
    assert said(text, language)[0] == expected


def test_without_a_mark_the_first_clause_is_capped_at_a_token() -> None:
    cutter = ClauseCutter("zh")
    clauses: list[Clause] = []
    for token in ("我", "觉得", "今天", "我们", "应该", "先", "去", "图书馆", "然后", "再", "去", "公园"):
        clauses += cutter.feed(token)
    assert [clause.text for clause in clauses] == ["我觉得今天我们应该先去图书馆"]


def test_without_a_mark_english_is_capped_at_a_space() -> None:
    text = "This sentence has no marks at all and simply keeps going on and on until somebody does something"
    first = cut(text, "en")[0].text
    assert 40 < len(first) <= 61
    assert first.endswith(" ")


def test_whole_sentences_are_kept_while_enough_sound_is_queued() -> None:
    text = "你好呀。今天我去了公园，看到了很多花，还遇到了一只猫。"
    assert said(text, lead_s=2.0) == ["你好呀。", "今天我去了公园，看到了很多花，还遇到了一只猫。"]
    assert said(text, lead_s=0.0) == ["你好呀。", "今天我去了公园，", "看到了很多花，", "还遇到了一只猫。"]


def test_english_keeps_whole_sentences_too() -> None:
    text = "Hello there, my friend! Yesterday I went to the big park, and I saw a cat sitting under a tree."
    assert len(said(text, "en", lead_s=2.0)) == 2
    assert len(said(text, "en", lead_s=0.0)) == 3


@pytest.mark.parametrize(
    ("whole", "text", "language"),
    [
        ("3.14", "圆周率大概等于3.14，对吧。", "zh"),
        ("1,000", "这个东西要花1,000元吧。", "zh"),
        ("12:30", "我们约好了在12:30见面吧。", "zh"),
        ("3.14", "The value of pi is about 3.14, they say.", "en"),
        ("1,000", "It would cost around some 1,000 dollars.", "en"),
        ("12:30", "Let us meet at the station at 12:30 then.", "en"),
        ("https://a.com/b.c?d=1,2", "打开这个网页https://a.com/b.c?d=1,2 看看。", "zh"),
        ("（轻轻地笑了。看着你，点头！）", "（轻轻地笑了。看着你，点头！）好呀。", "zh"),
        ("*He smiles. Then, he waves!*", "*He smiles. Then, he waves!* Hello there.", "en"),
        ("《你好，李焕英》", "我最喜欢的电影是《你好，李焕英》这部。", "zh"),
        ("Dr. Smith", "I would like to introduce Dr. Smith to you.", "en"),
        ("e.g. apples", "There is a lot of fruit here, e.g. apples and so on.", "en"),
        ("U.S. Army", "He used to be in the old U.S. army once. Not U.S. Army.", "en"),
        ("J. Doe", "The letter was signed by a certain J. Doe.", "en"),
        ("a.b@c.com", "请给我发邮件到a.b@c.com吧。", "zh"),
        ("version 1.2.3", "You should rather install the version 1.2.3 now.", "en"),
    ],
)
@pytest.mark.parametrize("step", [1, 2, 5, 100])
def test_what_belongs_together_is_never_cut(whole: str, text: str, language: Tongue, step: int) -> None:
    assert any(whole in clause.text for clause in cut(text, language, step=step))


@pytest.mark.parametrize("step", [1, 4, 100])
def test_a_quotation_is_cut_behind_its_closing_quote(step: int) -> None:
    assert said("她说：“我很想你！”然后她笑了。", step=step) == ["她说：“我很想你！”", "然后她笑了。"]


def test_straight_quotes_are_closed_before_the_cut() -> None:
    assert said('"Are you really sure?" she asked me. "Yes!"', "en")[0] == '"Are you really sure?"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*微笑* 你好呀。", "你好呀。"),
        ("（歪头）我等你很久了。", "我等你很久了。"),
        ("好吧*叹气*那就走吧。", "好吧那就走吧。"),
        ("[happy] 太好了！", "太好了！"),
        ("【开心】我们走吧", "我们走吧"),
        ("北京（中国首都）很大。", "北京（中国首都）很大。"),
        ("你好（微笑）", "你好"),
        ("(waves) Hi there.", "Hi there."),
        ("*smiles softly* Hi there.", "Hi there."),
        ("I *really* like you.", "I really like you."),
        ("Hi *waves* there.", "Hi there."),
        ("It is far (about 3 km) away.", "It is far (about 3 km) away."),
        ("She nods (smiling softly) and leaves.", "She nods and leaves."),
        ("**重点**：内容", "重点：内容"),
        ("# 标题", "标题"),
        ("- 第一项", "第一项"),
        ("看[这里](https://x.com/a)吧", "看这里吧"),
        ("去https://a.com/b看看", "去看看"),
        ("好的😊🎉", "好的"),
        ("用`print`输出", "用print输出"),
        ("代码：```python\nprint(1)\n```完", "代码：完"),
        ("<b>好</b>", "好"),
        ("好~ (＾▽＾)", "好"),
        ("2*3*4等于24", "234等于24"),
        ("！", ""),
        ("*叹气*", ""),
        ("……", ""),
        ("“好。”", "“好。”"),
    ],
)
def test_only_words_are_said(text: str, expected: str) -> None:
    spoken, offsets = spoken_form(text)
    assert spoken == expected
    assert [text[place] for place in offsets] == list(spoken)


def test_a_direction_that_the_reply_leaves_open_is_not_said() -> None:
    assert said("你好呀。（她轻轻地笑") == ["你好呀。"]
    assert said("Hello there, you. *she smiles", "en") == ["Hello there, you."]


def test_a_code_block_is_passed_over_in_silence() -> None:
    text = "给你看一下代码：\n```python\nx = 1.5\nprint(x)。\n```\n看懂了吗？"
    assert said(text) == ["给你看一下代码：", "看懂了吗？"]


def test_a_bracket_that_never_closes_holds_nothing_up_for_ever() -> None:
    cutter = ClauseCutter("zh")
    clauses = [clause for char in "（" + "今天天气很好。" * 40 for clause in cutter.feed(char)]
    assert clauses


@pytest.mark.parametrize(
    ("text", "language"),
    [("*微笑* 你好，世界。 再见！", "zh"), ("Hello  there,\n**dear** friend. (waves) Bye!", "en")],
)
def test_offsets_map_what_is_said_back_to_the_reply(text: str, language: Tongue) -> None:
    for clause in cut(text, language):
        assert clause.text == text[clause.start : clause.end]
        assert len(clause.offsets) == len(clause.spoken)
        for char, place in zip(clause.spoken, clause.offsets, strict=True):
            original = text[clause.start + place]
            assert original == char or original.isspace()


@given(
    st.text(alphabet="你好天气。，！？：…—、“”（）*[]`~ \nabc.,!?:\"'()39h", max_size=80),
    st.sampled_from(["zh", "en"]),
    st.integers(1, 9),
    st.sampled_from([0.0, 2.0]),
)
def test_clauses_cover_the_reply_without_gaps(text: str, language: Tongue, step: int, lead_s: float) -> None:
    clauses = cut(text, language, step=step, lead_s=lead_s)
    assert "".join(clause.text for clause in clauses) == text
    position = 0
    for clause in clauses:
        assert clause.start == position
        position = clause.end
        assert list(clause.offsets) == sorted(clause.offsets)
        assert len(clause.offsets) == len(clause.spoken)
    assert position == len(text)


def test_an_english_reply_of_a_chinese_character_is_cut_as_english() -> None:
    assert (
        said("Well, I was thinking about it, and then I left.", "zh")[0] == "Well, I was thinking about it,"
    )
