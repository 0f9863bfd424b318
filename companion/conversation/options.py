"""What the user has set that a conversation heeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from companion.domain.character import VoiceSpec


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What the user has set; read anew at each turn. `default_voice` is used where a character's own fails.

    `fillers`: she makes a sound of thinking where a spoken answer is long in coming. `extra_silence_ms` is how much
    longer than usual, or shorter if negative, the user wants to be waited for.
    """

    user_name: str = ""
    speak: bool = True
    voice_speed: float = 1.0
    hear_language: Literal["character", "auto", "zh", "en"] = "character"
    default_voice: VoiceSpec = field(default_factory=VoiceSpec)
    greet_aloud: bool = False
    extra_silence_ms: int = 0
    fillers: bool = False
    seed: int | None = None
