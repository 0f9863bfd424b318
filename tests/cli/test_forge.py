"""`companion forge`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

Run = Callable[..., Any]

STORY = (
    "第一章 雨夜\n\n张明走来，说：“你来了。”\n\n李华说：“来了。”\n\n张明笑道：“坐吧。”\n\n李华道：“好。”\n\n"
    "“谁在那里？”\n"
)


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "雨夜.txt"
    file.write_text(STORY, encoding="utf-8")
    return file


def test_a_novel_is_taken_apart_step_by_step(run: Run, story: Path) -> None:
    units = run("forge", "units", str(story), "--json").json
    assert [one["title"] for one in units["rows"]] == ["第一章 雨夜"]
    cast = run("forge", "cast", str(story), "--json").json
    assert {(one["id"], one["n_lines"], one["advice"]) for one in cast["rows"]} == {
        ("张明", 3, "prompt"),
        ("李华", 2, "prompt"),
    }
    quotes = run("forge", "quotes", str(story), "--json").json
    assert [one["speaker"] for one in quotes["rows"]][:4] == ["张明", "李华", "张明", "李华"]
    assert quotes["form"] == "novel"
    speakers = run("forge", "speakers", str(story), "--json").json
    assert sum(one["n"] for one in speakers["rows"]) == speakers["n_rows"] == 5
    scenes = run("forge", "scenes", str(story), "--name", "李华", "--json").json
    assert scenes["rows"][0]["n_pairs"] >= 1


def test_what_is_told_to_a_reader_has_figures_and_places(run: Run, story: Path) -> None:
    assert "under 100 lines" in run("forge", "cast", str(story)).out
    assert "quotes are left open" in run("forge", "speakers", str(story)).out
    assert "张明: 你来了。" in run("forge", "quotes", str(story)).out
    assert "more; show them with --limit 0" in run("forge", "preview", str(story), "--limit", "1").out


def test_a_correction_holds_in_every_later_run(run: Run, story: Path) -> None:
    before = run("forge", "quotes", str(story), "--json").json["rows"]
    start = str(before[0]["start"])
    assert "Kept" in run("forge", "correct", str(story), "speaker", start, "王芳").out
    run("forge", "correct", str(story), "rename", "李华", "李小华")
    after = run("forge", "quotes", str(story), "--json").json["rows"]
    assert (after[0]["speaker"], after[0]["method"]) == ("王芳", "human")
    assert after[1]["speaker"] == "李小华"


@pytest.mark.parametrize(
    "words", [["merge", "张明"], ["speaker", "1"], ["speaker", "x", "张明"], ["dance"], []]
)
def test_a_correction_that_means_nothing_is_refused(run: Run, story: Path, words: list[str]) -> None:
    done = run("forge", "correct", str(story), *words)
    assert done.code == 2
    assert not story.with_name("雨夜.txt.overrides.jsonl").exists()


def test_a_file_that_cannot_be_used_is_told_in_one_sentence(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"\x7fELF" + bytes(200))
    done = run("forge", "cast", str(file), "--json")
    assert (done.code, done.json["code"]) == (1, "binary")
    assert run("forge", "cast").code == 2
