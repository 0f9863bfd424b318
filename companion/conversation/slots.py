"""Engines that arrive later: a turn waits for them, a failure is told with its reason."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from companion.errors import Cancelled, CompanionError, ModelError
from companion.ports import AudioIO, Cancel, LanguageModel, RecallIndex, Recogniser, TurnDetector, Voice

T = TypeVar("T")


class Slot(Generic[T]):
    """Holds one engine: loading at first, then ready or failed; may be refilled."""

    def __init__(self, engine: T | None = None) -> None:
        self._changed = threading.Condition()
        self._engine = engine
        self._error: CompanionError | None = None

    def put(self, engine: T) -> T | None:
        """Make `engine` the present one; return the one before, for the caller to close."""
        with self._changed:
            before, self._engine, self._error = self._engine, engine, None
            self._changed.notify_all()
        return before

    def fail(self, error: CompanionError) -> T | None:
        """Tell all who wait that there will be no engine; return the one before."""
        with self._changed:
            before, self._engine, self._error = self._engine, None, error
            self._changed.notify_all()
        return before

    def clear(self) -> T | None:
        """Go back to loading; return the one before."""
        with self._changed:
            before, self._engine, self._error = self._engine, None, None
        return before

    @property
    def has_failed(self) -> bool:
        with self._changed:
            return self._error is not None

    @property
    def ready(self) -> T | None:
        with self._changed:
            return self._engine

    def get(self, cancel: Cancel, *, timeout_s: float = 300.0) -> T:
        """Wait for the engine. Raises its CompanionError, Cancelled, or ModelError after `timeout_s`."""
        waited = 0.0
        with self._changed:
            while self._engine is None:
                if self._error is not None:
                    raise self._error
                if cancel.requested:
                    raise Cancelled
                if waited >= timeout_s:
                    raise ModelError(
                        "The model is still not loaded.", "Look at the settings page for models."
                    )
                self._changed.wait(0.02)
                waited += 0.02
            return self._engine


class Engines:
    """The slots a session works with."""

    def __init__(self) -> None:
        self.language: Slot[LanguageModel] = Slot()
        self.recogniser: Slot[Recogniser] = Slot()
        self.voice: Slot[Voice] = Slot()
        self.audio: Slot[AudioIO] = Slot()
        self.recall: Slot[RecallIndex] = Slot()
        self.turn: Slot[TurnDetector] = Slot()
