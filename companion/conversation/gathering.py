"""Gather what stands in a chat's prompts and what one turn calls up: lorebooks, documents, memories, the hour."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from companion.conversation.clock import background
from companion.conversation.explaining import fired_in
from companion.conversation.knowledge import Knowledge, Told
from companion.conversation.preparation import as_prompt_messages
from companion.conversation.recall import LoreIndexes, recall
from companion.conversation.summary import is_valid, needs_summary, write_summary
from companion.domain.character import Character
from companion.domain.lore import LoreIndex, Scan, Scene
from companion.domain.macros import seed_of
from companion.domain.memory import Recollected
from companion.domain.messages import StoredMessage
from companion.domain.passages import FoundPassage
from companion.domain.prompt import Standing, user_name_for
from companion.domain.recalled import Recalled
from companion.errors import Cancelled, CompanionError
from companion.ports import Cancel
from companion.text.timed_regex import TimedRegex

_log = logging.getLogger(__name__)
CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class Caps:
    """Most tokens that each part may cost a turn."""

    lore: int
    passages: int
    memories: int


class Gathering:
    """Thread-safe. What cannot be gathered is left out and noted in the log: she answers all the same."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._indexes = LoreIndexes()
        self._regex = TimedRegex()
        self._used_summary = ("", "")

    def standing(
        self, character: Character, chat: str, path: Sequence[StoredMessage], user_name: str
    ) -> Standing:
        """Return what stands in every prompt of this chat alike."""
        index = self._index(character, chat, user_name)
        off = self._knowledge.switched_off(character.id, "lore")
        return Standing(
            character,
            user_name,
            tuple(index.constants(off)),
            self._summary(character, chat, path),
            seed_of(chat),
            path[0].created_at if path else None,
        )

    def _summary(self, character: Character, chat: str, path: Sequence[StoredMessage]) -> str:
        kept, used = self._knowledge.summary(chat), self._used_summary
        if kept is None:
            return ""
        text = kept.text if is_valid(kept, path, self._telling(character)) else ""
        # A summary that the newest words correct stands for this one turn: without it all would be read anew.
        if not text and used == (chat, kept.text) and self._corrects(character, path):
            return kept.text
        self._used_summary = (chat, text)
        return text

    def _corrects(self, character: Character, path: Sequence[StoredMessage]) -> bool:
        remembering = self._knowledge.remembering
        is_due = bool(path) and path[-1].role == "user"
        return is_due and remembering is not None and remembering.corrects(character, path[-1].message)

    def _telling(self, character: Character) -> Callable[[Sequence[StoredMessage]], Told]:
        """Return what tells which of a stretch of messages may stand in a summary."""
        remembering = self._knowledge.remembering
        if remembering is None:
            return lambda messages: Told(tuple(messages))
        return lambda messages: remembering.told(character, messages)

    def keep_summary(
        self, standing: Standing, chat: str, path: Sequence[StoredMessage], n_dropped: int, cancel: Cancel
    ) -> bool:
        """Write down what the first `n_dropped` messages said, if that is not told yet; return whether it was."""
        kept = self._knowledge.summary(chat)
        character = standing.character
        telling = self._telling(character)
        if not needs_summary(path, n_dropped, kept, telling):
            return False
        before = kept if kept is not None and is_valid(kept, path, telling) else None
        dropped = [one for one in path[:n_dropped] if before is None or one.message > before.until]
        # Models of the size that comes along invent what was said; the user's own words do not.
        summary = write_summary(
            character.language,
            None,
            dropped,
            path,
            cancel,
            chat=chat,
            name=character.shown_name,
            now=self._knowledge.clock(),
            before=before.text if before is not None else "",
            telling=telling,
        )
        if summary is None or not summary.text:
            return False
        self._knowledge.keep_summary(summary)
        return True

    def recall(
        self,
        standing: Standing,
        chat: str,
        path: Sequence[StoredMessage],
        present: Sequence[StoredMessage],
        said: str,
        *,
        count: CountTokens,
        caps: Caps,
        cancel: Cancel,
    ) -> Recalled:
        """Return what the turn that answers `path` calls up; `said` is the user's newest message.

        `present` is what of the path will stand in the prompt: the rest may be remembered.
        """
        scan = self.scan(standing, chat, path, count=count, cap=caps.lore)
        return Recalled(
            lore=scan.fired,
            passages=self._passages(standing.character, said, count, caps.passages, cancel),
            memories=self._memories(standing, chat, present, said, count, caps.memories),
            background=self._background(standing, path, said),
        )

    def scan(
        self, standing: Standing, chat: str, path: Sequence[StoredMessage], *, count: CountTokens, cap: int
    ) -> Scan:
        """Return what the lorebooks give for this path."""
        character = standing.character
        scene = Scene(
            messages=as_prompt_messages(path),
            past=[fired_in(one.meta) for one in path if one.role == "assistant"],
            greeting=_greeting(path),
            off=self._knowledge.switched_off(character.id, "lore"),
            seed=seed_of(f"{chat}:{path[-1].message if path else 0}"),
        )
        index = self._index(character, chat, standing.user_name)
        return recall(index, scene, count, token_cap=cap, regex=self._regex)

    def _index(self, character: Character, chat: str, user_name: str) -> LoreIndex:
        books = self._knowledge.books(character, chat)
        return self._indexes.of(character, books, user=user_name_for(character, user_name))

    def _passages(
        self, character: Character, said: str, count: CountTokens, cap: int, cancel: Cancel
    ) -> tuple[FoundPassage, ...]:
        if not said.strip():
            return ()
        try:
            found = self._knowledge.passages(character, said, cancel)
        except Cancelled:
            raise
        except CompanionError as error:
            _log.info("no passages: %s", error.code)
            return ()
        kept: list[FoundPassage] = []
        for one in found:
            for form in (one, _unwidened(one)):
                n_tokens = count([form.text])[0]
                if n_tokens <= cap:
                    cap -= n_tokens
                    kept.append(form)
                    break
        return tuple(kept)

    def _memories(
        self,
        standing: Standing,
        chat: str,
        present: Sequence[StoredMessage],
        said: str,
        count: CountTokens,
        cap: int,
    ) -> tuple[Recollected, ...]:
        remembering = self._knowledge.remembering
        if remembering is None or not said.strip():
            return ()
        try:
            return tuple(
                remembering.recollect(
                    standing.character,
                    chat,
                    said,
                    now=self._knowledge.clock(),
                    present=present,
                    limit_tokens=cap,
                    count=count,
                )
            )
        except CompanionError as error:
            _log.info("no memories: %s", error.code)
            return ()

    def _background(self, standing: Standing, path: Sequence[StoredMessage], said: str) -> str:
        last_at = self._knowledge.last_talk(standing.character.id, path)
        return background(standing.character.language, self._knowledge.clock(), said, last_at=last_at)


def _unwidened(found: FoundPassage) -> FoundPassage:
    """Return what was found without its neighbours."""
    passage = found.passage
    return replace(found, text=passage.text, start=passage.start, end=passage.end)


def _greeting(path: Sequence[StoredMessage]) -> int | None:
    """Return which of the card's greetings the chat began with."""
    number = path[0].meta.get("greeting") if path else None
    return number if isinstance(number, int) else None
