"""What a reply may draw on beside the chat itself: lorebooks, documents, memories."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from companion.domain.character import Character, Lorebook
from companion.domain.memory import Recollected, Summary
from companion.domain.messages import StoredMessage
from companion.domain.passages import FoundPassage
from companion.ports import Cancel


@dataclass(frozen=True, slots=True)
class Told:
    """What of a stretch of messages may be told again, and what is known from it for certain, as sentences."""

    messages: tuple[StoredMessage, ...] = ()
    facts: tuple[str, ...] = ()


class Remembers(Protocol):
    """What she knows of the user; every method may be called from any thread."""

    def learn(self, character: Character, message: StoredMessage) -> None:
        """Take in what the user said just now; at once."""
        ...

    def recollect(
        self,
        character: Character,
        chat: str,
        said: str,
        *,
        now: float,
        present: Sequence[StoredMessage],
        limit_tokens: int,
        count: Callable[[Sequence[str]], list[int]],
    ) -> Sequence[Recollected]:
        """Return what bears on what was `said`, best first, within `limit_tokens`; a tenth of a second at most.

        `present` stands in the prompt anyway.
        """
        ...

    def bring_up(self, character: Character, cancel: Cancel) -> None:
        """Bring the index in step while nobody waits."""
        ...

    def changed(self, character: Character) -> None:
        """Messages were edited, deleted or brought back; at once."""
        ...

    def told(self, character: Character, messages: Sequence[StoredMessage]) -> Told:
        """Return what of `messages` still holds: nothing that was corrected or forgotten since."""
        ...

    def corrects(self, character: Character, message: int) -> bool:
        """Tell whether something known was taken back by this message."""
        ...


def _no_books(character: Character, chat: str) -> Sequence[Lorebook]:
    return ()


def _no_passages(character: Character, said: str, cancel: Cancel) -> Sequence[FoundPassage]:
    return ()


def _nothing_off(character: str, kind: Literal["lore", "passage"]) -> frozenset[str]:
    return frozenset()


def _no_summary(chat: str) -> Summary | None:
    return None


def _never(character: str, path: Sequence[StoredMessage]) -> float | None:
    return None


def _keep_nothing(summary: Summary) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Each part is optional; its failure is its own affair and never keeps her from answering.

    `books` are those attached to a character or chat beside her own. `passages` searches her documents, best
    first, and answers within a tenth of a second or with nothing. `switched_off` tells what the user took out.
    `summary` is what was kept last for a chat. `last_talk` tells when the character was talked with before the
    newest message of a path, in any chat; None if never. `clock` gives Unix seconds.
    """

    books: Callable[[Character, str], Sequence[Lorebook]] = _no_books
    passages: Callable[[Character, str, Cancel], Sequence[FoundPassage]] = _no_passages
    switched_off: Callable[[str, Literal["lore", "passage"]], frozenset[str]] = _nothing_off
    remembering: Remembers | None = None
    summary: Callable[[str], Summary | None] = _no_summary
    keep_summary: Callable[[Summary], None] = _keep_nothing
    last_talk: Callable[[str, Sequence[StoredMessage]], float | None] = _never
    clock: Callable[[], float] = time.time
