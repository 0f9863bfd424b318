"""Rows in tokens: exactly what the running model reads, and only her lines are learnt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.domain.character import Character
from companion.engines.language_models.vocabulary import Vocabulary
from companion.forge.datasets.rows import Row, RowTurn
from companion.forge.datasets.training_rows import histogram, messages_of, token_rows

pytestmark = pytest.mark.engine

HER = "林黛玉"


@pytest.fixture(scope="module")
def vocabulary(small_mind: Path) -> Iterator[Vocabulary]:
    found = Vocabulary.load(small_mind)
    yield found
    found.close()


@pytest.fixture
def character(tmp_path: Path) -> Character:
    return Character("daiyu", HER, tmp_path, description="你是林黛玉。", first_mes="你来了。")


def test_narration_and_others_stand_in_the_users_messages() -> None:
    turns = (
        RowTurn("env", "外头下着雨"),
        RowTurn("other", "妹妹好。", "宝玉"),
        RowTurn("character", "你来了。", HER, True),
        RowTurn("character", "坐罢。", HER, False),
    )

    found = messages_of(turns, "你", "zh")

    assert [(one.role, one.text, learnt) for one, learnt in found] == [
        ("user", "（外头下着雨）\n宝玉：妹妹好。", False),
        ("assistant", "你来了。坐罢。", True),
    ]


@pytest.mark.parametrize(
    ("text", "user", "expected"),
    [
        ("{{user}}，你坐。", "你", "你坐。"),
        ("{{user}}，你坐。", "阿远", "阿远，你坐。"),
        ("我等{{user}}呢。", "你", "我等你呢。"),
    ],
)
def test_the_user_is_called_by_name_or_not_at_all(text: str, user: str, expected: str) -> None:
    ((found, _),) = messages_of((RowTurn("user", text),), user, "zh")

    assert found.text == expected


def test_what_is_learnt_reads_as_her_words(vocabulary: Vocabulary, character: Character) -> None:
    rows = [
        Row("a", (RowTurn("user", "你是谁？"), RowTurn("character", "我是“林黛玉”…… 1895年。", HER, True))),
        Row(
            "b",
            (
                RowTurn("other", "妹妹", "宝玉"),
                RowTurn("character", "嗯？", HER, False),
                RowTurn("env", "他笑了"),
                RowTurn("character", "你又来招我。", HER, True),
            ),
        ),
        Row(
            "c",
            (
                RowTurn("character", "你来了。"),
                RowTurn("user", "嗯"),
                RowTurn("character", "坐。", HER, True),
            ),
        ),
    ]

    made = token_rows(rows, character, vocabulary, most_tokens=900)

    read = [[vocabulary.text(one["ids"][a : b - n]) for a, b, n in one["spans"]] for one in made.rows]
    assert read == [["我是“林黛玉”…… 1895年。"], ["你又来招我。"], ["坐。"]]
    assert all(vocabulary.ends_reply(one["ids"][b - 1]) for one in made.rows for _, b, _ in one["spans"])
    assert "你是林黛玉。" in vocabulary.text(made.prefix)


def test_rows_that_are_too_long_are_told(vocabulary: Vocabulary, character: Character) -> None:
    long = Row("a", (RowTurn("user", "雨" * 300), RowTurn("character", "嗯。", HER, True)))
    nothing = Row("b", (RowTurn("user", "雨"), RowTurn("character", "嗯。", HER, False)))

    made = token_rows([long, nothing], character, vocabulary, most_tokens=100)

    assert made.left_out == (("a", "too_long"), ("b", "nothing_to_learn"))


def test_lengths_are_counted_in_steps() -> None:
    assert histogram([1, 63, 64, 200]) == {"0-63": 2, "64-127": 1, "192-255": 1}
