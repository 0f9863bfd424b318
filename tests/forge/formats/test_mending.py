"""Broken JSON is mended only where one reading is sure, and every change is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from companion.errors import DocumentError
from companion.forge.formats.mending import mended
from companion.forge.formats.reading import read_dataset

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("broken", "value"),
    [
        ('[{"q": "一", "a": "二",}]', [{"q": "一", "a": "二"}]),
        ('[{"q": 1}\n{"q": 2}]', [{"q": 1}, {"q": 2}]),
        ("[{'q': 'it is', 'a': '好'}]", [{"q": "it is", "a": "好"}]),
        ("[{“q”：“一”，“a”：“二”}]".replace('"', ""), [{"q": "一", "a": "二"}]),
        ('{"q": "一\n二"}', {"q": "一\n二"}),
        ('{q: "a: b, c", a: True}', {"q": "a: b, c", "a": True}),
        ('[{"q": 1}, // the first\n {"q": 2}]', [{"q": 1}, {"q": 2}]),
        ('[{"q": 1}, {"q": 2}, {"q": "cut o', [{"q": 1}, {"q": 2}]),
    ],
)
def test_what_is_sure_is_mended_and_told(broken: str, value: object) -> None:
    found = mended(broken)

    assert found is not None
    assert value == found[0]
    assert all(one.before != one.after and one.what for one in found[1])
    assert found[1]


@pytest.mark.parametrize("broken", ["{", "no json at all", '{"a": "b" "c" "d"}', '{"a" 1}', ""])
def test_what_is_not_sure_is_left_alone(broken: str) -> None:
    assert mended(broken) is None


def test_texts_are_never_changed_by_mending() -> None:
    found = mended('[{"q": "a, ] // no comment {x: True} \'quoted\'",}]')

    assert found is not None
    assert found[0] == [{"q": "a, ] // no comment {x: True} 'quoted'"}]


def test_mending_is_asked_for_and_shown(write: Callable[..., Path]) -> None:
    path = write("a.json", '[{"question": "一", "answer": "甲",}, {"question": "二", "answer": "乙"}]')

    with pytest.raises(DocumentError):
        read_dataset(path)
    found = read_dataset(path, mend=True)

    assert len(found.rows) == 2
    assert [one.what for one in found.mends] == ["a comma too many"]


def test_a_broken_line_among_good_ones_is_mended_alone(write: Callable[..., Path]) -> None:
    good = '{"question": "一", "answer": "甲"}\n{"question": "二", "answer": "乙"}\n'
    path = write("a.jsonl", good + '{"question": "三", "answer": "丙",}\n')

    without, found = read_dataset(path), read_dataset(path, mend=True)

    assert ([(one.kind, one.row) for one in without.problems], len(without.rows)) == ([("no_json", 3)], 2)
    assert ([one.row for one in found.mends], len(found.rows)) == ([3], 3)
