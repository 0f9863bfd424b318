"""Macros of cards stand for what the reference says, in Chinese and in English."""

from __future__ import annotations

import pytest

from companion.domain.macros import MacroFacts, expand, for_matching, hidden_keys

pytestmark = pytest.mark.unit

FACTS = MacroFacts(
    now=1_795_616_700.0,  # 2026-11-25 14:25 UTC, a Wednesday
    idle_s=3 * 3_600 + 5,
    last_message="再见。",
    last_user_message="我走了。",
    last_char_message="再见。",
    input="你好",
    original="默认规则",
    persona="一个熟客",
    utc_offset_s=0,
)


def said(text: str, **more: object) -> str:
    return expand(text, char="小满", user="阿远", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{char}}看着{{user}}。", "小满看着阿远。"),
        ("{{ CHAR }} and {{User}}", "小满 and 阿远"),
        ("<BOT>, <USER>, <char>, <Bot>", "小满, 阿远, 小满, 小满"),
        ("{{{char}}}", "{小满}"),
        ("a{{// 只给作者看：{{user}}}}b", "ab"),
        ("a{{comment: see {{char}} here}}b", "ab"),
        ("a{{hidden_key:铜板}}b", "ab"),
        ("{{reverse:abc}}|{{reverse::上海}}", "cba|海上"),
        ("{{reverse:{{user}}}}", "远阿"),
        ("{{unknown}} {{unknown:a}} {{x {{char}} y}}", "{{unknown}} {{unknown:a}} {{x 小满 y}}"),
        ("{{time}} {{original}} {{idle_duration}}", "{{time}} {{original}} {{idle_duration}}"),
        ("一{{newline}}二", "一\n二"),
        ("一\n\n{{trim}}\n\n二", "一二"),
        ("{{roll:1}} {{roll:d1}} {{roll:2d1+3}} {{roll 1}}", "1 1 5 1"),
        ("{{random:A}} {{pick::B}} {{random::好}}", "A B 好"),
        (r"{{random:一\,二}}", "一,二"),
        ("{{", "{{"),
        ("}} {{char}}", "}} 小满"),
        ("{{char", "{{char"),
        ("", ""),
    ],
)
def test_a_macro_stands_for_its_value(text: str, expected: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("{{time}}", "14:25", "14:25"),
        ("{{isotime}} {{isodate}}", "14:25 2026-11-25", "14:25 2026-11-25"),
        ("{{date}}", "2026年11月25日", "November 25, 2026"),
        ("{{weekday}}", "星期三", "Wednesday"),
        ("{{time_UTC+8}}", "22:25", "22:25"),
        ("{{idle_duration}}", "3小时", "3 hours"),
        ("{{lastMessage}}|{{lastUserMessage}}|{{lastCharMessage}}", "再见。|我走了。|再见。", None),
        ("{{input}} {{original}} {{persona}}", "你好 默认规则 一个熟客", None),
    ],
)
def test_facts_fill_the_changing_macros(text: str, zh: str, en: str | None) -> None:
    assert said(text, facts=FACTS) == zh
    english = MacroFacts(now=FACTS.now, idle_s=FACTS.idle_s, utc_offset_s=0, language="en")
    if en is not None:
        assert said(text, facts=english) == en


def test_choices_come_from_the_list_and_stay_for_a_seed() -> None:
    text = "{{random:茶,酒,水}} {{pick:甲,乙,丙}} {{roll:20}}"
    seen = set()
    for seed in range(40):
        first = said(text, seed=seed)
        assert said(text, seed=seed) == first
        drink, who, number = first.split(" ")
        assert drink in ("茶", "酒", "水")
        assert who in ("甲", "乙", "丙")
        assert 1 <= int(number) <= 20
        seen.add((drink, who))
    assert len(seen) > 3


def test_pick_stays_while_the_text_around_it_changes() -> None:
    both = {said(f"{before}{{{{pick:甲,乙,丙,丁,戊}}}}", seed=7)[-1] for before in ("一", "二二", "三三三")}
    assert len(both) == 1


def test_commas_inside_an_inner_macro_do_not_cut() -> None:
    assert said("{{random:{{reverse:a,b}}}}") == "b,a"
    assert said("{{random::{{user}}::{{user}}}}") == "阿远"


def test_values_are_not_expanded_again() -> None:
    assert expand("{{user}} {{char}}", char="{{user}}", user="{{random:a,b}}") == "{{random:a,b}} {{user}}"
    assert said("{{lastMessage}}", facts=MacroFacts(last_message="{{char}}")) == "{{char}}"


def test_a_comment_is_shown_to_the_user_alone() -> None:
    assert said("好{{comment: 作者的话}}的{{// 无}}", shown=True) == "好作者的话的"
    assert said("好{{comment: 作者的话}}的", shown=False) == "好的"


def test_lore_looks_past_notes_and_finds_hidden_keys() -> None:
    text = "她养猫。{{// 狗}}{{comment: 鱼}}{{hidden_key:铜板}}{{hidden_key::Penny}} {{char}}"
    assert for_matching(text) == "她养猫。 {{char}}"
    assert for_matching(text, char="小满", user="阿远") == "她养猫。 小满"
    assert hidden_keys(text) == ("铜板", "Penny")
    assert hidden_keys("没有") == ()


def test_hostile_braces_stay_small() -> None:
    texts = [
        "{{" * 50_000,
        "\n" * 100_000 + "{{trim}}",
        "{{random:" * 2_000 + "a" + "}}" * 2_000,
        "{{lastMessage}}" * 10_000,
        "{{random:" + "a," * 50_000 + "b}}",
        "{{random:" + "{{x}}," * 20_000 + "b}}",
        "{{pick:a,b}}" * 15_000,
        "{{roll:999d999999999+999999999}}{{roll:" + "9" * 100_000 + "}}",
    ]
    for text in texts:
        assert len(said(text, facts=MacroFacts(last_message="长" * 10_000))) <= 800_000
