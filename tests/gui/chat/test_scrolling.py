from __future__ import annotations

import random

import pytest

from companion.gui.chat.scrolling import RowPositions

pytestmark = pytest.mark.gui


def made(n: int, *, exact: float = 50.0, guess: float = 80.0) -> tuple[RowPositions, list[int]]:
    measured: list[int] = []

    def measure(row: int) -> float:
        measured.append(row)
        return exact + row % 7

    rows = RowPositions(measure, lambda _: guess)
    rows.reset(n)
    return rows, measured


def test_only_what_is_in_view_is_measured() -> None:
    rows, measured = made(10_000)
    rows.settle_at_end(600)
    assert min(measured) >= 9_985
    rows.settle(4_000.0, 600)
    assert len(measured) < 40


def test_the_end_is_where_the_last_row_ends() -> None:
    rows, _ = made(100)
    value = rows.settle_at_end(500)
    assert value == pytest.approx(rows.total - 500)
    assert rows.at(rows.total - 1) == 99


def test_a_row_that_is_read_stays_while_rows_above_it_are_measured() -> None:
    rows, _ = made(1_000)
    value = rows.settle_at_end(500)
    random.seed(3)
    for _ in range(200):
        value = max(0.0, value - random.uniform(5, 90))
        known = [row for row in range(rows.at(value), rows.at(value + 500) + 1) if rows.is_exact(row)]
        before = rows.top(known[0]) - value
        settled = rows.settle(value, 500)
        assert rows.top(known[0]) - settled == pytest.approx(before, abs=0.01)
        value = settled


def test_inserting_and_removing_keeps_the_other_heights() -> None:
    rows, _ = made(5)
    for row in range(5):
        rows.measure(row)
    rows.insert(2, 3)
    assert [rows.is_exact(row) for row in range(8)] == [True, True, False, False, False, True, True, True]
    rows.remove(2, 3)
    assert [rows.height(row) for row in range(5)] == [50, 51, 52, 53, 54]


def test_nothing_there_is_no_trouble() -> None:
    rows, _ = made(0)
    assert rows.at(10) == -1
    assert rows.settle(100, 500) == 0
    assert rows.settle_at_end(500) == 0
