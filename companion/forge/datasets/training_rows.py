"""From rows in words to rows in tokens: what the training reads, behind the prompt the running program builds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from companion.domain.character import Character
from companion.domain.messages import Message
from companion.domain.prompt import user_name_for
from companion.engines.language_models.vocabulary import Vocabulary
from companion.forge.datasets.dialogue import Conversation, DialogueRows
from companion.forge.datasets.rendering import render
from companion.forge.datasets.rows import Row, RowTurn
from companion.text.phonemes import Language

USER: Final = "{{user}}"
_MOST_TOLD: Final = 200
_VOCATIVE: Final = ("，", "、", "！", ",", "!")


@dataclass(frozen=True, slots=True)
class TokenRows:
    """Lines of `rows.jsonl`, the tokens of the prefix, what was left out (id, reason), and lengths in tokens.

    `told` are lines of `messages.jsonl`: what some of the rows were made of, for the gates.
    """

    rows: tuple[dict[str, Any], ...]
    prefix: tuple[int, ...]
    left_out: tuple[tuple[str, str], ...]
    n_tokens: tuple[int, ...]
    told: tuple[dict[str, Any], ...]

    @property
    def longest(self) -> int:
        return max(self.n_tokens, default=0)


def token_rows(
    rows: Sequence[Row],
    character: Character,
    vocabulary: Vocabulary,
    *,
    most_tokens: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> TokenRows:
    """Return `rows` as the model `vocabulary` belongs to reads them; one of more than `most_tokens` is left out.

    The spans that are learnt are known by how a row is put together, never searched for.
    """
    maker = _Maker(character, vocabulary)
    made: list[dict[str, Any]] = []
    left_out: list[tuple[str, str]] = []
    told: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        line, messages = maker.line(row) or (None, ())
        progress(number, len(rows))
        if line is None:
            left_out.append((row.id, "nothing_to_learn"))
        elif len(line["ids"]) > most_tokens:
            left_out.append((row.id, "too_long"))
        else:
            made.append(line)
            told.append({"id": row.id, "messages": [[one.role, one.text] for one in messages]})
    sizes = tuple(len(line["ids"]) for line in made)
    return TokenRows(tuple(made), tuple(maker.prefix), tuple(left_out), sizes, _spread(told))


def dumped_token_rows(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the content of `rows.jsonl`."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def histogram(sizes: Sequence[int], step: int = 64) -> dict[str, int]:
    """Return how many rows have how many tokens, in steps of `step`."""
    counts = Counter(size // step for size in sizes)
    return {f"{at * step}-{at * step + step - 1}": counts[at] for at in sorted(counts)}


def _spread(told: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return at most 200, from everywhere."""
    return tuple(told[:: max(1, -(-len(told) // _MOST_TOLD))])


class _Maker:
    def __init__(self, character: Character, vocabulary: Vocabulary) -> None:
        self._maker = DialogueRows(character, vocabulary)
        self._character, self._vocabulary = character, vocabulary
        self._user = user_name_for(character, "")

    @property
    def prefix(self) -> list[int]:
        return self._maker.prefix

    def line(self, row: Row) -> tuple[dict[str, Any], tuple[Message, ...]] | None:
        """Return a line of `rows.jsonl` with the messages in it, or None where nothing of the row is learnt."""
        turns = messages_of(row.turns, self._user, self._character.language)
        while turns and not turns[-1][1]:
            turns.pop()
        # What she says before anybody has asked is her greeting.
        opening = turns.pop(0)[0].text if turns and turns[0][0].role == "assistant" else ""
        if not turns:
            return None
        said = tuple(one for one, _ in turns)
        behind = self._maker.messages(Conversation(row.id, row.view, said, opening=opening))
        learnt = [learn for one, learn in turns if one.role == "assistant"]
        places = [place for place, one in enumerate(behind) if one.role == "assistant"]
        # Of a very long row the beginning does not fit.
        flags = dict(zip(reversed(places), reversed(learnt), strict=False))
        rendered = render(
            self._vocabulary,
            self._maker.pinned,
            behind,
            [flags.get(place, False) for place in range(len(behind))],
        )
        if not rendered.spans:
            return None
        line = {
            "id": row.id,
            "prefix": self._character.id,
            "ids": rendered.ids,
            "spans": rendered.spans,
            "n_chars": rendered.n_chars,
            "split": row.split,
            "weight": row.weight,
            "view": row.view,
            "who": row.who,
        }
        return line, (*self._maker.pinned, *behind)


def messages_of(turns: Sequence[RowTurn], user: str, language: Language) -> list[tuple[Message, bool]]:
    """Return turns as messages in alternation, with whether they are learnt; narration stands in brackets.

    Others have their name before what they say, unless only one speaks to her and nothing is told.
    """
    plain = {turn.role for turn in turns} <= {"user", "character"}
    out: list[tuple[Message, bool]] = []
    for turn in turns:
        text = _with_user(turn.text, user)
        if turn.role == "character":
            if out and out[-1][0].role == "assistant":
                before, was = out.pop()
                out.append((Message("assistant", _joined(before.text, text, language)), was or turn.train))
            else:
                out.append((Message("assistant", text), turn.train))
            continue
        if not plain and turn.role == "env":
            text = f"（{text}）" if language == "zh" else f"({text})"
        elif not plain and turn.role == "other" and turn.name:
            text = f"{turn.name}：{text}" if language == "zh" else f"{turn.name}: {text}"
        if out and out[-1][0].role == "user":
            before, _ = out.pop()
            text = f"{before.text}\n{text}"
        out.append((Message("user", text), False))
    return out


def _joined(one: str, other: str, language: Language) -> str:
    return one + ("" if language == "zh" else " ") + other


def _with_user(text: str, user: str) -> str:
    """Put the user's name in; where that is only “you”, nobody is called by it."""
    if USER not in text:
        return text
    if user in ("你", "you"):
        for mark in _VOCATIVE:
            if text.startswith(USER + mark):
                text = text[len(USER) + 1 :].lstrip()
    return text.replace(USER, user)
