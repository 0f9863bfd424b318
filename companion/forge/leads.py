"""Leads: the narration around a quote, in clauses, from which its speaker is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from companion.forge.quotes import Quote
from companion.forge.units import Paragraph

_CLAUSE: Final = re.compile(
    '[^，。．！？；、,;!?：:—…\\s"“”「」『』（）()\\]\\[《》`-]+(?:《[^》\n]{0,30}》)?'
)
_SENTENCE: Final = re.compile("[。．！？!?]")
_COLON: Final = re.compile(r"[：:∶]\s*$")


@dataclass(frozen=True, slots=True)
class Lead:
    """What stands around the quote `quote`, an index.

    `before` is the narration of its paragraph since the quote before it, from `start`; `after` what follows up to the
    next quote, from `end`. `clauses` are those of `before` with their offsets, `colon` tells that it ends with one.
    `opens` and `closes`: there is no other quote before, or after it, in the paragraph.
    """

    quote: int
    start: int
    before: str
    end: int
    after: str
    clauses: tuple[str, ...]
    places: tuple[int, ...]
    colon: bool
    opens: bool
    closes: bool

    @property
    def tag_clause(self) -> str:
        """The clause right before the quote."""
        return self.clauses[-1] if self.clauses else ""

    @property
    def after_clause(self) -> str:
        """The clause right behind the quote, where it stands closer to it than to the next one."""
        found = _CLAUSE.match(self.after)
        if found is None or _COLON.match(self.after[found.end() :][:2]):
            return ""
        return found.group()


def leads_of(text: str, quotes: Sequence[Quote], paragraphs: Sequence[Paragraph]) -> list[Lead]:
    """Return the lead of each of `quotes`; quoted words that nobody says are part of the narration."""
    out: list[Lead] = []
    for number, quote in enumerate(quotes):
        paragraph = paragraphs[quote.paragraph]
        earlier = quotes[number - 1] if number else None
        later = quotes[number + 1] if number + 1 < len(quotes) else None
        opens = earlier is None or earlier.paragraph != quote.paragraph
        closes = later is None or later.paragraph != quote.paragraph
        start = paragraph.start if earlier is None or opens else earlier.end
        stop = paragraph.end if later is None or closes else later.start
        before = text[start : quote.start]
        found = list(_CLAUSE.finditer(before))
        out.append(
            Lead(
                quote=number,
                start=start,
                before=before,
                end=quote.end,
                after=text[quote.end : stop],
                clauses=tuple(one.group() for one in found),
                places=tuple(start + one.start() for one in found),
                colon=bool(_COLON.search(before)),
                opens=opens,
                closes=closes,
            )
        )
    return out
