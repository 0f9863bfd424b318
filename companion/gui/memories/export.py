"""Fact cards as a file: Markdown to read, JSON to keep."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from companion.domain.remembering.address import card_text
from companion.gui.memories.collection import Card, Group
from companion.gui.memories.words import day, group_title
from companion.gui.translation import tr
from companion.storage.atomic import write_atomic


def export_cards(cards: Sequence[Card], name: str, path: Path) -> int:
    """Write the cards to `path`, Markdown if it ends in .md, else JSON; return how many. Raises StorageError."""
    kept = [card for card in cards if card.group != "forgotten"]
    text = as_markdown(kept, name) if path.suffix.lower() == ".md" else as_json(kept, name)
    write_atomic(path, text.encode("utf-8"))
    return len(kept)


def as_markdown(cards: Sequence[Card], name: str) -> str:
    """Return the cards as lists under the titles of the page; corrected forms are struck through."""
    lines = [f"# {tr('What {name} remembers', name=name)}"]
    group: Group | None = None
    for card in cards:
        if card.group != group:
            group = card.group
            lines += ["", f"## {group_title(group)}", ""]
        when = day(card.told.at if card.told else card.memory.created_at)
        lines.append(f"- {_line(card.text)} ({when})")
        lines += [f"  - ~~{_line(card_text(one))}~~ ({day(one.created_at)})" for one in card.earlier]
    return "\n".join(lines) + "\n"


def as_json(cards: Sequence[Card], name: str) -> str:
    """Return the cards with all that is known of them; times are ISO 8601 in UTC."""
    out = {"character": name, "memories": [_plain(card) for card in cards]}
    return json.dumps(out, ensure_ascii=False, indent=1) + "\n"


def _plain(card: Card) -> dict[str, object]:
    memory = card.memory
    return {
        "text": memory.text,
        "kind": memory.kind,
        "slot": memory.slot,
        "value": memory.value,
        "origin": memory.origin,
        "pinned": memory.pinned,
        "created_at": _time(memory.created_at),
        "said": {"text": card.told.text, "at": _time(card.told.at)} if card.told else None,
        "earlier": [{"text": one.text, "created_at": _time(one.created_at)} for one in card.earlier],
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _line(text: str) -> str:
    return " ".join(part.strip() for part in text.splitlines() if part.strip())
