"""The prompt keeps persona and order, whatever the budget."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from companion.conversation.explaining import explain, fired_in
from companion.domain.character import Character, Lorebook, LoreEntry
from companion.domain.events import TurnTimings
from companion.domain.explanation import explanation_of
from companion.domain.lore import Fired
from companion.domain.messages import Message
from companion.domain.prompt import Standing, build, build_pinned, parse_examples, trim_history
from companion.domain.recalled import Recalled
from companion.errors import CompanionError

pytestmark = pytest.mark.unit


def count(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


LIN = Character(
    id="lin",
    name="林晚",
    folder=Path("lin"),
    description="{{char}}是茶馆老板，{{user}}是客人。",
    personality="温和",
    mes_example="<START>\n{{user}}: 在吗？\n{{char}}: （笑）在呢。\n<START>\n{{user}}: 累了。\n{{char}}: 坐下歇歇。",
    lore=Lorebook((LoreEntry(keys=(), content="茶馆叫半日闲。", constant=True),)),
)
STANDING = Standing(LIN, "阿明", (Fired(LIN.lore.entries[0], "", "茶馆叫半日闲。", "constant"),))


def built(history: list[Message], text: str | None, *, budget: int, fired: list[Fired] | None = None):  # type: ignore[no-untyped-def]
    pinned = build_pinned(STANDING, count, budget=budget)
    recalled = Recalled(lore=tuple(fired or ()), background="现在是晚上。")
    return build(STANDING, pinned, history, text, recalled, count=count, budget=budget)


def test_persona_holds_names_constant_lore_and_examples_in_order() -> None:
    pinned = build_pinned(STANDING, count, budget=2_000)
    assert "林晚是茶馆老板，阿明是客人。" in pinned.messages[0].text
    assert "茶馆叫半日闲。" in pinned.messages[0].text
    assert [one.role for one in pinned.messages] == ["system", "user", "assistant", "user", "assistant"]
    assert pinned.messages[2].text == "（笑）在呢。"


def test_english_persona_is_framed_in_english() -> None:
    wren = Character(
        id="w", name="Wren", folder=Path("w"), language="en", description="{{char}} hosts a show."
    )
    text = build_pinned(Standing(wren), count, budget=2_000).messages[0].text
    assert text.startswith("Wren hosts a show.")
    assert "You are Wren, talking with you" in text


def test_examples_leave_whole_and_last_first_when_room_is_short() -> None:
    persona_only = build_pinned(
        replace(STANDING, character=replace(LIN, mes_example="")), count, budget=2_000
    ).n_tokens
    pinned = build_pinned(STANDING, count, budget=persona_only + 40)
    assert [one.text for one in pinned.messages[1:]] == ["在吗？", "（笑）在呢。"]


def test_a_persona_that_does_not_fit_is_refused_with_both_numbers() -> None:
    with pytest.raises(CompanionError) as caught:
        build_pinned(STANDING, count, budget=50)
    assert caught.value.code == "persona_too_long"
    assert "50" in caught.value.what


def always(id_: str, text: str, *, priority: float = 0, book: str = "") -> Fired:
    entry = LoreEntry(keys=(), content=text, constant=True, id=id_, priority=priority)
    return Fired(entry, "", text, "constant", book, constant_prefix=True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_constant_entries_that_do_not_fit_leave_by_book_and_priority(language: Literal["zh", "en"]) -> None:
    words = {"zh": "茶馆里的旧事。", "en": "An old tale. "}[language] * 20
    told = (
        always("low", f"1{words}", priority=1),
        always("high", f"2{words}", priority=9),
        always("other", f"3{words}", priority=99, book="attached"),
    )
    lin = replace(LIN, language=language, mes_example="")
    alone = build_pinned(Standing(lin), count, budget=9_000).n_persona
    pinned = build_pinned(Standing(lin, constants=told), count, budget=alone + int(1.5 * len(words)))
    assert [hit.entry.id for hit in pinned.left_out] == ["low", "other"]
    assert f"2{words.strip()}" in pinned.messages[0].text
    assert pinned.n_persona <= alone + int(1.5 * len(words))
    assert build_pinned(Standing(lin, constants=told), count, budget=9_000).left_out == ()


def test_the_answer_to_why_names_the_entries_that_had_no_room() -> None:
    told = (always("kept", "茶馆叫半日闲。"), always("long", "旧事。" * 400))
    standing = replace(STANDING, constants=told)
    pinned = build_pinned(standing, count, budget=900)
    made = build(standing, pinned, [], "你好", Recalled(), count=count, budget=1_200)
    why = explain(made, told, TurnTimings(), "demo", count)
    assert ([one.entry for one in why.lore], [one.entry for one in why.left_out]) == (["kept"], ["long"])
    assert explanation_of({"why": json.loads(json.dumps(why.as_meta()))}) == why
    assert fired_in({"why": why.as_meta()}) == {":kept"}


def test_changing_macros_stand_for_one_thing_in_a_chat_and_for_another_in_the_next() -> None:
    lin = replace(LIN, description="{{random:东,南,西,北,上,下,左,右}}，现在{{time}}", mes_example="")
    began = 1_772_700_000.0

    def persona(seed: int) -> str:
        standing = Standing(lin, seed=seed, began_at=began)
        return build_pinned(standing, count, budget=2_000).messages[0].text.partition("\n")[0]

    assert persona(1) == persona(1)
    assert len({persona(seed) for seed in range(20)}) > 3
    assert "{{" not in persona(1)


def test_what_changes_stands_after_the_history_and_before_the_user() -> None:
    hit = Fired(LoreEntry(keys=("猫",), content="猫叫铜板。"), "猫", "猫叫铜板。")
    result = built([Message("assistant", "你来啦。")], "猫呢？", budget=2_000, fired=[hit])
    assert [one.role for one in result.history] == ["assistant"]
    assert [one.role for one in result.turn] == ["system", "user"]
    assert "猫叫铜板。" in result.turn[0].text
    assert "现在是晚上。" in result.turn[0].text
    assert [one.name for one in result.sections] == [
        "persona",
        "examples",
        "history",
        "lore",
        "time",
        "instructions",
        "user",
    ]


def test_the_oldest_history_leaves_and_the_persona_stays() -> None:
    history = [Message("user" if i % 2 == 0 else "assistant", "字" * 50) for i in range(40)]
    result = built(history, "现在呢？", budget=1_200)
    assert result.n_dropped > 0
    assert result.pinned[0].text == build_pinned(STANDING, count, budget=1_200).messages[0].text
    total = sum(len(one.text) for one in (*result.pinned, *result.history, *result.turn))
    assert total <= 1_200


def test_a_message_longer_than_the_budget_keeps_its_beginning_and_end() -> None:
    result = built([], "开头" + "长" * 100_000 + "结尾", budget=1_000)
    assert result.user_was_cut
    assert result.turn[-1].text.startswith("开头")
    assert result.turn[-1].text.endswith("结尾")
    assert sum(len(one.text) for one in (*result.pinned, *result.turn)) <= 1_000


def test_trimming_is_stable_from_turn_to_turn() -> None:
    costs = [10] * 100
    firsts = [trim_history(costs[:n], 200) for n in range(1, 100)]
    assert firsts == sorted(firsts)
    assert len(set(firsts)) < 20  # the prefix moves seldom, not at every turn


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_history_and_its_summary_do_not_hang_on_what_a_turn_calls_up(
    language: Literal["zh", "en"],
) -> None:
    standing = Standing(
        replace(LIN, language=language), "阿明", summary="他住在厦门。" if language == "zh" else "He moved."
    )
    pinned = build_pinned(standing, count, budget=4_000)
    history = [Message("assistant" if n % 2 else "user", f"{n:03d}" * (3 + n % 5)) for n in range(160)]
    kept = set()
    for n_lore, said in ((0, "嗯"), (3, "嗯"), (300, "好" * 100), (0, "好" * 300)):
        fired = [
            Fired(LoreEntry(keys=("k",), content="x"), "k", f"事实{n}" * 5, "key") for n in range(n_lore)
        ]
        out = build(standing, pinned, history, said, Recalled(lore=tuple(fired)), count=count, budget=2_500)
        kept.add(out.history)
        assert out.n_dropped > 0
        assert out.history[0].role == "system"
        assert sum(section.n_tokens for section in out.sections) <= 2_500
        assert bool(out.used.lore) == bool(n_lore)
    assert len(kept) == 1


def test_examples_are_read_with_names_and_macros() -> None:
    text = "<START>\nAnna: Hello\nWren: Hi\nthere\n<start>\n{{user}}: a: b\n{{char}}: c"
    assert parse_examples(text, "Wren", "Anna") == [
        [Message("user", "Hello"), Message("assistant", "Hi\nthere")],
        [Message("user", "a: b"), Message("assistant", "c")],
    ]
