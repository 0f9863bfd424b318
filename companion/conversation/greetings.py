"""The words a character opens a chat with."""

from __future__ import annotations

from companion.domain.character import Character
from companion.domain.macros import MacroFacts, expand, seed_of
from companion.domain.messages import ChatInfo
from companion.domain.prompt import user_name_for


def greetings_of(character: Character, user_name: str, chat: ChatInfo) -> list[str]:
    """Return the card's greetings, macros filled in as in this chat: `first_mes`, then the alternates."""
    user, seed = user_name_for(character, user_name), seed_of(chat.chat)
    facts = MacroFacts(now=chat.created_at, language=character.language)
    texts = [character.first_mes, *character.alternate_greetings]
    return [
        expand(text, char=character.shown_name, user=user, seed=seed, facts=facts)
        for text in texts
        if text.strip()
    ]
