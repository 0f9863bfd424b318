"""Guess the part of speech of an English word that sounds different as a noun and as a verb, by its neighbours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

_MODALS_TEXT: Final = (
    "to will would can could shall should may might must do does did don't doesn't didn't won't wouldn't "
    "can't couldn't shouldn't let's please i'll you'll he'll she'll we'll they'll it'll i'd you'd he'd "
    "she'd we'd they'd never always gonna wanna"
)
_MODALS: Final = frozenset(_MODALS_TEXT.split())
_PRONOUNS_TEXT: Final = "i you we they who"
_PRONOUNS: Final = frozenset(_PRONOUNS_TEXT.split())
_THIRD_TEXT: Final = "he she it"
_THIRD: Final = frozenset(_THIRD_TEXT.split())
_DETERMINERS_TEXT: Final = (
    "a an the my your his her its our their this that these those some any no every each another what "
    "which whose one two three first second last next new old good bad big small little own more most "
    "less"
)
_DETERMINERS: Final = frozenset(_DETERMINERS_TEXT.split())
_PREPOSITIONS_TEXT: Final = "of in on at by with from for about into under over through after before"
_PREPOSITIONS: Final = frozenset(_PREPOSITIONS_TEXT.split())
_HAVE_TEXT: Final = (
    "have has had having i've you've we've they've he's she's it's haven't hasn't hadn't been be was were "
    "is are am being get gets got isn't aren't wasn't weren't already just"
)
_HAVE: Final = frozenset(_HAVE_TEXT.split())
_BE_TEXT: Final = "is are was were be been being am i'm you're he's she's it's we're they're very so too more"
_BE: Final = frozenset(_BE_TEXT.split())
_PAST_TEXT: Final = "yesterday ago last earlier once before"
_PAST: Final = frozenset(_PAST_TEXT.split())


def part_of_speech(words: Sequence[str], place: int, choices: Collection[str]) -> str:
    """Return the best of `choices` (and `DEFAULT`) for `words[place]`; words are in lower case."""
    before = words[place - 1] if place else ""
    after = words[place + 1] if place + 1 < len(words) else ""
    for tag in _candidates(words, place, before, after):
        if tag in choices:
            return tag
    return "DEFAULT"


def _candidates(words: Sequence[str], place: int, before: str, after: str) -> tuple[str, ...]:
    earlier = words[place - 2] if place > 1 else ""
    if words[place] == "that":
        return ("DT",) if not after or after in ("is", "was", "one", "s") else ()
    if words[place] == "live" and before in ("a", "the") and after:
        return ("ADJ", "DEFAULT")
    if before in _HAVE or (before in ("not", "never", "ever") and earlier in _HAVE):
        return ("VBN", "VBD", "ADJ") if words[place] in ("read", "reread", "wound") else ("ADJ",)
    if before in _MODALS or (before == "not" and earlier in _MODALS):
        return ("VERB",)
    if before in _PRONOUNS | _THIRD and words[place] in ("read", "reread", "wound"):
        past = before in _THIRD or bool(_PAST & set(words)) or words[place] == "wound"
        return ("VBD", "VBN") if past else ("VERB",)
    if before in _PRONOUNS:
        return ("VERB",)
    if before in _DETERMINERS:
        return (
            ("ADJ", "NOUN")
            if after and after not in _PREPOSITIONS | _BE and _is_content(after)
            else ("NOUN",)
        )
    if before in _PREPOSITIONS:
        return ("NOUN",)
    if before in _BE:
        return ("ADJ",)
    if not before or before in ("and", "or", "but", "then"):
        return ("VERB",) if after in _DETERMINERS | {"me", "him", "them", "it", "us", "up", "down"} else ()
    if after in _DETERMINERS | {"me", "him", "them", "it", "us"}:
        return ("VERB",)
    return ("NOUN",) if after in _PREPOSITIONS | _BE else ()


def _is_content(word: str) -> bool:
    return word not in _MODALS | _PRONOUNS | _THIRD | _DETERMINERS | {"and", "or", "but", "to"}
