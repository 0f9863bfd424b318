"""The tail scores as the saved part would, and only what was saved exactly is loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from companion.engines.recall.keywords import Keywords
from companion.engines.recall.records import Record

pytestmark = pytest.mark.unit

TEXTS = ["花 园 花", "雨 天 园", "rose garden", "rain on the rose garden rose", "花 落 雨", "月 亮"]


def records(texts: list[str] = TEXTS, first: int = 1) -> list[Record]:
    return [
        Record(str(n), bytes(16), 0, text, tuple(text.split(" ")), n) for n, text in enumerate(texts, first)
    ]


@pytest.mark.parametrize("query", [["花"], ["rose", "rain"], ["花", "花", "园"], ["nowhere"], []])
def test_a_tail_scores_like_a_whole_index(query: list[str]) -> None:
    every = records(TEXTS * 20)
    whole = Keywords.build(every).scores(query)
    grown = Keywords.build(every[:-6]).changed(set(), every[-6:]).scores(query)
    # The saved part keeps its word counts and its mean length.
    assert grown == pytest.approx(whole, rel=0.1, abs=1e-6)
    assert (grown > 0).tolist() == (whole > 0).tolist()


def test_dead_rows_score_nothing_in_both_parts() -> None:
    every = records()
    index = Keywords.build(every[:3]).changed(set(), every[3:]).changed({1, 5}, [])
    assert index.scores(["花"]).tolist() == [0.0] * 6
    assert index.alive.tolist() == [False, True, True, True, False, True]


def test_what_was_saved_is_loaded_with_the_same_scores(tmp_path: Path) -> None:
    index = Keywords.build(records())
    index.save(tmp_path)
    loaded = Keywords.load(tmp_path)
    assert loaded is not None
    assert np.array_equal(loaded.scores(["花", "rose"]), index.scores(["花", "rose"]))


def test_one_other_byte_and_it_is_not_loaded(tmp_path: Path) -> None:
    Keywords.build(records()).save(tmp_path)
    for file in sorted((tmp_path / "bm25").iterdir()):
        sound = file.read_bytes()
        file.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
        assert Keywords.load(tmp_path) is None, file.name
        file.write_bytes(sound)
    assert Keywords.load(tmp_path) is not None


def test_a_saved_part_follows_what_came_and_went() -> None:
    every = records()
    followed = Keywords.build(every[:4]).following([every[0], *every[2:]])
    assert followed is not None
    assert followed.scores(["雨"])[1] == 0.0
    assert followed.scores(["月"])[5] > 0.0
    assert Keywords.build(every[:1]).following(records(["x"] * 200, first=7)) is None


def test_items_without_words_are_no_error() -> None:
    empty = Keywords.build([Record("1", bytes(16), 0, "", (), 1)])
    assert empty.scores(["花"]).tolist() == [0.0]
    assert Keywords.build([]).changed(set(), records()).scores(["月"])[5] > 0.0
