"""Data sets: their form is found, and every row that is left out says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.errors import DocumentError
from companion.forge.formats.reading import read_dataset

pytestmark = pytest.mark.unit

Write = Callable[..., Path]


def said(row: Any) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in row.turns]


def lines(*values: Any) -> str:
    return "\n".join(json.dumps(value, ensure_ascii=False) for value in values)


PAIR = [("user", "你是谁？"), ("character", "我是小满。")]

SAME: dict[str, tuple[str, str, Any]] = {
    "a list of questions and answers": (
        "a.json",
        "pairs",
        [{"question": "你是谁？", "answer": "我是小满。"}],
    ),
    "the same under data": ("a.json", "pairs", {"data": [{"question": "你是谁？", "answer": "我是小满。"}]}),
    "the same keyed": (
        "a.json",
        "pairs",
        {"1": {"question": "你是谁？", "answer": "我是小满。"}, "2": {"question": "问", "answer": "答"}},
    ),
    "Chinese keys": ("a.json", "pairs", [{"问题": "你是谁？", "回答": "我是小满。"}]),
    "input and output": ("a.json", "pairs", [{"input": "你是谁？", "output": "我是小满。"}]),
    "Alpaca": ("a.json", "alpaca", [{"instruction": "你是谁？", "input": "", "output": "我是小满。"}]),
    "ShareGPT": (
        "a.json",
        "sharegpt",
        [{"conversations": [{"from": "human", "value": "你是谁？"}, {"from": "gpt", "value": "我是小满。"}]}],
    ),
    "messages": (
        "a.json",
        "messages",
        [
            {
                "messages": [
                    {"role": "user", "content": "你是谁？"},
                    {"role": "assistant", "content": "我是小满。"},
                ]
            }
        ],
    ),
    "content parts": (
        "a.json",
        "messages",
        [
            {
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "你是谁？"}]},
                    {"role": "assistant", "content": [{"type": "text", "text": "我是小满。"}]},
                ]
            }
        ],
    ),
    "xtuner": ("a.json", "xtuner", [{"conversation": [{"input": "你是谁？", "output": "我是小满。"}]}]),
    "ChatML text": (
        "a.json",
        "chatml",
        [{"text": "<|im_start|>user\n你是谁？<|im_end|>\n<|im_start|>assistant\n我是小满。<|im_end|>\n"}],
    ),
    "rendered Alpaca": (
        "a.json",
        "chatml",
        [{"text": "### Instruction:\n你是谁？\n\n### Response:\n我是小满。"}],
    ),
    "a preference": (
        "a.json",
        "preference",
        [{"prompt": "你是谁？", "chosen": "我是小满。", "rejected": "我是一个AI助手。"}],
    ),
    "a label": ("a.json", "kto", [{"prompt": "你是谁？", "completion": "我是小满。", "label": True}]),
}


@pytest.mark.parametrize("case", SAME)
def test_every_form_reads_as_the_same_conversation(write: Write, case: str) -> None:
    name, form, value = SAME[case]

    found = read_dataset(write(name, json.dumps(value, ensure_ascii=False)))

    assert (form, PAIR) == (found.form, said(found.rows[0]))
    assert [turn.train for turn in found.rows[0].turns] == [False, True]


def test_a_table_is_read_as_questions_and_answers(write: Write) -> None:
    found = read_dataset(write("a.csv", '问题,回答\n你是谁？,我是小满。\n"茶，\n喝吗",喝。\n'))

    assert said(found.rows[0]) == PAIR
    assert found.rows[1].turns[0].text == "茶，\n喝吗"


def test_a_table_row_of_another_width_is_told(write: Write) -> None:
    found = read_dataset(write("a.csv", "question,answer\nhi,hello\nwho\nbye,see you\n"))

    assert len(found.rows) == 2
    assert [(one.kind, one.row, one.dropped) for one in found.problems] == [("wrong_width", 3, True)]


def test_most_values_decide_and_the_others_are_told(write: Write) -> None:
    rows = [{"question": f"q{n}", "answer": f"a{n}"} for n in range(9)]

    found = read_dataset(write("a.jsonl", lines(*rows, {"title": "no row"}, "only a text")))

    assert (found.form, found.votes["pairs"]) == ("pairs", (9, 11))
    assert [(one.kind, one.row) for one in found.problems] == [("no_fit", 10), ("no_fit", 11)]


def test_empty_answers_are_left_out_with_their_rows(write: Write) -> None:
    found = read_dataset(
        write(
            "a.jsonl",
            lines(
                {"question": "一", "answer": "甲。"},
                {"question": "二", "answer": ""},
                {"question": "三", "answer": "  "},
                {"question": "", "answer": "丁。"},
            ),
        )
    )

    assert [row.turns[-1].text for row in found.rows] == ["甲。"]
    dropped = [(one.row, one.kind) for one in found.problems if one.dropped]
    assert dropped == [(2, "empty_answer"), (3, "empty_answer"), (4, "empty_question")]


def test_nothing_is_lost_in_silence(write: Write) -> None:
    values = [
        *({"question": f"问{n}", "answer": f"答{n}"} for n in range(6)),
        {"question": "问0", "answer": "答0"},
        {"question": "空", "answer": None},
        ["no", "row"],
    ]

    found = read_dataset(write("a.jsonl", lines(*values) + '\n{"question": "broken'))

    assert found.n_values == len(found.rows) + found.n_dropped == 10
    assert {"copy", "empty_answer", "no_fit", "no_json"} == {one.kind for one in found.problems}


def test_only_empty_answers_make_no_rows(write: Write) -> None:
    found = read_dataset(write("a.jsonl", lines(*({"question": f"{n}", "answer": ""} for n in range(3)))))

    assert (found.rows, found.n_dropped) == ((), 3)


def test_an_unknown_form_says_what_it_saw(write: Write) -> None:
    path = write("a.jsonl", lines({"human_says": "hi", "girl_says": "hello"}))

    with pytest.raises(DocumentError, match="human_says") as caught:
        read_dataset(path)

    assert caught.value.code == "no_form"
    found = read_dataset(path, fields={"human_says": "question", "girl_says": "answer"})
    assert said(found.rows[0]) == [("user", "hi"), ("character", "hello")]


def test_mixed_encodings_are_read_line_by_line_and_told(write: Write) -> None:
    first = json.dumps({"question": "今天天气怎么样？", "answer": "很好，我们去公园吧。"}, ensure_ascii=False)
    second = json.dumps(
        {"question": "你喜欢喝什么茶？", "answer": "我喜欢喝龙井茶，你呢。"}, ensure_ascii=False
    )

    found = read_dataset(write("a.jsonl", first.encode() + b"\n" + second.encode("gb18030") + b"\n"))

    assert found.rows[1].turns[-1].text == "我喜欢喝龙井茶，你呢。"
    assert [(one.kind, one.row, one.dropped) for one in found.problems] == [("mixed_encoding", 2, False)]


def test_spaced_chinese_is_told_and_put_together_on_request(write: Write) -> None:
    path = write("a.jsonl", lines({"question": "你 喜欢 我 吗 ？", "answer": "我 喜欢 用 Python 写 程序 。"}))

    as_it_is, together = read_dataset(path), read_dataset(path, rejoin=True)

    assert [one.kind for one in as_it_is.problems] == ["spaced"]
    assert as_it_is.rows[0].turns[1].text == "我 喜欢 用 Python 写 程序 。"
    assert said(together.rows[0]) == [("user", "你喜欢我吗？"), ("character", "我喜欢用 Python 写程序。")]


def test_english_is_never_taken_for_spaced_chinese(write: Write) -> None:
    found = read_dataset(
        write("a.jsonl", lines({"question": "who are you", "answer": "I am 小满 , you know"}))
    )

    assert found.problems == ()


def test_a_reply_that_opens_is_kept_and_not_learnt(write: Write) -> None:
    turns = [("gpt", "来啦。"), ("human", "嗯。你好"), ("gpt", "坐。"), ("human", "再见")]
    value = {"conversations": [{"from": who, "value": text} for who, text in turns]}

    found = read_dataset(write("a.jsonl", lines(value)))

    assert [turn.train for turn in found.rows[0].turns] == [False, False, True]
    assert [one.kind for one in found.problems] == ["opens_with_reply", "unanswered"]


def test_two_messages_of_one_side_are_put_together(write: Write) -> None:
    turns = [("user", "在吗"), ("user", "问你件事"), ("assistant", "在。")]
    value = {"messages": [{"role": who, "content": text} for who, text in turns]}

    found = read_dataset(write("a.jsonl", lines(value)))

    assert said(found.rows[0]) == [("user", "在吗\n问你件事"), ("character", "在。")]
    assert [one.kind for one in found.problems] == ["same_role_twice"]


def test_messages_without_weight_are_read_and_not_learnt(write: Write) -> None:
    value = {
        "messages": [
            {"role": "system", "content": "你是小满。"},
            {"role": "user", "content": "一"},
            {"role": "assistant", "content": "甲", "weight": 0},
            {"role": "user", "content": "二"},
            {"role": "assistant", "content": "乙"},
        ]
    }

    row = read_dataset(write("a.jsonl", lines(value))).rows[0]

    assert row.system == "你是小满。"
    assert row.lines == ("乙",)


def test_thoughts_are_taken_out_and_told(write: Write) -> None:
    value = {"question": "几点了", "answer": "<think>\nThe user asks.\n</think>\n\n三点。"}

    found = read_dataset(write("a.jsonl", lines(value)))

    assert found.rows[0].turns[1].text == "三点。"
    assert [one.kind for one in found.problems] == ["thought_removed"]


def test_equal_sides_of_a_preference_are_left_out(write: Write) -> None:
    found = read_dataset(
        write(
            "a.jsonl",
            lines(
                {"prompt": "一", "chosen": "甲", "rejected": "甲"},
                {"prompt": "二", "chosen": "乙", "rejected": "丙"},
            ),
        )
    )

    assert [(one.kind, one.row) for one in found.problems] == [("identical_sides", 1)]
    assert found.rows[0].rejected == "丙"


def test_the_common_beginning_of_a_preference_is_its_prompt(write: Write) -> None:
    asked = {"role": "user", "content": "你好吗"}
    value = {
        "chosen": [asked, {"role": "assistant", "content": "好呀"}],
        "rejected": [asked, {"role": "assistant", "content": "作为AI"}],
    }

    row = read_dataset(write("a.jsonl", lines(value))).rows[0]

    assert said(row) == [("user", "你好吗"), ("character", "好呀")]
    assert row.rejected == "作为AI"


def test_labels_of_one_kind_alone_are_told(write: Write) -> None:
    values = [{"prompt": f"{n}", "completion": f"c{n}", "label": True} for n in range(3)]

    found = read_dataset(write("a.jsonl", lines(*values)))

    assert [one.kind for one in found.problems] == ["one_class"]


def test_history_of_alpaca_stands_before_the_question(write: Write) -> None:
    value = {
        "instruction": "后来呢",
        "input": "",
        "output": "走了。",
        "history": [["他来过吗", "来过。"]],
        "system": "简短",
    }

    row = read_dataset(write("a.jsonl", lines(value))).rows[0]

    expected = [("user", "他来过吗"), ("character", "来过。"), ("user", "后来呢"), ("character", "走了。")]
    assert expected == said(row)
    assert row.system == "简短"


def test_a_chat_of_sillytavern_is_one_conversation(write: Write) -> None:
    found = read_dataset(
        write(
            "a.jsonl",
            lines(
                {"user_name": "阿远", "character_name": "小满", "chat_metadata": {}},
                {"name": "小满", "is_user": False, "mes": "来啦。"},
                {"name": "阿远", "is_user": True, "mes": "来了。"},
                {"name": "系统", "is_user": False, "is_system": True, "mes": "[hidden]"},
                {"name": "小满", "is_user": False, "mes": "阿远，坐。", "swipes": ["走。", "阿远，坐。"]},
            ),
        )
    )

    assert found.form == "sillytavern"
    expected = [("character", "来啦。"), ("user", "来了。"), ("character", "{{user}}，坐。")]
    assert expected == said(found.rows[0])
    assert found.rows[0].lines == ("{{user}}，坐。",)
    assert {"hidden", "swipes", "opens_with_reply"} == {one.kind for one in found.problems}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.jsonl", b"", "empty"),
        ("a.jsonl", b"\x7fELF\x02\x01\x01\x00\x00\x00", "binary"),
        ("a.json", b"[]", "empty"),
        ("a.json", b'{"question": "a", "answer"', "damaged"),
        ("a.xlsx", b"PK\x03\x04", "unsupported"),
        ("a.csv", b"question,answer\n", "empty"),
        ("a.json", b"[" * 100_000, "damaged"),
    ],
)
def test_what_cannot_be_read_has_a_clear_verdict(write: Write, name: str, content: bytes, code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_dataset(write(name, content))

    assert code == caught.value.code
    assert caught.value.hint
