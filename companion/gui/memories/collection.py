"""All fact cards of a character, each with where it was said and what it said before; grouped for reading."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from companion.domain.memory import Memory
from companion.domain.messages import StoredMessage
from companion.domain.remembering.address import card_text
from companion.errors import StorageError

if TYPE_CHECKING:
    from companion.storage.chat_log import SqliteChatLog

Group = Literal["user", "relationship", "pack", "forgotten"]
GROUPS: tuple[Group, ...] = ("user", "relationship", "pack", "forgotten")


@dataclass(frozen=True, slots=True)
class Told:
    """Where a card comes from: a message of a chat. `title` is the chat's, and may be empty."""

    chat: str
    title: str
    message: int
    mine: bool
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Card:
    """A card, where it was said, and the forms that were corrected, newest first."""

    memory: Memory
    told: Told | None = None
    earlier: tuple[Memory, ...] = ()

    @property
    def group(self) -> Group:
        """Where it stands on the page."""
        if self.memory.state == "forgotten":
            return "forgotten"
        if self.memory.origin == "pack":
            return "pack"
        return "relationship" if self.memory.kind == "relationship" else "user"

    @property
    def text(self) -> str:
        """What it says, said to the user."""
        return card_text(self.memory)

    def holds(self, words: str) -> bool:
        """Return whether a text of the card holds `words`; case does not count."""
        forms = (self.memory, *self.earlier)
        texts = [self.told.text if self.told else ""]
        texts += [text for one in forms for text in (one.text, card_text(one))]
        return any(words.casefold() in text.casefold() for text in texts)


def collect(log: SqliteChatLog, character: str) -> list[Card]:
    """Read all cards of a character, grouped, the pinned ones of a group first. Reads the log: call it in a task."""
    memories = log.memories.cards(character, all_states=True)
    titles = {chat.chat: chat.title for chat in log.chats(character)}
    return grouped(memories, {one.memory: _told(log, one, titles) for one in memories})


def grouped(memories: Sequence[Memory], told: Mapping[int, Told | None]) -> list[Card]:
    """Return the cards in the order of the page; corrected forms stand with what took their place."""
    by_id = {one.memory: one for one in memories}
    earlier: dict[int, list[Memory]] = {}
    for one in sorted(memories, key=lambda one: -one.memory):
        if one.state == "superseded" and (now := _present_form(one, by_id)) is not None:
            earlier.setdefault(now, []).append(one)
    cards = [
        Card(one, told.get(one.memory), tuple(earlier.get(one.memory, ())))
        for one in memories
        if one.state != "superseded"
    ]
    return sorted(cards, key=lambda card: (GROUPS.index(card.group), not card.memory.pinned))


def _present_form(memory: Memory, by_id: Mapping[int, Memory]) -> int | None:
    """Return the card that holds now instead of a superseded one."""
    seen: set[int] = set()
    while memory.state == "superseded":
        if memory.replaced_by is None or memory.memory in seen or memory.replaced_by not in by_id:
            return None
        seen.add(memory.memory)
        memory = by_id[memory.replaced_by]
    return memory.memory


def _told(log: SqliteChatLog, memory: Memory, titles: Mapping[str, str]) -> Told | None:
    if memory.message is None:
        return None
    message = find_message(log, memory.message)
    if message is None:
        return None
    return Told(
        message.chat,
        titles.get(message.chat, ""),
        message.message,
        message.role == "user",
        message.text,
        message.created_at,
    )


def find_message(log: SqliteChatLog, id_: int) -> StoredMessage | None:
    """Return a message that is shown, or None."""
    with contextlib.suppress(StorageError):
        return next((one for one in log.siblings(id_) if one.message == id_), None)
    return None
