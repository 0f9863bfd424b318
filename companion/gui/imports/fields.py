"""What the fields of cards and lorebooks are called in the window."""

from __future__ import annotations

import re
from typing import Final

from companion.gui.inert import plain_name
from companion.gui.translation import tr

_ASSET: Final = re.compile(r"assets\[(\d+)\]")
_IN_ENTRIES: Final = re.compile(r"(?:data\.)?(?:character_book\.)?entries\[\]\.(.+)", re.DOTALL)
_AN_ENTRY: Final = re.compile(r"(?:book|(?:data\.)?character_book)\.entries\[(\d+)\]")


def field_name(where: str) -> str:
    """Return what to call the field at `where`; one that has no name of ours keeps its own."""
    if match := _IN_ENTRIES.fullmatch(where):
        name = match[1].removeprefix("extensions.")
        return tr("each entry: {field}", field=_entry_names().get(name) or plain_name(name, 80))
    if match := _AN_ENTRY.fullmatch(where):
        return tr("entry {n}", n=int(match[1]) + 1)
    name = where.removeprefix("data.")
    if match := _ASSET.fullmatch(name):
        return tr("part {n}", n=int(match[1]) + 1)
    if name.startswith("character_book."):
        inner = name.removeprefix("character_book.")
        return tr("lorebook: {field}", field=_entry_names().get(inner) or plain_name(inner, 80))
    return _card_names().get(name) or plain_name(name.removeprefix("extensions."), 100)


def _card_names() -> dict[str, str]:
    return {
        "id": tr("name of its file"),
        "spec": tr("form of the card"),
        "spec_version": tr("version of the form"),
        "name": tr("name"),
        "nickname": tr("nickname"),
        "description": tr("description"),
        "personality": tr("personality"),
        "scenario": tr("scenario"),
        "first_mes": tr("first words"),
        "mes_example": tr("sample dialogues"),
        "system_prompt": tr("rules of her own"),
        "post_history_instructions": tr("reminder before each reply"),
        "extensions.depth_prompt": tr("reminder inside the conversation"),
        "creator": tr("author"),
        "creator_notes": tr("notes of the author"),
        "creator_notes_multilingual": tr("notes of the author in other languages"),
        "character_version": tr("version"),
        "alternate_greetings": tr("other first words"),
        "group_only_greetings": tr("first words among several"),
        "tags": tr("tags"),
        "source": tr("where it came from"),
        "creation_date": tr("day it was made"),
        "modification_date": tr("day it was changed"),
        "assets": tr("pictures and other parts"),
        "icon": tr("portrait"),
        "character_book": tr("lorebook"),
        "extensions": tr("additions"),
        "extensions.companion.language": tr("language"),
        "extensions.companion.accent": tr("colour"),
        "extensions.companion.voice": tr("voice"),
        "companion.voice": tr("voice"),
        "extensions.companion.sampling": tr("way of talking"),
        "extensions.talkativeness": tr("talkativeness"),
        "extensions.fav": tr("favourite"),
        "extensions.world": tr("lorebook"),
    }


def _entry_names() -> dict[str, str]:
    return {
        "name": tr("name"),
        "comment": tr("name"),
        "description": tr("description"),
        "entries": tr("entries"),
        "extensions": tr("additions"),
        "keys": tr("keywords"),
        "key": tr("keywords"),
        "secondary_keys": tr("further conditions"),
        "keysecondary": tr("further conditions"),
        "content": tr("text"),
        "enabled": tr("in use"),
        "disable": tr("in use"),
        "constant": tr("always known"),
        "selective": tr("whether conditions count"),
        "case_sensitive": tr("capital letters"),
        "use_regex": tr("patterns as keywords"),
        "position": tr("place"),
        "depth": tr("place"),
        "insertion_order": tr("order"),
        "order": tr("order"),
        "priority": tr("importance"),
        "probability": tr("chance"),
        "sticky": tr("how long it stays"),
        "cooldown": tr("how long it rests"),
        "delay": tr("from which message on"),
        "group": tr("group"),
        "scan_depth": tr("how far it looks back"),
        "scanDepth": tr("how far it looks back"),
        "token_budget": tr("how much may be read"),
        "tokenBudget": tr("how much may be read"),
        "recursive_scanning": tr("entries call each other"),
        "recursiveScanning": tr("entries call each other"),
    }
