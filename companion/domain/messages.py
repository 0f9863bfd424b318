"""Chat messages: what goes into a prompt and what the log keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt. `text` is never parsed for a model's special tokens."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class TurnId:
    """Which turn of a session a frame or event belongs to; stale ones are dropped on arrival."""

    turn: int
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Ack:
    """Proof that a row is on disk; only a commit of the chat log creates one."""

    seq: int
    message: int


@dataclass(frozen=True, slots=True)
class ChatInfo:
    """One chat of a character; times are Unix seconds UTC, order is by `last_seq`, never by time."""

    chat: str
    character: str
    title: str
    created_at: float
    updated_at: float
    n_messages: int
    last_seq: int
    preview: str = ""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as the log holds it now.

    `message` is its permanent id. `text` of a reply is what was heard or read; `unheard` is what was
    generated but cut off. Siblings under one parent are variants; `variant` counts from 0.
    `partial` marks a reply whose writing was broken off by a crash.
    """

    message: int
    chat: str
    parent: int | None
    role: Role
    text: str
    created_at: float
    unheard: str = ""
    thought: str = ""
    variant: int = 0
    n_variants: int = 1
    edited: bool = False
    partial: bool = False
    meta: dict[str, object] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A message that matches a search; `start` and `end` bound the match in `excerpt`."""

    chat: str
    character: str
    title: str
    message: int
    role: Role
    excerpt: str
    start: int
    end: int
    created_at: float
