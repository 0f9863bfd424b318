"""Recognise utterances, early at a soft end of speech and for good when the utterance is complete."""

from __future__ import annotations

import dataclasses
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from companion.conversation.names import NamesOf
from companion.conversation.slots import Engines
from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.errors import Cancelled, CompanionError
from companion.ports import Transcript

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """The result of one recognition: `job` tells which; `error` when it failed.

    `turn_probability` is how finished it sounded, where a turn detector was in time.
    """

    job: int
    transcript: Transcript | None
    error: CompanionError | None = None
    turn_probability: float | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    number: int
    clip: AudioClip | None
    language: str | None
    character: Character | None
    cancel: CancelToken


class Hearing:
    """Owns two threads, one for words and one for melody; a newer clip cancels the one before."""

    def __init__(
        self, engines: Engines, on_heard: Callable[[Heard], None], names_of: NamesOf | None = None
    ) -> None:
        self._engines, self._on_heard, self._names_of = engines, on_heard, names_of
        self._words: queue.Queue[_Job | None] = queue.Queue()
        self._melodies: queue.Queue[_Job | None] = queue.Queue()
        self._lock = threading.Lock()
        self._number = self._done = 0
        self._cancel = CancelToken()
        self._melody: tuple[int, float] | None = None
        self._threads = [
            threading.Thread(target=self._run_words, name="hearing"),
            threading.Thread(target=self._run_melodies, name="hearing-melody"),
        ]
        for thread in self._threads:
            thread.start()

    def recognise(self, clip: AudioClip, *, language: str | None, character: Character | None = None) -> int:
        """Start recognising `clip`; return the job by which `on_heard` will name it."""
        with self._lock:
            self._cancel.request()
            self._cancel = CancelToken()
            self._number += 1
            job = _Job(self._number, clip, language, character, self._cancel)
            self._melodies.put(job)
            self._words.put(job)
            return self._number

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being recognised."""
        return self._done >= self._number

    def expect(self, character: Character) -> None:
        """Make ready what hearing her names takes."""
        self._words.put(_Job(0, None, None, character, CancelToken()))

    def drop(self) -> None:
        """Give up the present recognition."""
        with self._lock:
            self._cancel.request()

    def close(self) -> None:
        self.drop()
        self._words.put(None)
        self._melodies.put(None)
        for thread in self._threads:
            thread.join()

    def _run_words(self) -> None:
        while (job := self._words.get()) is not None:
            if not job.cancel.requested:
                self._hear(job)
            self._done = max(self._done, job.number)

    def _hear(self, job: _Job) -> None:
        try:
            transcript = self._transcribed(job)
        except Cancelled:
            return
        except CompanionError as error:
            self._on_heard(Heard(job.number, None, error))
            return
        if transcript is not None and not job.cancel.requested:
            melody = self._melody
            likely = melody[1] if melody is not None and melody[0] == job.number else None
            self._on_heard(Heard(job.number, transcript, turn_probability=likely))

    def _transcribed(self, job: _Job) -> Transcript | None:
        names = None
        if self._names_of is not None and job.character is not None:
            names = self._names_of(job.character)
        if job.clip is None:
            return None
        recogniser = self._engines.recogniser.get(job.cancel)
        transcript = recogniser.transcribe(
            job.clip,
            job.cancel,
            language=job.language,
            hotwords=names.hotwords if names is not None else (),
        )
        if names is None or not transcript.text:
            return transcript
        return dataclasses.replace(transcript, text=names.repairer.repair(transcript.text).text)

    def _run_melodies(self) -> None:
        while (job := self._melodies.get()) is not None:
            detector = self._engines.turn.ready
            if detector is None or job.clip is None or job.cancel.requested:
                continue
            try:
                self._melody = (job.number, detector.completeness(job.clip))
            except CompanionError as error:
                _log.info("the melody was not judged: %s", error.code)
