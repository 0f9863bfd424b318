"""What a character remembers: fact cards that the user can correct, and turns as they were said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MemoryKind = Literal["fact", "relationship"]
MemoryOrigin = Literal["conversation", "user", "pack"]
MemoryState = Literal["active", "superseded", "forgotten"]


@dataclass(frozen=True, slots=True)
class Memory:
    """A fact card. `memory` is its permanent id; `text` is what she knows, in the user's words where possible.

    `slot` names what it is about, so that a newer card about the same thing takes its place: `name`,
    `birthday`, `home`, `likes:苹果`, or empty. `message` and `chat` tell where it was said (None and empty: the
    user wrote it). `value` is the part of the text that a correction would change. Times are Unix seconds UTC.
    """

    memory: int
    character: str
    kind: MemoryKind
    text: str
    slot: str = ""
    value: str = ""
    message: int | None = None
    chat: str = ""
    origin: MemoryOrigin = "conversation"
    state: MemoryState = "active"
    pinned: bool = False
    replaced_by: int | None = None
    created_at: float = 0.0
    updated_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Recollected:
    """Something remembered for one turn. `memory` is a card's id or None for a turn; `text` is what the prompt gets.

    `at` is when it was said; `score` is the retrieval's, or 1.0 for what is pinned.
    """

    text: str
    at: float
    memory: int | None = None
    message: int | None = None
    chat: str = ""
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Summary:
    """What happened in a chat up to and including message `until`; `digest` is of the messages it stands for."""

    chat: str
    until: int
    digest: str
    text: str
    model: str
    created_at: float
