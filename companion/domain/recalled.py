"""What one turn calls up beside the history, and how it is put to the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from companion.domain.character import Character
from companion.domain.lore import Fired
from companion.domain.memory import Recollected
from companion.domain.passages import FoundPassage

CountTokens = Callable[[Sequence[str]], list[int]]
PartName = Literal["lore", "time", "memories", "passages", "instructions"]

_QUOTED_CHARS = 60
_WORDS = {
    "zh": {
        "memories": "{{char}}记得：",
        "passages": "原文里这样写，照它回答：",
        "lore": "可能用得上的事：",
        "answer": "现在回应“%s”。",
    },
    "en": {
        "memories": "What {{char}} remembers: ",
        "passages": "The story says, answer from it: ",
        "lore": "What may help now: ",
        "answer": 'Now answer "%s".',
    },
}


@dataclass(frozen=True, slots=True)
class Recalled:
    """`lore` in insertion order, `passages` and `memories` best first; `background` is a line on time and the like."""

    lore: tuple[Fired, ...] = ()
    passages: tuple[FoundPassage, ...] = ()
    memories: tuple[Recollected, ...] = ()
    background: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of what changes each turn."""

    name: PartName
    text: str
    n_tokens: int


def fitted(
    character: Character,
    fill: Callable[[str], str],
    recalled: Recalled,
    said: str,
    count: CountTokens,
    room: int,
) -> tuple[Recalled, tuple[Part, ...]]:
    """Return what fits `room` tokens, and its parts in prompt order; `fill` replaces macros.

    Passages leave first, then memories, then lore, the last of each first; instructions stay unless they alone
    are too long.
    """
    while True:
        parts = _parts(character, fill, recalled, said, count)
        if sum(part.n_tokens for part in parts) <= room or not parts:
            return recalled, parts
        if recalled.passages:
            recalled = replace(recalled, passages=recalled.passages[:-1])
        elif recalled.memories:
            recalled = replace(recalled, memories=recalled.memories[:-1])
        elif recalled.lore:
            recalled = replace(recalled, lore=recalled.lore[:-1])
        else:
            return replace(recalled, background=""), ()


def _parts(
    character: Character, fill: Callable[[str], str], recalled: Recalled, said: str, count: CountTokens
) -> tuple[Part, ...]:
    words = _WORDS[character.language]
    memories = [one.text.strip() for one in recalled.memories if one.text.strip()]
    passages = [_quoted(one) for one in recalled.passages]
    lore = [text for hit in recalled.lore if (text := hit.text.strip())]
    # The hour belongs to what may help, but is told apart from it: it is no entry of her world.
    time = [recalled.background] if recalled.background else []
    words_of_time = "" if lore else words["lore"]
    texts: list[tuple[PartName, str]] = []
    # What hangs least on the user's words comes first: it can be read before he has said them.
    parts: tuple[tuple[PartName, str, list[str]], ...] = (
        ("lore", words["lore"], lore),
        ("time", words_of_time, time),
        ("memories", words["memories"], memories),
        ("passages", words["passages"], passages),
    )
    for name, opening, lines in parts:
        if lines:
            texts.append((name, opening + "\n".join(lines)))
    if instructions := _instructions(character, words["answer"], said, bool(texts)):
        texts.append(("instructions", instructions))
    filled = [(name, fill(text)) for name, text in texts]
    return tuple(
        Part(name, text, n)
        for (name, text), n in zip(filled, count([text for _, text in filled]), strict=True)
    )


def _instructions(character: Character, answer: str, said: str, has_facts: bool) -> str:
    """Return the card's last words. Facts alone lead a small model astray: it is told again what to answer."""
    lines = [
        text.replace("{{original}}", "").strip()
        for text in (character.depth_prompt, character.post_history_instructions)
    ]
    if has_facts and 0 < len(said) <= _QUOTED_CHARS:
        lines.append(answer % said)
    return "\n".join(line for line in lines if line)


def _quoted(found: FoundPassage) -> str:
    """Return a passage with where it stands; the text of books holds no macros."""
    where = (
        f"《{found.passage.book}》{found.passage.chapter}" if found.passage.book else found.passage.chapter
    )
    text = found.text.strip().replace("{{", "{ {")
    return f"（{where.strip()}）{text}" if where.strip() else text
