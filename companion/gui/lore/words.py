"""Why an entry is remembered or not, how well a passage fits, and where it stands: in words a fan understands."""

from __future__ import annotations

from companion.domain.lore import Fired, Passed
from companion.domain.passages import FoundPassage, Passage
from companion.gui.inert import plain_name
from companion.gui.translation import tr


def entry_title(keys: tuple[str, ...], name: str, content: str) -> str:
    """Return how an entry is called: its name, else its keys, else its first words."""
    return plain_name(name or " / ".join(keys[:4]) or content, 60) or tr("An entry without words")


def fired_reason(fired: Fired) -> str:
    """Return why an entry is remembered."""
    key = plain_name(fired.key, 40)
    return {
        "constant": tr("always in her mind"),
        "key": tr("because of “{key}”", key=key) if key else tr("a keyword was mentioned"),
        "sticky": tr("still in her mind from before"),
        "recursion": tr("another entry mentions “{key}”", key=key) if key else tr("called by another entry"),
        "activated": tr("a rule in it says so"),
    }[fired.reason]


def passed_reason(passed: Passed) -> str:
    """Return why an entry that matched, or nearly, was left out."""
    detail = plain_name(passed.detail, 40)
    sayings = {
        "disabled": tr("It is not in use."),
        "off": tr("You switched it off for her."),
        "delay": tr("It begins only after more messages."),
        "cooldown": tr("It rests after it was remembered."),
        "recursion": tr("Other entries may not call it, or only in a later round."),
        "decorator": tr("A rule in it is not met: {detail}", detail=detail),
        "depth": tr("The keyword stands too far back in the chat."),
        "secondary": tr("A further condition is not met: {detail}", detail=detail),
        "excluded": tr("A word that excludes it was mentioned: {detail}", detail=detail),
        "group": tr("Another entry of its group was chosen: {detail}", detail=detail),
        "probability": tr("Chance decided against it this time."),
        "budget": tr("There was no room left for it; it takes about {detail}.", detail=detail),
        "duplicate": tr("The same text is remembered already."),
        "empty": tr("It has no words."),
        "regex_slow": tr("Its pattern takes too long and was stopped: {detail}", detail=detail),
    }
    return sayings.get(passed.reason, passed.reason).rstrip(": ：")


def place_of(passage: Passage) -> str:
    """Return where a passage stands: book, chapter, scene."""
    book = passage.book or passage.file
    parts = [plain_name(book, 40), plain_name(passage.chapter, 40)]
    if passage.scene:
        parts.append(tr("scene {n}", n=passage.scene))
    return " · ".join(part for part in parts if part)


def fit_of(found: FoundPassage, rank: int) -> str:
    """Return how well a passage answers; `rank` counts from 1."""
    if not found.confident:
        return tr("Hardly fits")
    both = found.bm25_rank is not None and found.dense_rank is not None
    if rank == 1 and both:
        return tr("Fits best")
    if both:
        return tr("Fits by words and meaning")
    return tr("Fits by its words") if found.bm25_rank is not None else tr("Fits by its meaning")


def size_in_words(n_chars: int) -> str:
    """Return the length of a text."""
    return tr("{n} characters", n=f"{n_chars:,}")


def entries_text(n: int) -> str:
    """Return how many entries a lorebook has."""
    return tr("1 entry") if n == 1 else tr("{n} entries", n=f"{n:,}")


def passages_text(n: int) -> str:
    """Return how many passages a document has."""
    return tr("1 passage") if n == 1 else tr("{n} passages", n=f"{n:,}")
