"""`companion forge run`, `import`, `export` and `status`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

Run = Callable[..., Any]

_SAID = "张明说：“第{n}件事，是把门前的路修好。”\n\n李华说：“第{n}件事我也记得清楚。”"
STORY = "第一章 修路\n\n" + "\n\n".join(_SAID.format(n=n) for n in "一二三四五六七八九十")


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "修路.txt"
    file.write_text(STORY, encoding="utf-8")
    return file


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "data.jsonl"
    rows = [{"question": "你是谁？", "answer": "我是小满。"}, {"question": "空", "answer": ""}]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return file


def test_one_command_makes_a_character(run: Run, story: Path, tmp_path: Path) -> None:
    done = run("forge", "run", str(story), "--name", "张明", "--no-train", "--out", str(tmp_path / "pack"))

    assert done.code == 0
    assert str(tmp_path / "pack") in done.out
    assert "below 100" in done.out
    assert (tmp_path / "pack" / "card.json").is_file()
    assert run("characters", "check", str(tmp_path / "pack")).code == 0


def test_the_job_can_be_looked_at_and_goes_on(run: Run, story: Path) -> None:
    run("forge", "run", str(story), "--name", "张明", "--no-train", "--to", "dataset")

    before = {one["stage"]: one["state"] for one in run("forge", "status", "--json").json["stages"]}
    assert (before["dataset"], before["pack"]) == ("done", "pending")

    assert run("forge", "run", "--resume", "--name", "张明").code == 0
    after = {one["stage"]: one["state"] for one in run("forge", "status", "--json").json["stages"]}
    assert set(after.values()) == {"done"}


def test_more_names_of_hers_are_one_person(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(STORY + "\n\n" + STORY.replace("张明", "老张"), encoding="utf-8")

    run(
        "forge",
        "run",
        str(file),
        "--name",
        "张明",
        "--name",
        "老张",
        "--no-train",
        "--out",
        str(tmp_path / "p"),
    )

    stages = run("forge", "status", "--json").json["folder"]
    report = json.loads((Path(stages) / "stages" / "card" / "report.json").read_bytes())
    assert report["n_lines"] == 20


def test_a_preview_tells_what_would_be_left_out(run: Run, data: Path) -> None:
    found = run("forge", "import", str(data), "--preview", "--json").json

    assert (found["form"], found["n_rows"], found["n_values"]) == ("pairs", 1, 2)
    assert [(one["row"], one["kind"]) for one in found["problems"]] == [(2, "empty_answer")]
    assert "1 of 2 rows can be used" in run("forge", "import", str(data), "--preview").out


def test_a_data_set_goes_in_and_comes_out_in_another_form(run: Run, data: Path, tmp_path: Path) -> None:
    assert run("forge", "import", str(data), "--name", "小满", "--no-train").code == 0

    out = tmp_path / "out.json"
    assert run("forge", "export", "小满", "--as", "sharegpt", "--out", str(out)).code == 0

    turns = [{"from": "human", "value": "你是谁？"}, {"from": "gpt", "value": "我是小满。"}]
    assert json.loads(out.read_bytes()) == [{"conversations": turns}]


@pytest.mark.parametrize(
    "words",
    [
        ("run", "novel.txt"),
        ("run", "--resume"),
        ("status",),
        ("export", "nobody"),
        ("export", "nobody", "--as", "alpaca"),
    ],
)
def test_a_wrong_use_says_what_is_missing(run: Run, words: tuple[str, ...]) -> None:
    done = run("forge", *words)

    assert done.code == 2
    assert done.err


def test_a_data_set_given_to_the_wrong_action_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"title": "x"}\n', encoding="utf-8")

    done = run("forge", "import", str(file), "--preview")

    assert done.code == 1
    assert "title" in done.err
