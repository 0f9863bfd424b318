"""The names of a conversation, as the recogniser should expect them and as they are put right afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from companion.domain.character import Character, Lorebook
from companion.text.hotwords import hotwords
from companion.text.pinyin_repair import Repairer

NamesOf = Callable[[Character], "Names"]


@dataclass(frozen=True, slots=True)
class Names:
    """What a recogniser is told, and how what it wrote is put right."""

    hotwords: tuple[str, ...]
    repairer: Repairer


class WorldNames:
    """The names of the present character's world; made once for each state of it. Thread-safe.

    `books` gives the lorebooks beside her own, `user_name` what the user is called. The first use takes a second.
    """

    def __init__(
        self, books: Callable[[Character], Sequence[Lorebook]], user_name: Callable[[], str]
    ) -> None:
        self._books, self._user_name = books, user_name
        self._lock = threading.Lock()
        self._made: tuple[tuple[object, ...], Names] | None = None

    def of(self, character: Character) -> Names:
        """Return the names of `character`'s world and of the user."""
        books, user_name = self._books(character), self._user_name().strip()
        # The objects themselves, not their ids: those of what is gone are given away again.
        state: tuple[object, ...] = (character, user_name, *books)
        with self._lock:
            if self._made is None or not _is_same(self._made[0], state):
                words = hotwords(character, books)
                if user_name and user_name not in words:
                    words = (*words, user_name)
                self._made = (state, Names(words, Repairer(words)))
            return self._made[1]


def _is_same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b or a == b for a, b in zip(one, other, strict=True))
