"""Whether what was heard is meant for her, where the microphone is open to everybody in the room."""

from __future__ import annotations

import re
from typing import Literal

from companion.domain.character import Character
from companion.domain.name_call import ATTENTION_S, called
from companion.domain.state import ListenMode
from companion.text.language import HAN

_HAN = re.compile(f"[{HAN}]")


class Attention:
    """Owned by the session's thread. In mode `on_call` she is called by name, or has just been talked with."""

    def __init__(self) -> None:
        self._until_s = float("-inf")
        self._spoke_from_s = 0.0

    def hold(self, at_s: float) -> None:
        """She was talked with until `at_s`, monotonic seconds."""
        self._until_s = max(self._until_s, at_s + ATTENTION_S)

    def speaks(self, from_s: float) -> None:
        """Her sound has begun, at `from_s`."""
        self._spoke_from_s = from_s
        self.hold(from_s)

    def has_spoken(self, seconds: float) -> None:
        """Her sound has ended after `seconds`."""
        self.hold(self._spoke_from_s + seconds)

    def meant(self, text: str, at_s: float, mode: ListenMode, character: Character | None) -> str | None:
        """Return what of `text`, heard at `at_s`, is said to `character`: all but her name; None if nothing is.

        Her name alone is a message, too.
        """
        if mode != "on_call" or character is None:
            return text
        names = [name for name in dict.fromkeys((character.shown_name, character.name)) if name.strip()]
        language: Literal["zh", "en"] = "zh" if _HAN.search(text) else "en"
        call = called(text, names, language)
        if not call.is_called:
            return text if at_s <= self._until_s else None
        if not any(char.isalnum() for char in call.rest):
            return text
        return call.rest[:1].upper() + call.rest[1:]
