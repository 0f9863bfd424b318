"""Sounds of thinking, made ahead, for the moments in which an answer is long in coming."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, Literal

from companion.conversation.slots import Engines
from companion.domain.audio import Speech
from companion.domain.character import VoiceSpec
from companion.errors import CompanionError
from companion.ports import Cancel

_log = logging.getLogger(__name__)
_SOUNDS: Final = {"zh": ("嗯……", "让我想想。", "唔……"), "en": ("Hmm.", "Let me think.", "Well…")}
_REST_S: Final = 20.0

TakeFiller = Callable[[], tuple[Speech, ...]]
"""Returns the chunks of one sound, or nothing; to be called once."""


class Fillers:
    """Keeps the sounds of one voice; any thread. Never the same one twice running, and not twice in 20 s."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._spec: VoiceSpec | None = None
        self._sounds: list[tuple[Speech, ...]] = []
        self._next = 0
        self._used_s = float("-inf")

    def has(self, spec: VoiceSpec) -> bool:
        """Tell whether the sounds of this voice were made."""
        with self._lock:
            return self._spec == spec

    def make(self, engines: Engines, spec: VoiceSpec, language: Literal["zh", "en"], cancel: Cancel) -> None:
        """Let the voice make its sounds; what it cannot make is left out."""
        voice = engines.voice.get(cancel)
        sounds = []
        for text in _SOUNDS[language]:
            try:
                sounds.append(tuple(voice.synthesise(text, cancel, voice=spec)))
            except CompanionError as error:
                _log.info("a sound of thinking was not made: %s", error.code)
            if cancel.requested:
                return
        with self._lock:
            self._spec, self._sounds, self._next = spec, sounds, 0

    def offer(self, spec: VoiceSpec) -> TakeFiller:
        """Return what a turn that is spoken by this voice may call when it has kept the user waiting."""
        return lambda: self._take(spec)

    def _take(self, spec: VoiceSpec) -> tuple[Speech, ...]:
        with self._lock:
            now = self._clock()
            if self._spec != spec or not self._sounds or now - self._used_s < _REST_S:
                return ()
            sound = self._sounds[self._next % len(self._sounds)]
            self._next, self._used_s = self._next + 1, now
            return sound
