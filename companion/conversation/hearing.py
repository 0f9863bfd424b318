"""Recognise utterances, early at a soft end of speech and for good when the utterance is complete."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from companion.conversation.slots import Engines
from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.errors import Cancelled, CompanionError
from companion.ports import Transcript

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """The result of one recognition: `job` tells which; `error` when it failed."""

    job: int
    transcript: Transcript | None
    error: CompanionError | None = None


class Hearing:
    """Owns one thread; a newer clip cancels the one before."""

    def __init__(self, engines: Engines, on_heard: Callable[[Heard], None]) -> None:
        self._engines, self._on_heard = engines, on_heard
        self._clips: queue.Queue[tuple[int, AudioClip, str | None, tuple[str, ...], CancelToken] | None] = (
            queue.Queue()
        )
        self._lock = threading.Lock()
        self._job = 0
        self._cancel = CancelToken()
        self._thread = threading.Thread(target=self._run, name="hearing")
        self._thread.start()

    def recognise(self, clip: AudioClip, *, language: str | None, hotwords: tuple[str, ...] = ()) -> int:
        """Start recognising `clip`; return the job by which `on_heard` will name it."""
        with self._lock:
            self._cancel.request()
            self._cancel = CancelToken()
            self._job += 1
            self._clips.put((self._job, clip, language, hotwords, self._cancel))
            return self._job

    def drop(self) -> None:
        """Give up the present recognition."""
        with self._lock:
            self._cancel.request()

    def close(self) -> None:
        self.drop()
        self._clips.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._clips.get()) is not None:
            job, clip, language, hotwords, cancel = item
            if cancel.requested:
                continue
            try:
                recogniser = self._engines.recogniser.get(cancel)
                transcript = recogniser.transcribe(clip, cancel, language=language, hotwords=hotwords)
            except Cancelled:
                continue
            except CompanionError as error:
                self._on_heard(Heard(job, None, error))
                continue
            if not cancel.requested:
                self._on_heard(Heard(job, transcript))
