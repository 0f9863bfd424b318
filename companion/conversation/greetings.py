"""The words a character opens a chat with."""

from __future__ import annotations

from companion.domain.character import Character
from companion.domain.macros import expand
from companion.domain.prompt import user_name_for


def greetings_of(character: Character, user_name: str) -> list[str]:
    """Return the card's greetings, macros filled in: `first_mes`, then the alternates."""
    user = user_name_for(character, user_name)
    texts = [character.first_mes, *character.alternate_greetings]
    return [expand(text, char=character.shown_name, user=user) for text in texts if text.strip()]
