"""The log of chats and what is remembered from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from companion.domain.memory import Memory, MemoryKind, MemoryOrigin, Summary
from companion.domain.messages import Ack, ChatInfo, Role, SearchHit, StoredMessage


class ChatLog(Protocol):
    """One append-only log of all chats; thread-safe; every method returns after its commit.

    A message is addressed by its permanent id. Raises StorageError, and then nothing was written.
    """

    @property
    def read_only(self) -> str:
        """Why nothing can be written, or an empty string."""
        ...

    def create_chat(self, character: str, *, title: str = "") -> ChatInfo: ...
    def chats(self, character: str | None = None) -> list[ChatInfo]: ...
    def chat(self, chat: str) -> ChatInfo: ...
    def rename_chat(self, chat: str, title: str) -> None: ...
    def delete_chat(self, chat: str) -> None: ...
    def restore_chat(self, chat: str) -> None: ...

    def add(
        self,
        chat: str,
        role: Role,
        text: str,
        *,
        parent: int | None = None,
        meta: Mapping[str, object] | None = None,
    ) -> Ack:
        """Append a message below `parent` (None: the end of the active path) and make it the active variant there."""
        ...

    def add_variant(self, message: int, text: str, *, meta: Mapping[str, object] | None = None) -> Ack:
        """Append a sibling of `message` and make it active."""
        ...

    def draft(self, message: int, text: str) -> Ack:
        """Keep the text of a reply that is still being written."""
        ...

    def finalise(
        self,
        message: int,
        text: str,
        *,
        unheard: str = "",
        thought: str = "",
        meta: Mapping[str, object] | None = None,
    ) -> Ack: ...

    def edit(self, message: int, text: str) -> Ack: ...
    def select(self, message: int) -> Ack:
        """Make this message the active variant among its siblings."""
        ...

    def delete(self, message: int) -> Ack: ...
    def undo(self, chat: str) -> bool:
        """Take back the last edit, deletion, variant or selection of the chat; False if there is none."""
        ...

    def branch(self, message: int) -> ChatInfo:
        """Copy the path up to and including `message` into a new chat."""
        ...

    def path(self, chat: str) -> list[StoredMessage]:
        """Return the active path, oldest first."""
        ...

    def siblings(self, message: int) -> list[StoredMessage]:
        """Return all variants at this place, oldest first, deleted ones left out."""
        ...

    def search(self, query: str, *, character: str | None = None, limit: int = 50) -> list[SearchHit]: ...
    def check(self) -> list[str]:
        """Return what is wrong with the database; an empty list is a pass."""
        ...

    def close(self) -> None: ...


class Memories(Protocol):
    """Fact cards, summaries and switches, in the same file as the chats; append-only, each change committed.

    Cards of a deleted chat are not shown; purging the chat removes them. Raises StorageError.
    """

    def add(
        self,
        character: str,
        text: str,
        *,
        kind: MemoryKind = "fact",
        slot: str = "",
        value: str = "",
        message: int | None = None,
        origin: MemoryOrigin = "user",
    ) -> Memory:
        """Keep a card; one with the same non-empty `slot` is superseded. Forgotten ones are not proposed again."""
        ...

    def correct(self, memory: int, text: str) -> Memory:
        """Replace a card's text; the old form is kept as superseded and never recalled."""
        ...

    def pin(self, memory: int, pinned: bool) -> Memory: ...
    def forget(self, memory: int) -> None: ...
    def withdraw(self, memory: int) -> None:
        """Take back a card that its message, edited since, no longer states; said again it is kept again."""
        ...

    def restore(self, memory: int) -> Memory: ...
    def memory(self, memory: int) -> Memory: ...
    def cards(self, character: str, *, all_states: bool = False) -> list[Memory]:
        """Return the cards, pinned first, then newest first."""
        ...

    def silenced(self, character: str) -> frozenset[int]:
        """Return the messages that must not be recalled: they state what was corrected or forgotten since."""
        ...

    def turns(self, character: str, *, after: int = 0) -> list[StoredMessage]:
        """Return shown messages of all chats with the character whose id is above `after`, oldest first."""
        ...

    def forget_character(self, character: str) -> None:
        """Remove all cards, summaries and switches of a character for good."""
        ...

    def summary(self, chat: str) -> Summary | None: ...
    def keep_summary(self, summary: Summary) -> None: ...

    def switch(self, character: str, kind: Literal["lore", "passage"], key: str, *, off: bool) -> None:
        """Leave a lorebook entry (`book:entry`) or a passage out of prompts, or take it in again."""
        ...

    def switched_off(self, character: str, kind: Literal["lore", "passage"]) -> frozenset[str]: ...
