"""Export: what a form can hold comes back from it, and what it cannot is counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from companion.forge.datasets.rows import Row, RowTurn, row_id
from companion.forge.formats.reading import read_dataset
from companion.forge.formats.writing import EXPORTS, written

pytestmark = pytest.mark.unit

Write = Callable[..., Path]


def row(*texts: str, system: str = "", rejected: str = "", label: bool | None = None) -> Row:
    turns = tuple(
        RowTurn("character" if n % 2 else "user", text, train=bool(n % 2)) for n, text in enumerate(texts)
    )
    return Row(row_id(turns), turns, system=system, rejected=rejected, label=label)


LONG = row("你好，“小满”", "你好。\n坐吧。", "喝茶吗", "Tea, please. 喝。", system="你是小满。")
SHORT = row("你是谁？", "我是小满。")


@pytest.mark.parametrize("form", ["messages", "sharegpt", "xtuner", "alpaca", "chatml"])
def test_whole_conversations_come_back(write: Write, form: str) -> None:
    made = written([LONG, SHORT], form)  # type: ignore[arg-type]

    found = read_dataset(write(f"a{made.suffix}", made.content))

    assert form == found.form
    assert [LONG.turns, SHORT.turns] == [
        tuple(RowTurn(one.role, one.text, train=one.role == "character") for one in row.turns)
        for row in found.rows
    ]
    assert [row.system for row in found.rows] == ["你是小满。", ""]
    assert made.left_out == {}
    assert made.content == written(found.rows, form).content  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["pairs", "input_output", "csv"])
def test_pairs_hold_the_last_question_and_count_what_is_lost(write: Write, form: str) -> None:
    made = written([LONG, SHORT], form)  # type: ignore[arg-type]

    found = read_dataset(write(f"a{made.suffix}", made.content))

    assert ("pairs", [LONG.turns[2:], SHORT.turns]) == (found.form, [row.turns for row in found.rows])
    assert made.left_out == {"earlier_turns": 1, "system": 1}


def test_preferences_come_back(write: Write) -> None:
    one = row("你是谁？", "我是小满。", rejected="我是AI。", system="你是小满。")

    made = written([one, SHORT], "preference")
    found = read_dataset(write("a.jsonl", made.content))

    assert (made.left_out, made.n_rows) == ({"no_pair": 1}, 1)
    assert [(one.turns, one.rejected, one.system)] == [(r.turns, r.rejected, r.system) for r in found.rows]


@pytest.mark.parametrize("label", [True, False])
def test_labels_come_back(write: Write, label: bool) -> None:
    made = written([row("问", "答", label=label), SHORT], "kto")

    found = read_dataset(write("a.jsonl", made.content))

    assert ([label], {"no_label": 1}) == ([one.label for one in found.rows], made.left_out)


def test_a_chat_of_sillytavern_comes_back(write: Write) -> None:
    made = written([LONG, SHORT], "sillytavern", character="小满")

    found = read_dataset(write("a.jsonl", made.content))

    assert ("sillytavern", [LONG.turns]) == (found.form, [row.turns for row in found.rows])
    assert made.left_out == {"other_conversations": 1}


def test_what_is_not_learnt_has_no_weight() -> None:
    turns = (
        RowTurn("user", "一"),
        RowTurn("character", "甲"),
        RowTurn("user", "二"),
        RowTurn("character", "乙", train=True),
    )

    made = json.loads(written([Row("x", turns)], "messages").content)

    assert [one.get("weight") for one in made["messages"]] == [None, 0, None, None]


def test_scenes_keep_who_speaks_in_words() -> None:
    turns = (
        RowTurn("env", "黛玉坐在窗下"),
        RowTurn("other", "妹妹好。", "宝玉"),
        RowTurn("character", "你来了。", "黛玉", True),
    )

    made = json.loads(written([Row("x", turns)], "sharegpt").content)

    assert made[0]["conversations"][0]["value"] == "（黛玉坐在窗下）\n宝玉：妹妹好。"


def test_every_export_can_be_written_without_rows() -> None:
    assert [0] * len(EXPORTS) == [written([], form).n_rows for form in EXPORTS]  # type: ignore[arg-type]
