"""Everything there is to tell of a reply: what was kept with it, and what became of that since."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from companion.domain.explanation import Explanation, explanation_of
from companion.domain.memory import Memory
from companion.domain.messages import StoredMessage
from companion.errors import StorageError

if TYPE_CHECKING:
    from companion.storage.chat_log import SqliteChatLog


@dataclass(frozen=True, slots=True)
class Findings:
    """`why` is None where nothing was kept. `cards` are the memories used, as they are now, by id."""

    message: StoredMessage
    why: Explanation | None
    lore_off: frozenset[str] = frozenset()
    passages_off: frozenset[str] = frozenset()
    cards: dict[int, Memory] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)


def find_out(log: SqliteChatLog, character: str, message: StoredMessage) -> Findings:
    """Read what is known of a reply. Reads the log: call it in a task."""
    with contextlib.suppress(StorageError):
        # What was written when the reply ended may be newer than what the window was told.
        message = next(
            (one for one in log.siblings(message.message) if one.message == message.message), message
        )
    why = explanation_of(message.meta)
    if why is None:
        return Findings(message, None)
    cards: dict[int, Memory] = {}
    for used in why.memories:
        if used.memory is not None:
            with contextlib.suppress(StorageError):
                cards[used.memory] = log.memories.memory(used.memory)
    return Findings(
        message,
        why,
        log.memories.switched_off(character, "lore"),
        log.memories.switched_off(character, "passage"),
        cards,
        {chat.chat: chat.title for chat in log.chats(character)},
    )
