"""A language model chooses among people whom the text names; it never writes a name of its own."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final, Protocol

from companion.domain.character import Sampling
from companion.domain.messages import Message
from companion.forge.extraction import Extraction
from companion.forge.speakers import Attribution
from companion.forge.subjects import Subjects
from companion.ports import Cancel, LanguageModel, Prompt, TextDelta

MOST_CANDIDATES: Final = 8
LETTERS: Final = "ABCDEFGH"
NOBODY: Final = "X"
CONTEXT_LINES: Final = 10
DOUBTFUL: Final = 0.66
_LONGEST_CONTEXT: Final = 800
_ANSWER: Final = re.compile(rf"[{LETTERS}{NOBODY}]")
_ASK: Final = {
    "zh": (
        "下面是小说的一段。判断标有>>><<<的那句话是谁说的。只回答一个字母；看不出来就回答X。",
        "X. 看不出来",
        "答案：",
    ),
    "en": (
        "Below is a passage of a novel. Who says the words marked >>> <<<? Answer with one letter "
        "only; X if it cannot be told.",
        "X. It cannot be told",
        "Answer: ",
    ),
}


class Kept(Protocol):
    """Answers that earlier runs have left; `jobs.items.Items` is such a place."""

    def __contains__(self, key: object) -> bool: ...

    def __getitem__(self, key: str) -> Any: ...

    def add(self, key: str, value: Any) -> None: ...


def chooser(
    model: LanguageModel,
    cancel: Cancel,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    kept: Kept | None = None,
    seed: int = 1,
) -> Callable[[Extraction], Sequence[Attribution]]:
    """Return what `extraction.extracted` takes as `choose`: it asks `model` about quotes that are open or doubtful.

    Two passes with the candidates in another order must agree, else the quote stays as it was. The work stops with
    what is done when `cancel` asks for it. `kept` takes every answer at once, so that no quote is asked about twice.
    """

    def asked(draft: Extraction, number: int, names: Sequence[str]) -> str | None:
        key = _key(draft, number, names)
        if kept is not None and key in kept:
            return kept[key] or None
        name = _agreed(draft, number, names, model, cancel, seed)
        if kept is not None and not cancel.requested:
            kept.add(key, name or "")
        return name

    def choose(draft: Extraction) -> list[Attribution]:
        out = list(draft.attributions)
        doubtful = [n for n, found in enumerate(out) if found.confidence <= DOUBTFUL]
        subjects = Subjects(draft.cast)
        for done, number in enumerate(doubtful):
            if cancel.requested:
                break
            names = candidates(draft, subjects, number)
            name = asked(draft, number, names) if len(names) > 1 else None
            if name is not None and not cancel.requested:
                out[number] = replace(out[number], speaker=name, method="model")
            progress(done + 1, len(doubtful))
        return out

    return choose


def candidates(draft: Extraction, subjects: Subjects, number: int) -> list[str]:
    """Return at most eight people whom the text around a quote names, the nearest first; never one called in it."""
    text, quote = draft.source.document.text, draft.quotes[number]
    start = _context_start(draft, number)
    before = subjects.mentions(text[start : quote.start], start)
    after = subjects.mentions(text[quote.end : quote.end + 60], quote.end)
    speakers = [
        found.speaker
        for found in reversed(draft.attributions[max(0, number - CONTEXT_LINES) : number])
        if found.speaker and "、" not in found.speaker
    ]
    named = [one.id for one in (*reversed(before), *after) if not one.is_role]
    body = text[quote.inner[0] : quote.inner[1]][:12]
    called = {one.id for one in subjects.mentions(body) if one.start <= 2}
    found = [name for name in dict.fromkeys((*speakers[:4], *named, *speakers)) if name not in called]
    return found[:MOST_CANDIDATES]


def _key(draft: Extraction, number: int, names: Sequence[str]) -> str:
    quote = draft.quotes[number]
    words = draft.source.document.text[_context_start(draft, number) : quote.end]
    return sha256("\n".join([words, *names]).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _agreed(
    draft: Extraction, number: int, names: Sequence[str], model: LanguageModel, cancel: Cancel, seed: int
) -> str | None:
    order = random.Random(f"{seed}:{draft.quotes[number].start}")
    first, second = list(names), list(names)
    order.shuffle(first)
    while len(names) > 1 and second == first:
        order.shuffle(second)
    answers = [_answer(draft, number, one, model, cancel) for one in (first, second)]
    return answers[0] if answers[0] is not None and answers[0] == answers[1] else None


def _answer(
    draft: Extraction, number: int, names: Sequence[str], model: LanguageModel, cancel: Cancel
) -> str | None:
    ask, nobody, answer = _ASK[draft.language]
    text, quote = draft.source.document.text, draft.quotes[number]
    passage = (
        text[_context_start(draft, number) : quote.start]
        + f">>>{text[quote.start : quote.end]}<<<"
        + text[quote.end : quote.end + 60].split("\n")[0]
    )
    options = "\n".join(
        [*(f"{letter}. {name}" for letter, name in zip(LETTERS, names, strict=False)), nobody]
    )
    prompt = Prompt(
        pinned=(Message("system", ask),),
        turn=(Message("user", f"{passage.strip()}\n\n{options}"),),
        reply_prefix=answer,
    )
    sampling = Sampling(temperature=0.0, top_k=1, repeat_penalty=1.0, max_tokens=4, seed=1)
    said = "".join(
        part.text for part in model.generate(prompt, sampling, cancel) if isinstance(part, TextDelta)
    )
    found = _ANSWER.search(said.upper())
    if found is None or found.group() == NOBODY or LETTERS.index(found.group()) >= len(names):
        return None
    return names[LETTERS.index(found.group())]


def _context_start(draft: Extraction, number: int) -> int:
    """Return where the ten lines before a quote begin, within its chapter."""
    quote = draft.quotes[number]
    first = draft.units.paragraphs[max(0, quote.paragraph - CONTEXT_LINES)]
    chapter = draft.units.chapters[draft.units.paragraphs[quote.paragraph].chapter]
    return max(chapter.body, first.start, quote.start - _LONGEST_CONTEXT)
