"""From a prompt as built and a reply as timed to the answer of "why did she say that?"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from companion.domain.events import TurnTimings
from companion.domain.explanation import Explanation, LoreUsed, MemoryUsed, PassageUsed
from companion.domain.lore import Fired
from companion.domain.passages import FoundPassage
from companion.domain.prompt import Built

_EXCERPT_CHARS = 200


def explain(
    built: Built,
    constants: Sequence[Fired],
    timings: TurnTimings,
    model: str,
    count: Callable[[Sequence[str]], list[int]],
) -> Explanation:
    """Return what stood in the prompt and where it came from.

    `constants` are the entries of its stable part, of which `built` names those it had no room for.
    """
    used, left_out = built.used, {hit.id for hit in built.left_out}
    lore = [*constants, *used.lore]
    costs = count([hit.text for hit in lore]) if lore else []
    rows = [(hit, _lore(hit, n)) for hit, n in zip(lore, costs, strict=True)]
    spans = {
        "first_token": timings.first_token_s,
        "first_clause": timings.first_clause_s,
        "first_audio": timings.first_audio_s,
        "total": timings.total_s,
        **timings.spans,
    }
    return Explanation(
        sections=tuple((section.name, section.n_tokens) for section in built.sections),
        lore=tuple(row for hit, row in rows if hit.id not in left_out),
        left_out=tuple(row for hit, row in rows if hit.id in left_out),
        passages=tuple(_passage(found) for found in used.passages),
        memories=tuple(
            MemoryUsed(one.memory, one.message, one.chat, one.text, one.at) for one in used.memories
        ),
        n_prompt=timings.n_prompt_tokens,
        n_evaluated=timings.n_evaluated_tokens,
        n_generated=timings.n_reply_tokens,
        seconds={name: round(value, 4) for name, value in spans.items() if value is not None},
        model=model,
    )


def fired_in(meta: object) -> frozenset[str]:
    """Return the entries (`book:entry`) that a reply's explanation names; the lore's timing rules rest on them."""
    why = meta.get("why") if isinstance(meta, dict) else None
    lore = why.get("lore") if isinstance(why, dict) else None
    rows = [one for one in lore if isinstance(one, dict)] if isinstance(lore, list | tuple) else []
    return frozenset(f"{one.get('book', '')}:{one.get('entry', '')}" for one in rows)


def _lore(hit: Fired, n_tokens: int) -> LoreUsed:
    name = hit.entry.name or (hit.entry.keys[0] if hit.entry.keys else hit.text[:20])
    return LoreUsed(hit.book, hit.entry.id, name, hit.key, hit.reason, n_tokens)


def _passage(found: FoundPassage) -> PassageUsed:
    one = found.passage
    return PassageUsed(
        one.id,
        one.document,
        one.file,
        one.chapter,
        found.start,
        found.end,
        found.text[:_EXCERPT_CHARS],
        round(found.score, 4),
    )
