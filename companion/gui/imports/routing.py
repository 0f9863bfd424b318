"""What a dropped file is: a character, a lorebook, a chat, or a document."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from companion.documents.reading import SUFFIXES as DOCUMENTS
from companion.errors import PackError

Kind = Literal["character", "book", "chat", "document", "unknown"]
CARDS: Final = (".charx", ".png", ".jpg", ".jpeg", ".json")
BOOKS: Final = (".lorebook",)
CHATS: Final = (".jsonl",)
_LARGEST_LOOK: Final = 64 * 1024 * 1024
_CHAT_MARK: Final = b"<!-- companion:chat "


def may_be_taken(path: Path) -> bool:
    """Tell by the name alone whether a file or folder can be taken in."""
    suffix = path.suffix.lower()
    return suffix in (*CARDS, *BOOKS, *CHATS, *DOCUMENTS) or (path / "card.json").is_file()


def kind_of(path: Path) -> Kind:
    """Tell what a file or folder is; reads JSON and Markdown files, so call it in a task."""
    suffix = path.suffix.lower()
    if path.is_dir():
        return "character" if (path / "card.json").is_file() else "unknown"
    if suffix == ".json":
        return _kind_of_json(path)
    if suffix in BOOKS:
        return "book"
    if suffix in CARDS:
        return "character"
    if suffix in CHATS or (suffix == ".md" and _begin(path).startswith(_CHAT_MARK)):
        return "chat"
    return "document" if suffix in DOCUMENTS else "unknown"


def _kind_of_json(path: Path) -> Kind:
    from companion.packs.books import is_book
    from companion.packs.card import data_of
    from companion.packs.strict_json import load_json
    from companion.storage import sow_chat

    if is_book(path):
        return "book"
    content = _begin(path, _LARGEST_LOOK)
    try:
        data_of(load_json(content, path.name))
    except PackError:
        pass
    else:
        return "character"
    if sow_chat.is_one(content):
        return "document" if _is_texts(content) else "chat"
    # Whoever reads it as a character says best what is wrong with it.
    return "character"


def _is_texts(content: bytes) -> bool:
    """Tell whether a JSON list holds texts to read rather than lines of a chat."""
    import json

    value = json.loads(content.decode("utf-8-sig", "replace"), parse_constant=lambda _: None)
    items = value if isinstance(value, list) else []
    return bool(items) and all(isinstance(one, dict) and isinstance(one.get("text"), str) for one in items)


def _begin(path: Path, n_bytes: int = 4096) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(n_bytes)
    except OSError:
        return b""
