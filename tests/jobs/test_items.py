"""What was flushed is there after any death; what was torn is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.jobs.items import Items

pytestmark = pytest.mark.unit


def test_items_are_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    items = Items(tmp_path / "items.jsonl", "s")
    items.add("甲", {"text": "你好\u2028。", "n": 1})
    items.add_all([("b", 2), ("c", None)])
    items.add("b", 3)
    again = Items(tmp_path / "items.jsonl", "s")
    assert {key: again[key] for key in again} == {"甲": {"text": "你好\u2028。", "n": 1}, "b": 3, "c": None}
    assert "d" not in again
    assert again.get("d") is None


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_file_cut_anywhere_keeps_every_whole_line(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "items.jsonl"
    Items(path, "s").add_all([("雨", "下雨了"), ("b", 2)])
    raw = path.read_bytes()
    path.write_bytes(raw[:-cut])
    items = Items(path, "s")
    n_whole = raw[:-cut].count(b"\n") - 1
    assert len(items) == max(0, n_whole)
    items.add("c", 4)
    again = Items(path, "s")
    assert list(again) == [*list(items)]
    assert again["c"] == 4


def test_a_line_of_zeros_from_a_power_cut_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    Items(path, "s").add("a", 1)
    with path.open("ab") as file:
        file.write(b"\0" * 30 + b"\n")
    items = Items(path, "s")
    items.add("b", 2)
    assert list(Items(path, "s")) == ["a", "b"]


def test_items_made_by_other_rules_are_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    Items(path, "old").add("a", 1)
    assert len(Items(path, "new")) == 0
    assert "a" in Items(tmp_path / "items.jsonl.old", "old")
