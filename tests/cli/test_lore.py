"""`companion lore` and its part of `companion bench`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.cli.benchmarks.lore import Question, questions_of, table
from companion.documents.document import Document
from companion.errors import UsageError

pytestmark = pytest.mark.unit

Run = Callable[..., Any]

STORY = "《河边》\n\n第一章 茶馆\n\n茶馆里有一只白猫，名字叫小雪。\n\n第二章 大水\n\n那年夏天发了大水。\n"


@pytest.fixture
def demo_index(tmp_path: Path) -> None:
    """Settings under which the index needs no weights."""
    config = tmp_path / "home" / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "settings.toml").write_text('[mind]\nengine = "demo"\n', encoding="utf-8")


@pytest.mark.usefixtures("demo_index")
def test_documents_are_added_searched_explained_and_removed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "河边.txt"
    file.write_text(STORY, encoding="utf-8")

    added = run("lore", "add", str(file), "--json").json[0]
    assert (added["title"], added["n_chapters"]) == ("河边", 2)
    assert run("lore", "build", "--json").json["n_items"] == added["n_passages"]
    found = run("lore", "search", "白猫叫什么", "--json").json
    assert "小雪" in found[0]["text"]
    assert found[0]["header"].startswith("《河边》第一章")
    early = run("lore", "search", "大水", "--until", "2", "--json").json
    assert not any("大水" in one["text"] for one in early)
    assert run("lore", "explain", "白猫", "--json").json["candidates"][0]["bm25_rank"] == 1
    assert run("lore", "remove", added["id"], "--json").json == []


@pytest.mark.usefixtures("demo_index")
def test_people_read_where_a_passage_stands(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "河边.txt"
    file.write_text(STORY, encoding="utf-8")
    run("lore", "add", str(file))
    done = run("lore", "search", "白猫叫什么")

    assert "河边.txt" in done.out
    assert "小雪" in done.out
    assert "1 document" not in done.err


@pytest.mark.usefixtures("demo_index")
def test_files_and_questions_may_stand_behind_the_options(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "河边.txt"
    file.write_text(STORY, encoding="utf-8")
    assert run("lore", "add", "--character", "wren", str(file), "--json").json[0]["title"] == "河边"
    found = run("lore", "search", "--character", "wren", "白猫", "叫什么", "--json").json
    assert "小雪" in found[0]["text"]
    refused = run("lore", "search", "白猫", "--nonsense", "x")
    assert (refused.code, "--nonsense" in refused.err) == (2, True)


def test_a_wrong_use_is_told(run: Run, tmp_path: Path) -> None:
    assert run("lore", "add").code == 2
    assert run("lore", "add", "x.txt", "--character", "nobody").code == 2
    missing = run("lore", "add", str(tmp_path / "missing.txt"))
    assert missing.code == 1
    assert "missing.txt" in missing.err
    assert run("bench", "lore").code == 2


def test_recall_is_counted_by_the_rank_of_the_first_hit() -> None:
    questions = [
        Question("1", "dev", "plain", "a", ((10, 20),)),
        Question("2", "test", "plain", "b", ((100, 110),)),
        Question("3", "test", "none", "c", ()),
    ]
    spans = {"a": [(0, 10), (15, 30)], "b": [(0, 10)]}
    out = table(questions, lambda text: spans[text])

    assert (out["dev"]["recall@1"], out["dev"]["recall@3"], out["dev"]["mrr"]) == (0.0, 1.0, 0.5)
    assert out["test"]["n"] == 1
    assert out["all"]["recall@10"] == 0.5


def test_another_text_than_the_novel_is_refused() -> None:
    with pytest.raises(UsageError):
        questions_of(Document("d", "a.txt", "t", "他走了。"))


def test_a_folder_is_added_and_what_cannot_be_read_keeps_no_other_from_it(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "书"
    (folder / "下册").mkdir(parents=True)
    (folder / "上.txt").write_text(STORY, encoding="utf-8")
    (folder / "下册" / "下.md").write_text(STORY, encoding="utf-8")
    (folder / "封面.png").write_bytes(b"\x89PNG")
    (folder / "空.txt").write_text("", encoding="utf-8")
    done = run("lore", "add", str(folder), "--json")
    assert done.code == 1
    assert {one["file"]: one["error"] for one in done.json} == {
        "上.txt": "",
        "下.md": "",
        "空.txt": "空.txt is empty.",
    }


def test_an_unknown_character_is_told_by_every_action(run: Run) -> None:
    for action in (("list",), ("search", "猫"), ("remove", "x")):
        assert run("lore", *action, "--character", "nobody").code == 2
