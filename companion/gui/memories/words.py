"""How groups, days and places of memories are said."""

from __future__ import annotations

from datetime import datetime

from companion.gui.chat.entries import clock
from companion.gui.chat.rows import day_label
from companion.gui.inert import plain_name
from companion.gui.memories.collection import Card, Group
from companion.gui.translation import tr

_QUOTED = 90


def group_title(group: Group) -> str:
    """Return the title of a group of cards."""
    return {
        "user": tr("About you"),
        "relationship": tr("Between you"),
        "pack": tr("From her card"),
        "forgotten": tr("Forgotten"),
    }[group]


def day(seconds: float) -> str:
    """Return the day of a Unix time as the window's language says it."""
    return day_label(datetime.fromtimestamp(seconds).date())


def place(card: Card) -> str:
    """Return when and where a card was said, on one line."""
    told = card.told
    if told is None:
        written = tr("On her card") if card.memory.origin == "pack" else tr("You wrote this down")
        return f"{written} · {day(card.memory.created_at)}"
    when = f"{day(told.at)} {clock(told.at)}"
    said = plain_name(told.text, _QUOTED)
    quoted = tr("you said: “{said}”", said=said) if told.mine else tr("she said: “{said}”", said=said)
    return " · ".join(part for part in (when, plain_name(told.title, 30), quoted) if part)


def earlier_words(n: int) -> str:
    """Return what the fold over `n` corrected forms is called."""
    return tr("Corrected once") if n == 1 else tr("Corrected {n} times", n=n)
