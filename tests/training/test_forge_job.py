"""From a text to a pack with an adapter in one job, with a base of two layers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.forge.pipeline import forge_job
from companion.forge.request import ForgeRequest
from companion.forge.training_files import ADAPTER
from companion.jobs.torch_home import TorchHome
from companion.packs.library import report_on

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[2]
PLACES = "茶铺书院码头石桥药房染坊米行当铺戏台河埠"
THINGS = "山泉水粗瓷碗旧账本油纸伞桂花糕竹椅子白灯笼铜门环"


def story() -> str:
    chapters = []
    for chapter in range(8):
        said = []
        for n in range(8):
            place, thing = PLACES[2 * n : 2 * n + 2], THINGS[3 * ((n + chapter) % 8) :][:3]
            said.append(f"阿远说：“第{chapter + 1}天了，{place}里的{thing}找着没有？”")
            said.append(f"小满说：“{place}我去过{chapter + n + 2}回，{thing}还在老地方放着呢。”")
        chapters.append(
            f"第{'一二三四五六七八'[chapter]}章 {PLACES[2 * chapter :][:2]}\n\n" + "\n\n".join(said)
        )
    return "\n\n".join(chapters)


def report(folder: Path, stage: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "stages" / stage / "report.json").read_bytes())
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_text_becomes_a_pack_with_an_adapter(tiny_base: Callable[[str], Path], tmp_path: Path) -> None:
    file = tmp_path / "小镇.txt"
    file.write_text(story(), encoding="utf-8")
    request = ForgeRequest(
        file, "小满", tmp_path / "pack", tiny_base("qwen2"), "own", max_steps=10, force=True
    )
    home = TorchHome(Path(sys.executable), {"PYTHONPATH": str(ROOT)})
    folder = tmp_path / "job"

    result = forge_job(folder, request, cache=tmp_path / "cache", home=home).run()

    assert (result.outcome, result.what) == ("done", "")
    rows, trained = report(folder, "rows"), report(folder, "train")
    assert rows["left_out"] == {}
    assert rows["n_replay"] == 24
    assert trained["step"] > 0
    assert trained["val_bpc"] < trained["base_bpc"]
    character = report_on(request.out, cache=tmp_path / "cache").character
    assert character is not None
    assert [one.path.read_bytes() for one in character.adapters] == [(folder / ADAPTER).read_bytes()]
    mind = json.loads((request.out / "card.json").read_bytes())["data"]["extensions"]["companion"]["mind"]
    gates = mind["forge"]["figures"]["gates"]
    assert {number for number in "1348" if gates[number]["pass"]} == set("1348")
    assert (mind["source_rights"], mind["base"]["architecture"]) == ("own", "qwen2")


def test_without_the_packages_the_pack_is_made_all_the_same(
    tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    file = tmp_path / "小镇.txt"
    file.write_text(story(), encoding="utf-8")
    request = ForgeRequest(file, "小满", tmp_path / "pack", tiny_base("qwen2"), force=True)

    result = forge_job(tmp_path / "job", request, cache=tmp_path / "cache").run()

    assert result.outcome == "done"
    assert report(tmp_path / "job", "train") == {"skipped": "no_packages"}
    character = report_on(request.out, cache=tmp_path / "cache").character
    assert character is not None
    assert character.adapters == ()
