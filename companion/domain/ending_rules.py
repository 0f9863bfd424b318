"""Rules about the end of a text: the first pattern that fits says how likely the text is whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

Rules = Sequence[tuple[re.Pattern[str], float]]


def one_of(words: str) -> str:
    """Return a pattern for any of `words`, which stand between blanks; `_` is a blank inside one.

    A word may use the syntax of patterns itself.
    """
    return f"(?:{'|'.join(words.replace('_', ' ') for words in words.split())})"


def compiled(rules: Iterable[tuple[str, float]]) -> Rules:
    """Return the rules ready for use."""
    return tuple((re.compile(pattern), likely) for pattern, likely in rules)


def first(rules: Rules, text: str) -> float | None:
    """Return what the first rule that fits says, None where none does."""
    return next((likely for pattern, likely in rules if pattern.search(text)), None)


def dictated(text: str, *, subject: str, digit: str, whole: int) -> float | None:
    """Return how likely a number that is being dictated has all its digits, None where none is.

    `subject` names such a number, a `digit` may be a word, `whole` is the usual count.
    """
    found = re.search(rf"(?:(?:{digit})[\s,-]*)+$", text)
    if found is None or not re.search(subject, text[: found.start()]):
        return None
    n_digits = len(re.findall(digit, found.group()))
    return 0.9 if n_digits >= whole else 0.45 if n_digits in (4, 6, 8) else 0.15
