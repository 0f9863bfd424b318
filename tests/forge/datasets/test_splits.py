"""Splits by chapter, and nothing of the held-out chapters among what is learnt."""

from __future__ import annotations

import pytest

from companion.forge.datasets.rows import Row, RowTurn, Split
from companion.forge.datasets.splits import splits_of, without_shared

pytestmark = pytest.mark.unit

LINE = "我就知道，别人不挑剩下的也不给我，替我道谢罢了。"


def row(id_: str, line: str, split: Split) -> Row:
    return Row(id_, (RowTurn("user", "给你。"), RowTurn("character", line, train=True)), split=split)


def test_the_last_tenth_of_her_lines_is_for_testing() -> None:
    found = splits_of({(chapter, 0): 10 for chapter in range(20)})

    assert [one for one, split in found.items() if split == "test"] == [(19, 0), (18, 0)]
    assert [one for one, split in found.items() if split == "val"] == [(17, 0), (16, 0)]
    assert sum(split == "train" for split in found.values()) == 16


def test_chapters_without_her_do_not_count() -> None:
    lines = {(chapter, 0): 10 if chapter < 10 else 0 for chapter in range(30)}

    found = splits_of(lines)

    assert found[9, 0] == "test"
    assert (29, 0) not in found


@pytest.mark.parametrize("n", [1, 2, 3])
def test_there_is_always_something_to_learn_from(n: int) -> None:
    assert "train" in splits_of({(chapter, 0): 5 for chapter in range(n)}).values()


def test_a_line_of_the_test_is_not_learnt_even_if_it_differs_a_little() -> None:
    nearly = LINE.replace("替我道谢罢了", "替我道谢吧了").replace("，", "、")
    other = "你又来招我，明儿再不理你了，看你和谁顽去。"

    kept, dropped = without_shared(
        [row("a", nearly, "train"), row("b", other, "train"), row("c", LINE, "test")]
    )

    assert [one.id for one in kept] == ["b", "c"]
    assert [(one.id, reason) for one, reason in dropped] == [("a", "in_held_out")]


def test_short_lines_may_stand_on_both_sides() -> None:
    kept, _ = without_shared([row("a", "知道了。", "train"), row("b", "知道了。", "test")])

    assert len(kept) == 2


def test_a_line_is_learnt_three_times_at_most() -> None:
    kept, dropped = without_shared([row(str(n), "坐罢。", "train") for n in range(5)])

    assert (len(kept), [reason for _, reason in dropped]) == (3, ["repeated", "repeated"])
