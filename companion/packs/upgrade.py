"""Cards of every version as Character Card V3, and V3 cards as V2 for older programs."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from companion.domain.character import Character
from companion.domain.decorators import take_apart
from companion.packs.card import data_of
from companion.packs.world_info import as_character_book, entries_of

_V3 = ("chara_card_v3", "3.0")
_TEXTS = ("name", "description", "personality", "scenario", "first_mes", "mes_example")
_V2_TEXTS = ("creator_notes", "system_prompt", "post_history_instructions", "creator", "character_version")
_V2_LISTS = ("alternate_greetings", "tags")
_WARNING = "Made for Character Card V3: this is the V2 copy, without decorators and assets."


def as_v3(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `card` as a V3 card: what V3 demands is added, nothing that is there is changed.

    A V1 card's fields move below `data`; a newer V3 keeps its version.
    """
    data = copy.deepcopy(dict(data_of(card)))
    missing: dict[str, Any] = {
        **dict.fromkeys((*_TEXTS, *_V2_TEXTS), ""),
        "alternate_greetings": [],
        "group_only_greetings": [],
        "tags": [],
        "extensions": {},
    }
    for key, value in missing.items():
        if data.get(key) is None:
            data[key] = value
    if "data" not in card:
        for key in ("spec", "spec_version"):
            data.pop(key, None)
        return {"spec": _V3[0], "spec_version": _V3[1], "data": data}
    out = copy.deepcopy({key: value for key, value in card.items() if key != "data"})
    if out.get("spec") != _V3[0]:
        out = {"spec": _V3[0], "spec_version": _V3[1], **_without(out, "spec", "spec_version")}
    return {**out, "data": data}


def repaired(card: dict[str, Any], character: Character) -> dict[str, Any]:
    """Return the V3 card `card` with the types V3 demands, where its maker wrote others.

    A valid card comes back equal; `character` is what it was read as.
    """
    data = dict(card["data"])
    for key in (*_TEXTS, *_V2_TEXTS, "nickname"):
        if key in data and not isinstance(data[key], str):
            data[key] = getattr(character, key)
    for key in (*_V2_LISTS, "group_only_greetings"):
        if not _is_list_of_texts(data[key]):
            data[key] = list(getattr(character, key))
    if not isinstance(data["extensions"], dict):
        data["extensions"] = {}
    if data.get("character_book") is not None:
        data["character_book"] = as_character_book(data["character_book"])
    elif "character_book" in data:
        del data["character_book"]
    return {**card, "data": data}


def as_v2(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a repaired V3 card as V2: its fields alone, decorators stripped, a warning in `creator_notes`."""
    data = card["data"]
    kept = (*_TEXTS, *_V2_TEXTS, *_V2_LISTS, "character_book", "extensions")
    out = {key: copy.deepcopy(data[key]) for key in kept if key in data}
    out["creator_notes"] = f"{_WARNING}\n{out['creator_notes']}".strip()
    if "character_book" in out:
        for raw in entries_of(out["character_book"]):
            if raw.id is not None and isinstance(raw.item.get("content"), str):
                raw.item["content"] = take_apart(raw.item["content"]).text
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": out}


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _without(holder: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in holder.items() if key not in names}
