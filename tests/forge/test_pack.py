"""The pack: sources cited, lore attached, and a person's changes kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from companion.errors import PackError
from companion.forge.pack import ADAPTER, Mind, card_of, write_pack
from companion.forge.pack_draft import CardText, Citation

pytestmark = pytest.mark.unit

TEXT = CardText(
    "黛玉",
    "zh",
    "你是黛玉。",
    "多心。",
    "{{user}}来看{{char}}。",
    "你来了。",
    ("坐。",),
    "",
    (Citation("personality", 3, 6, "第一回", "多心。"),),
)
MIND = Mind("红楼梦", "public-domain", "job-1")


def made(tmp_path: Path, mind: Mind = MIND, adapter: Path | None = None, text: CardText = TEXT) -> Any:
    lore = {"红楼梦": "第一回\n\n黛玉多心。"}
    return write_pack(
        tmp_path / "characters" / "黛玉",
        card_of(text, mind),
        mind,
        lore=lore,
        adapter=adapter,
        cache=tmp_path / "cache",
    )


def data_of(report: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((report.path / "card.json").read_bytes())["data"]
    return data


def test_a_pack_can_be_talked_with_at_once(tmp_path: Path) -> None:
    report = made(tmp_path)

    assert report.character is not None
    assert report.problems == ()
    assert (report.character.name, report.character.first_mes) == ("黛玉", "你来了。")
    assert [one.name for one in report.character.documents] == ["红楼梦.txt"]
    assert report.character.documents[0].read_text(encoding="utf-8") == "第一回\n\n黛玉多心。"


def test_rights_and_places_stand_in_the_card(tmp_path: Path) -> None:
    mind = data_of(made(tmp_path))["extensions"]["companion"]["mind"]

    assert (mind["source"], mind["source_rights"]) == ("红楼梦", "public-domain")
    assert mind["citations"] == [
        {"field": "personality", "start": 3, "end": 6, "chapter": "第一回", "text": "多心。"}
    ]


def test_an_adapter_is_an_asset_with_its_base(tmp_path: Path) -> None:
    adapter = tmp_path / "style.gguf"
    adapter.write_bytes(b"GGUF")
    mind = Mind("红楼梦", "public-domain", "job-1", {"architecture": "qwen2"}, {"val_bpc": 3.0})

    report = made(tmp_path, mind, adapter)

    told = data_of(report)["extensions"]["companion"]["mind"]
    assert (told["base"]["architecture"], told["adapters"][0]["asset"]) == ("qwen2", ADAPTER)
    assert told["forge"]["figures"] == {"val_bpc": 3.0}
    assert report.character is not None
    assert [one.path.name for one in report.character.adapters] == ["style.gguf"]


def test_what_a_person_changed_stays(tmp_path: Path) -> None:
    report = made(tmp_path)
    card = json.loads((report.path / "card.json").read_bytes())
    card["data"]["personality"] = "多心，嘴硬。"
    (report.path / "card.json").write_text(json.dumps(card, ensure_ascii=False), encoding="utf-8")
    (report.path / "assets" / "note.md").write_text("mine", encoding="utf-8")

    again = data_of(made(tmp_path))

    assert again["personality"] == "多心，嘴硬。"
    assert (report.path / "assets" / "note.md").read_text(encoding="utf-8") == "mine"
    assert [one["type"] for one in again["assets"]] == ["x_lore"]


def test_a_pack_that_nobody_changed_gets_the_new_draft(tmp_path: Path) -> None:
    made(tmp_path)
    again = data_of(made(tmp_path, text=replace(TEXT, personality="爱哭。")))

    assert again["personality"] == "爱哭。"


def test_another_character_is_never_overwritten(tmp_path: Path) -> None:
    made(tmp_path)
    before = (tmp_path / "characters" / "黛玉" / "card.json").read_bytes()

    with pytest.raises(PackError) as caught:
        made(tmp_path, Mind("红楼梦", "private", "job-2"))

    assert caught.value.code == "taken"
    assert (tmp_path / "characters" / "黛玉" / "card.json").read_bytes() == before
