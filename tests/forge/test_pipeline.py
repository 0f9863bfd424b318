"""From a text to a pack as one job."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.errors import UsageError
from companion.forge.datasets.rows import loaded_rows
from companion.forge.pipeline import CARD_EDITS, DATASET, forge_job
from companion.forge.request import ForgeRequest, job_folder, load_request, save_request
from companion.jobs.job import JobResult
from companion.packs.library import report_on
from tests.forge.conftest import DATA

pytestmark = pytest.mark.unit

Write = Callable[..., Path]


def chapters(tmp_path: Path) -> Path:
    file = tmp_path / "红楼梦.txt"
    texts = [one.read_text(encoding="utf-8") for one in sorted(DATA.glob("hongloumeng_*.txt"))]
    file.write_text("\n\n".join(texts), encoding="utf-8")
    return file


def run(tmp_path: Path, file: Path, name: str = "黛玉", **options: Any) -> tuple[JobResult, ForgeRequest]:
    request = ForgeRequest(file, name, tmp_path / "characters" / name, **options)
    job = forge_job(tmp_path / "job", request, cache=tmp_path / "cache")
    return job.run(), request


def test_a_novel_becomes_a_character_with_lore(tmp_path: Path) -> None:
    result, request = run(tmp_path, chapters(tmp_path), rights="public-domain")

    assert result.outcome == "done"
    report = report_on(request.out, cache=tmp_path / "cache")
    assert report.character is not None
    assert "黛玉" in report.character.description
    assert len(report.character.documents) == 1
    rows = loaded_rows(tmp_path / "job" / DATASET)
    assert {row.split for row in rows} == {"train", "val", "test"}


def test_the_test_chapters_stay_out_of_the_card(tmp_path: Path) -> None:
    _, request = run(tmp_path, chapters(tmp_path))

    rows = loaded_rows(tmp_path / "job" / DATASET)
    held_out = {row.chapter for row in rows if row.split == "test"}
    text = json.loads((request.out / "card.json").read_bytes())["data"]
    learnt = {line for row in rows if row.split == "test" for line in row.lines}
    assert held_out
    assert not any(
        line in text["mes_example"] or line == text["first_mes"] for line in learnt if len(line) > 8
    )


def test_a_second_run_does_nothing_and_an_edit_goes_into_the_pack(tmp_path: Path) -> None:
    _, request = run(tmp_path, chapters(tmp_path))
    job = forge_job(tmp_path / "job", request, cache=tmp_path / "cache")
    before = {one.stage: one.started for one in job.status()}

    job.run()
    assert before == {one.stage: one.started for one in job.status()}

    (tmp_path / "job" / CARD_EDITS).write_text('{"personality": "爱哭。"}', encoding="utf-8")
    job.run()

    after = {one.stage: one.started for one in job.status()}
    assert {stage for stage in after if after[stage] != before[stage]} == {"card", "pack"}
    assert json.loads((request.out / "card.json").read_bytes())["data"]["personality"] == "爱哭。"


def test_somebody_who_says_nothing_is_told_with_who_does(tmp_path: Path) -> None:
    result, _ = run(tmp_path, chapters(tmp_path), name="孙悟空")

    assert (result.outcome, result.stage, result.code) == ("failed", "card", "nobody")
    assert "宝玉" in result.hint


def test_few_lines_are_not_trained_on(tmp_path: Path) -> None:
    story = "\n\n".join(
        f"张明说：“第{n}件事，是把门前的路修好。”\n\n李华说：“第{n}件我也记得。”"
        for n in "一二三四五六七八九十"
    )
    file = tmp_path / "路.txt"
    file.write_text(f"第一章 修路\n\n{story}", encoding="utf-8")
    base = tmp_path / "base.gguf"
    base.write_bytes(b"never opened")

    result, request = run(tmp_path, file, name="张明", base=base)

    assert result.outcome == "done"
    report = json.loads((tmp_path / "job" / "stages" / "train" / "report.json").read_bytes())
    assert report == {"skipped": "few_lines"}
    assert report_on(request.out, cache=tmp_path / "cache").character is not None


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00", "binary"),
        ("a.txt", b"", "empty"),
        ("a.exe", b"MZ", "unsupported"),
        ("a.jsonl", b'{"question": "a", "answer": ""}\n', "empty"),
    ],
)
def test_what_cannot_be_used_ends_in_the_import_with_a_verdict(
    write: Write, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    result, _ = run(tmp_path, write(name, content))

    assert (result.outcome, result.stage, result.code) == ("failed", "import", code)
    assert result.what
    assert result.hint


def test_a_data_set_becomes_a_character_too(write: Write, tmp_path: Path) -> None:
    rows = [
        {"question": f"第{n}个问题是什么？", "answer": f"第{n}个回答就是这一句话。", "system": "你是小满。"}
        for n in range(40)
    ]
    file = write("a.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))

    result, request = run(tmp_path, file, name="小满")

    assert result.outcome == "done"
    card = report_on(request.out, cache=tmp_path / "cache").character
    assert card is not None
    assert (card.description, card.mes_example.count("<START>"), card.documents) == ("你是小满。", 3, ())
    assert {"train", "test"} <= {row.split for row in loaded_rows(tmp_path / "job" / DATASET)}


def test_a_card_keeps_its_own_words(write: Write, tmp_path: Path) -> None:
    card = {
        "spec": "chara_card_v2",
        "spec_version": "2.0",
        "data": {
            "name": "小满",
            "description": "你开一家茶书铺。",
            "first_mes": "你来啦。",
            "mes_example": "<START>\n{{user}}: 你是谁？\n{{char}}: 我是小满，“半日闲”的掌柜。",
        },
    }
    file = write("小满.json", json.dumps(card, ensure_ascii=False))

    result, request = run(tmp_path, file, name="小满")

    assert result.outcome == "done"
    character = report_on(request.out, cache=tmp_path / "cache").character
    assert character is not None
    assert (character.description, character.first_mes) == ("你开一家茶书铺。", "你来啦。")
    assert character.documents == ()
    rows = loaded_rows(tmp_path / "job" / DATASET)
    assert [turn.role for turn in rows[0].turns] == ["user", "character"]


def test_a_script_becomes_a_character(write: Write, tmp_path: Path) -> None:
    said = "小满：第{n}壶茶要用山泉水来泡。\n阿远：那第{n}壶水我去打来。\n"
    file = write("a.txt", "".join(said.format(n=n) for n in "一二三四五六七八九十"))

    result, request = run(tmp_path, file, name="小满")

    assert result.outcome == "done"
    character = report_on(request.out, cache=tmp_path / "cache").character
    assert character is not None
    assert "山泉水" in character.mes_example


def test_a_request_comes_back_from_its_folder(tmp_path: Path) -> None:
    request = ForgeRequest(
        tmp_path / "a.txt",
        "黛玉",
        tmp_path / "out",
        tmp_path / "b.gguf",
        "own",
        ("林姑娘",),
        fields=(("a", "b"),),
    )
    folder = job_folder(tmp_path, "黛玉", request.file)

    save_request(folder, request)

    assert load_request(folder) == request
    with pytest.raises(UsageError):
        load_request(tmp_path / "none")
