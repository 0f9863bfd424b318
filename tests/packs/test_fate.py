"""After an import nothing is lost silently: every field has a fate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from companion.domain.character import PackReport
from companion.packs.library import report_on

pytestmark = pytest.mark.unit


def report_of(card: Any, tmp_path: Path) -> PackReport:
    (tmp_path / "card.json").write_text(json.dumps(card, ensure_ascii=False), "utf-8")
    report = report_on(tmp_path / "card.json", cache=tmp_path / "cache")
    assert report.character is not None, report.problems
    return report


def fates(report: PackReport) -> dict[str, str]:
    return {one.where: one.fate for one in report.fields}


def places(card: dict[str, Any]) -> Iterator[str]:
    """Name every field as a user would point at it."""
    data = card.get("data", card)
    prefix = "data." if "data" in card else ""
    yield from (key for key in card if "data" in card and key != "data")
    for key, value in data.items():
        if key == "character_book" and isinstance(value, dict):
            yield from (f"{prefix}{key}.{name}" for name in value if name != "entries")
            for entry in value["entries"]:
                yield from (f"{prefix}{key}.entries[].{name}" for name in entry if name != "extensions")
                yield from (f"{prefix}{key}.entries[].extensions.{name}" for name in entry["extensions"])
        elif key == "extensions":
            yield from (f"{prefix}{key}.{name}" for name in value if name != "companion")
        elif key == "assets":
            yield from (f"{prefix}{key}[{i}]" for i in range(len(value)))
        else:
            yield f"{prefix}{key}"


@pytest.mark.parametrize(
    "name", ["sillytavern_v3_json", "v3_every_field", "v2", "chub", "v1_with_unknown_fields"]
)
def test_every_field_has_exactly_one_fate(name: str, tmp_path: Path, cards: Any) -> None:
    dialect = next(one for one in cards.DIALECTS if one.name == name)
    card = json.loads(dialect.text)
    report = report_of(card, tmp_path)
    told = [one.where for one in report.fields]
    assert set(places(card)) - set(told) == set()
    assert len(told) == len({(one.where, one.fate, one.note) for one in report.fields})


def test_known_fields_are_kept_and_foreign_ones_are_told(tmp_path: Path, cards: Any) -> None:
    found = fates(report_of(cards.silly(cards.v2(nonsense=1)), tmp_path))
    assert found["data.description"] == "kept"
    assert found["data.extensions.depth_prompt"] == "mapped"
    assert found["data.extensions.talkativeness"] == "unused"
    assert found["data.nonsense"] == "unused"
    assert found["avatar"] == "unused"
    assert found["data.character_book.entries[].extensions.sticky"] == "kept"
    assert found["data.character_book.entries[].extensions.automation_id"] == "unused"


def test_other_dialects_are_mapped(tmp_path: Path, cards: Any) -> None:
    found = fates(report_of(cards.v2(character_book=cards.SOW, tags="一，二", character_version=2), tmp_path))
    assert found["data.character_book"] == "mapped"
    assert found["data.character_book.entries[].n_depth"] == "mapped"
    assert found["data.tags"] == "mapped"
    assert found["data.character_version"] == "mapped"


def test_what_is_refused_says_why(tmp_path: Path, cards: Any) -> None:
    assets = [
        {"type": "icon", "uri": "embeded://../../x.png", "name": "main", "ext": "png"},
        {"type": "icon", "uri": "https://example.com/a.png", "name": "far", "ext": "png"},
        {"type": "x_vrm", "uri": "ccdefault:", "name": "body", "ext": "vrm"},
    ]
    report = report_of(
        cards.v3(assets=assets, description=[], character_book=cards.book(1, cards.ENTRY_V2)), tmp_path
    )
    found = {one.where: one for one in report.fields}
    assert found["data.assets[0]"].fate == "refused"
    assert "outside" in found["data.assets[0]"].note
    assert found["data.assets[1]"].fate == "unused"
    assert "never fetched" in found["data.assets[1]"].note
    assert found["data.assets[2]"].fate == "unused"
    assert found["data.description"].fate == "refused"
    assert found["data.character_book.entries[0]"].fate == "refused"
    assert found["data.character_book.entries"].note == "1 entry"


def test_decorators_are_told_one_by_one(tmp_path: Path, cards: Any) -> None:
    entry = {**cards.ENTRY_V2, "content": cards.DECORATED}
    found = fates(report_of(cards.v3(character_book=cards.book(entry)), tmp_path))
    place = "data.character_book.entries[].content "
    assert found[f"{place}@@activate_only_after"] == "kept"
    assert found[f"{place}@@additional_keys"] == "kept"
    assert found[f"{place}@@not_known"] == "unused"
    assert found[f"{place}@@@nor_this"] == "unused"
    assert found[f"{place}@@@instruct_depth"] == "unused"
    assert sum(where.startswith(place) for where in found) >= 18


def test_counts_of_entries_are_told(tmp_path: Path, cards: Any) -> None:
    dialect = next(one for one in cards.DIALECTS if one.name == "many_entries")
    report = report_on(dialect.make(tmp_path), cache=tmp_path / "cache")
    notes = {one.where: one.note for one in report.fields}
    assert notes["data.character_book.entries"] == "300 entries"
    assert notes["data.character_book.entries[].keys"] == "300 entries"
