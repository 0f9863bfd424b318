"""Which part of a long text is said in a clip: the run of its clauses that is most like what was heard."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from companion.text.phonemes import Language
from companion.voice_training.intelligibility import edits, tokens

# A mark ends a clause together with the quotes and spaces behind it; one between digits belongs to the number.
_CLAUSE: Final = re.compile(
    r""".+?(?:[，。！？；：、…—\n]+|[,.!?;:]+(?=["'”’]|\s|$))[”’」』"'）)]*\s*|.+$""", re.DOTALL
)
_MOST_CANDIDATES: Final = 12
_LONGEST: Final = 1.5


def best_part(text: str, heard: str, language: Language) -> tuple[str, float]:
    """Return the clauses of `text`, in a row, that are most like `heard`, and their error rate, 0 to 1.

    An empty text and 1.0 where nothing is alike.
    """
    said = tokens(heard, language)
    clauses = [match.group() for match in _CLAUSE.finditer(text)]
    parts = [tokens(clause, language) for clause in clauses]
    if not said or not any(parts):
        return "", 1.0
    best, least = (0, 0), 1.0
    for first, last in _candidates(parts, said):
        wanted = [token for part in parts[first:last] for token in part]
        rate = edits(wanted, said) / max(len(wanted), len(said))
        # Of two that are equally alike the longer one has lost nothing that was said.
        if rate < least:
            best, least = (first, last), rate
    return "".join(clauses[best[0] : best[1]]).strip(), least


def _candidates(parts: list[list[str]], said: list[str]) -> list[tuple[int, int]]:
    """Return the runs of clauses that share most tokens with what was said, by counts alone."""
    wanted = Counter(said)
    ranked: list[tuple[float, int, int]] = []
    for first in range(len(parts)):
        found: Counter[str] = Counter()
        n_tokens = 0
        for last in range(first + 1, len(parts) + 1):
            found.update(parts[last - 1])
            n_tokens += len(parts[last - 1])
            shared = (found & wanted).total()
            if shared:
                ranked.append((2 * shared / (n_tokens + len(said)), first, last))
            if n_tokens > _LONGEST * len(said):
                break
    ranked.sort(key=lambda one: (-one[0], one[1], one[2]))
    return [(first, last) for _, first, last in ranked[:_MOST_CANDIDATES]]
