"""Dialogue written for a character, a conversation a line, as training rows behind her own prompt.

A line is `{"id", "topic", "turns": [{"role": "user" | "character", "text"}]}`; `context` with `context_kind` (lore,
memories, passages, time) is what stands before the last message, as if it had been called up; `opening` is the
greeting that she gave before the first turn.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from companion.conversation.recall import LoreIndexes
from companion.domain.character import Character, LoreEntry
from companion.domain.lore import Fired, Scene
from companion.domain.memory import Recollected
from companion.domain.messages import Message
from companion.domain.passages import FoundPassage, Passage
from companion.domain.prompt import Standing, build, build_pinned, user_name_for
from companion.domain.recalled import Recalled
from companion.engines.language_models.vocabulary import Vocabulary
from companion.errors import UsageError
from companion.forge.datasets.rendering import render
from companion.text.timed_regex import TimedRegex

_BUDGET: Final = 4_096
_LORE_CAP: Final = 400
_HELD_OUT_PERCENT: Final = 6


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns begin with the user's and end with hers; `context` is empty or of `kind`."""

    id: str
    topic: str
    turns: tuple[Message, ...]
    context: str = ""
    kind: str = ""
    opening: str = ""

    @property
    def split(self) -> str:
        """`val` for six of a hundred, by a hash of the id, else `train`."""
        return "val" if zlib.crc32(self.id.encode()) % 100 < _HELD_OUT_PERCENT else "train"


def read_dialogue(folder: Path) -> list[Conversation]:
    """Return the conversations of all `*.jsonl` in `folder`, in the order of their files. Raises UsageError."""
    found = []
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                found.append(_conversation(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(
                    f"{file.name}, line {number}, is no conversation: {error}.", "Mend it."
                ) from error
    if not found:
        raise UsageError(f"There is no dialogue in {folder.name}.", "Name a folder with .jsonl files.")
    return found


def _conversation(raw: Mapping[str, Any]) -> Conversation:
    roles = {"user": "user", "character": "assistant"}
    turns = tuple(Message(roles[turn["role"]], turn["text"]) for turn in raw["turns"])  # type: ignore[arg-type]
    if not turns or turns[0].role != "user" or turns[-1].role != "assistant":
        raise ValueError("it does not begin with the user and end with the character")
    return Conversation(
        raw["id"],
        raw.get("topic", ""),
        turns,
        raw.get("context", ""),
        raw.get("context_kind") or "",
        raw.get("opening", ""),
    )


class DialogueRows:
    """Renders conversations as the running program would, lorebook included."""

    def __init__(self, character: Character, vocabulary: Vocabulary) -> None:
        self._character, self._vocabulary = character, vocabulary
        self._user = user_name_for(character, "")
        self._index = LoreIndexes().of(character, user=self._user)
        self._regex = TimedRegex()
        constants = tuple(self._index.constants(frozenset()))
        self._standing = Standing(character, constants=constants)
        self._pinned = build_pinned(self._standing, self._count, budget=_BUDGET * 2 // 3)

    @property
    def prefix(self) -> list[int]:
        """The tokens of her persona, rules and examples."""
        return self._vocabulary.tokens(self._pinned.messages)

    @property
    def pinned(self) -> tuple[Message, ...]:
        """The messages that `prefix` holds."""
        return tuple(self._pinned.messages)

    def messages(self, one: Conversation) -> tuple[Message, ...]:
        """Return what follows the pinned part: history, what is called up, the last message, her last reply."""
        *history, said, reply = one.turns
        if one.opening:
            history.insert(0, Message("assistant", one.opening))
        recalled = self._recalled(one, [*history, said])
        built = build(
            self._standing, self._pinned, history, said.text, recalled, count=self._count, budget=_BUDGET
        )
        return (*built.history, *built.turn, reply)

    def row(self, one: Conversation) -> dict[str, Any]:
        """Return the training row of a conversation; every reply of hers is learnt."""
        turns = self.messages(one)
        # The greeting is the card's own text, not a reply.
        learnt = [turn.role == "assistant" and turn.text != one.opening for turn in turns]
        rendered = render(self._vocabulary, self._pinned.messages, turns, learnt)
        return {
            "id": one.id,
            "prefix": self._character.id,
            "ids": rendered.ids,
            "spans": rendered.spans,
            "n_chars": rendered.n_chars,
            "split": one.split,
            "view": one.topic,
            "who": self._character.id,
        }

    def prompt(self, said: str) -> list[Message]:
        """Return the whole prompt of a first message, as the running program builds it."""
        recalled = self._recalled(Conversation("", "", (Message("user", said),)), [Message("user", said)])
        built = build(self._standing, self._pinned, (), said, recalled, count=self._count, budget=_BUDGET)
        return [*built.pinned, *built.history, *built.turn]

    def _recalled(self, one: Conversation, path: Sequence[Message]) -> Recalled:
        scan = self._index.scan(Scene(path), self._regex, self._count, budget=_LORE_CAP)
        lore, text = scan.fired, one.context
        match one.kind:
            case "lore":
                told = any(hit.text.strip() == text.strip() for hit in lore)
                extra = () if told else (Fired(LoreEntry((), text), "", text),)
                return Recalled(lore=(*lore, *extra))
            case "memories":
                return Recalled(lore=lore, memories=(Recollected(text, 0.0),))
            case "passages":
                passage = Passage("", "", "", 0, len(text), text)
                return Recalled(lore=lore, passages=(FoundPassage(passage, text, 0, len(text), 1.0),))
            case "time":
                return Recalled(lore=lore, background=text)
        return Recalled(lore=lore)

    def _count(self, texts: Sequence[str]) -> list[int]:
        return [len(self._vocabulary.tokenise(text)) for text in texts]
