"""`companion characters` takes cards and lorebooks in, tells what became of them, and writes them out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

Run = Callable[..., Any]
BOOK = {"entries": {"0": {"uid": 0, "key": ["雾"], "content": "夜里有雾。", "strange": 1}}}


@pytest.mark.parametrize("suffix", ["charx", "png", "json"])
def test_a_character_goes_out_and_comes_back(run: Run, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"her.{suffix}"
    done = run("characters", "export", "xiaoman", "-o", str(target), "--json")
    assert done.code == 0
    assert done.json["form"] == suffix
    assert bool(done.json["left_out"]) == (suffix != "charx")
    (taken,) = run("characters", "import", str(target), "--json").json
    assert (taken["kind"], taken["usable"], taken["name"]) == ("character", True, "小满")
    assert taken["lore_entries"] == done.json["lore_entries"] >= 12
    assert taken["fates"]["kept"] > 20
    assert taken["id"] in {one["id"] for one in run("characters", "list", "--json").json}
    assert run("characters", "remove", taken["id"]).code == 0
    assert taken["id"] not in {one["id"] for one in run("characters", "list", "--json").json}


def test_an_import_replaces_only_where_it_is_asked_to(run: Run, tmp_path: Path) -> None:
    card = {"name": "阿桥", "description": "旧的。", "first_mes": "上船吧。"}
    source = tmp_path / "阿桥.json"
    source.write_text(json.dumps(card, ensure_ascii=False), "utf-8")
    ids = [run("characters", "import", str(source), "--json").json[0]["id"] for _ in range(2)]
    assert ids == ["阿桥", "阿桥-2"]
    source.write_text(json.dumps({**card, "name": "新桥"}, ensure_ascii=False), "utf-8")
    (taken,) = run("characters", "import", str(source), "--replace", "--json").json
    assert (taken["id"], taken["name"]) == ("阿桥", "新桥")
    found = {one["id"]: one["name"] for one in run("characters", "list", "--json").json}
    assert (found["阿桥"], found["阿桥-2"]) == ("新桥", "阿桥")


def test_no_import_takes_the_place_of_one_that_ships(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "wren.json"
    source.write_text(json.dumps({"name": "W", "description": "x", "first_mes": "Hi."}), "utf-8")
    for more in ((), ("--replace",)):
        (taken,) = run("characters", "import", str(source), *more, "--json").json
        assert taken["id"].startswith("wren-")


def test_a_text_goes_along_as_lore(run: Run, tmp_path: Path) -> None:
    (tmp_path / "故事.txt").write_text("河水向东。", "utf-8")
    target = tmp_path / "her.charx"
    run("characters", "export", "wren", "-o", str(target), "--with-lore", str(tmp_path / "故事.txt"))
    (taken,) = run("characters", "import", str(target), "--json").json
    assert taken["documents"] == 1


def test_the_report_tells_what_is_kept_without_use(run: Run, tmp_path: Path) -> None:
    (tmp_path / "book.json").write_text(json.dumps(BOOK, ensure_ascii=False), "utf-8")
    done = run("characters", "import", str(tmp_path / "book.json"))
    assert done.code == 0
    assert "kept for export, but not used: 1" in done.out
    assert "entries[].strange" in done.out


def test_a_book_is_attached_and_exported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "雾.json").write_text(json.dumps(BOOK, ensure_ascii=False), "utf-8")
    (info,) = run("characters", "books", "import", str(tmp_path / "雾.json"), "--json").json
    assert (info["id"], info["entries"], info["form"]) == ("雾", 1, "world_info")
    assert run("characters", "books", "attach", "雾", "wren").code == 0
    (info,) = run("characters", "books", "list", "--json").json
    assert info["characters"] == ["wren"]
    assert run("characters", "books", "export", "雾", "-o", str(tmp_path / "out.json")).code == 0
    written = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert written["spec"] == "lorebook_v3"
    assert written["data"]["entries"][0]["strange"] == 1
    assert run("characters", "books", "detach", "雾", "wren").code == 0
    assert run("characters", "books", "remove", "雾").code == 0
    assert run("characters", "books", "list", "--json").json == []


def test_one_bad_file_of_several_is_told_and_the_rest_come_in(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{", "utf-8")
    (tmp_path / "book.json").write_text(json.dumps(BOOK), "utf-8")
    done = run("characters", "import", str(tmp_path / "bad.json"), str(tmp_path / "book.json"), "--json")
    assert done.code == 1
    assert [one["kind"] for one in done.json] == ["refused", "lorebook"]
    assert done.json[0]["error"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("import",),
        ("export", "xiaoman"),
        ("export", "xiaoman", "-o", "her.webp"),
        ("export", "nobody", "-o", "her.png"),
        ("remove", "xiaoman"),
        ("books", "dance"),
        ("books", "attach", "none", "xiaoman"),
        ("books", "attach", "none"),
    ],
)
def test_a_wrong_use_ends_with_2(run: Run, wrong: tuple[str, ...]) -> None:
    done = run("characters", *wrong, "--json")
    assert done.code == 2
    assert done.json["hint"]


def test_a_file_that_is_not_there_keeps_no_other_from_coming_in(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "阿桥.json"
    source.write_text(json.dumps({"name": "阿桥", "description": "x", "first_mes": "来啦。"}), "utf-8")
    done = run("characters", "import", str(source), str(tmp_path / "没有.png"), "--json")
    assert done.code == 1
    assert [one["kind"] for one in done.json] == ["character", "refused"]
    assert "没有.png" in done.json[1]["error"]


def test_lorebooks_are_taken_in_one_by_one_and_what_is_done_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "雾.json").write_text(json.dumps(BOOK, ensure_ascii=False), "utf-8")
    (tmp_path / "坏.json").write_text("{", "utf-8")
    done = run("characters", "books", "import", str(tmp_path / "坏.json"), str(tmp_path / "雾.json"))
    assert done.code == 1
    assert "坏.json\tnot taken in" in done.out
    assert "雾\t雾\t1 entry" in done.out
    assert run("characters", "books", "attach", "雾", "xiaoman").out.startswith("book 雾, character xiaoman")
    assert run("characters", "books", "remove", "雾", "--json").json == {"removed": "雾"}


def test_a_sentence_that_names_its_file_names_it_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "坏卡.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    done = run("characters", "check", str(tmp_path / "坏卡.png"))
    assert done.code == 1
    assert done.out.count("坏卡.png") == 2  # its path, and the sentence
