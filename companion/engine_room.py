"""Starts the workers, replaces them when their settings change, stops them; on threads of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from companion import wiring
from companion.archive import Archive
from companion.conversation.bus import EventBus
from companion.conversation.session import Session
from companion.conversation.slots import Engines
from companion.domain import commands as do
from companion.domain import events
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.catalog import Catalog
from companion.errors import Cancelled, CompanionError, ModelError
from companion.paths import Paths
from companion.settings import Settings
from companion.workers.spec import EngineSpec

if TYPE_CHECKING:
    from companion.workers.clients import SpeechClient

_log = logging.getLogger(__name__)
_PROGRESS_EVERY_S = 0.25
Role = Literal["language", "speech", "audio", "recall"]
ALL_ROLES: frozenset[Role] = frozenset({"language", "speech", "audio", "recall"})


class EngineRoom:
    """Fills the slots of `engines`. Methods return at once; what fails is told as a Notice.

    `first_voice` is the voice to make ready; it may raise CompanionError.
    """

    def __init__(
        self,
        paths: Paths,
        catalog: Catalog,
        settings: Callable[[], Settings],
        engines: Engines,
        bus: EventBus,
        archive: Archive,
        session: Session,
        *,
        first_voice: Callable[[], VoiceSpec],
    ) -> None:
        self._paths, self._catalog, self._settings = paths, catalog, settings
        self._engines, self._bus, self._archive, self._session = engines, bus, archive, session
        self._first_voice = first_voice
        self._cancel = CancelToken()
        self._speech: SpeechClient | None = None
        self._threads: list[threading.Thread] = []
        self._reloading = threading.Lock()
        self._told_s = 0.0
        self.roles: frozenset[Role] = frozenset()

    @property
    def closing(self) -> CancelToken:
        """Requested once everything is to stop."""
        return self._cancel

    def start(self, roles: frozenset[Role], audio: EngineSpec, *, listens: Callable[[], bool]) -> None:
        """Start the workers of `roles`; `listens` tells, once there is sound, whether the microphone is wanted."""
        self.roles = roles
        starts: dict[Role, Callable[[], None]] = {
            "audio": lambda: self._start_audio(audio, listens),
            "speech": self._start_speech,
            "language": self._start_language,
            "recall": self._start_recall,
        }
        for role, start in starts.items():
            if role in roles:
                self.in_background(f"start-{role}", start)

    def reload(self, role: Literal["language", "speech", "recall"]) -> None:
        """Replace a worker whose settings have changed, if it was started."""
        starts = {
            "language": self._start_language,
            "speech": self._start_speech,
            "recall": self._start_recall,
        }
        if role in self.roles:
            self.in_background(f"reload-{role}", starts[role])

    def in_background(self, name: str, work: Callable[[], None]) -> None:
        """Run `work` on a thread that `join` waits for."""
        failing: dict[str, Callable[[CompanionError], object]] = {
            "language": self._engines.language.fail,
            "speech": self._engines.voice.fail,
            "audio": self._engines.audio.fail,
        }

        def run() -> None:
            try:
                work()
            except Cancelled:
                return
            except CompanionError as error:
                fail = failing.get(name.rpartition("-")[2])
                if fail is not None:
                    fail(error)
                self.tell(error)

        thread = threading.Thread(target=run, name=name)
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()

    def tell(self, error: CompanionError) -> None:
        """Publish what failed."""
        self._bus.publish(events.Notice(error.what, error.hint, error.code))

    def close(self) -> None:
        """Stop the workers; blocks up to a few seconds. The session must be closed before."""
        self._cancel.request()
        for client in (self._engines.audio.ready, self._engines.language.ready, self._speech):
            if client is not None:
                client.close()

    def join(self) -> None:
        """Wait for the threads."""
        for thread in self._threads:
            thread.join()

    # The clients bring numpy: imported here, on a thread of their own, they do not delay the window.

    def _start_audio(self, spec: EngineSpec, listens: Callable[[], bool]) -> None:
        from companion.workers.audio_client import AudioClient

        audio = AudioClient(spec, on_event=self._on_worker_event, cancel=self._cancel)
        audio.open(wiring.audio_plan(self._settings()))
        self._engines.audio.put(audio)
        self._session.listen_to(audio)
        if listens():
            self._session.post(do.Listen(self._settings().ears.mode))

    def _start_speech(self) -> None:
        from companion.workers.clients import SpeechClient

        settings = self._settings()
        with self._reloading:
            for slot in (self._engines.recogniser, self._engines.voice, self._engines.turn):
                slot.clear()
            before, self._speech = self._speech, None
            if before is not None:
                before.close()
            voice = wiring.voice_spec(
                settings, self._paths, self._catalog, progress=self._progress, cancel=self._cancel
            )
            recogniser: EngineSpec | None = None
            try:
                recogniser = wiring.recogniser_spec(
                    settings, self._paths, self._catalog, progress=self._progress, cancel=self._cancel
                )
            except CompanionError as error:
                self._engines.recogniser.fail(error)
                self.tell(error)
            self._speech = SpeechClient(
                recogniser,
                voice,
                wiring.turn_spec(settings),
                on_event=self._on_worker_event,
                cancel=self._cancel,
            )
        self._take_up(self._speech, recogniser, voice)

    def _take_up(self, speech: SpeechClient, recogniser: EngineSpec | None, voice: EngineSpec) -> None:
        self._engines.voice.put(speech)
        if recogniser is not None:
            self._engines.recogniser.put(speech)
            self._bus.publish(events.EngineChanged("recogniser", recogniser.engine))
            if speech.turn_error is None and wiring.turn_spec(self._settings()) is not None:
                self._engines.turn.put(speech)
        self._warm_voice(speech)
        self._bus.publish(events.EngineChanged("voice", voice.engine))

    def _warm_voice(self, speech: SpeechClient) -> None:
        """Make the weights and dictionaries ready, so that her first words do not wait for them."""
        try:
            spec = self._first_voice()
            for _ in speech.synthesise("嗯。" if spec.language == "zh" else "Yes.", self._cancel, voice=spec):
                pass
        except Cancelled:
            raise
        except CompanionError as error:
            # Her first words will tell; other voices and the recogniser work all the same.
            _log.info("the voice was not made ready: %s", error.code)

    def _start_recall(self) -> None:
        """Open the index once she can talk; without it lore and memory still work by their words."""
        try:
            if "language" in self.roles:
                self._engines.language.get(self._cancel)
        except Cancelled:
            raise
        except CompanionError as error:
            # Told by its own start; documents and memories can be looked at all the same.
            _log.info("the index does not wait for a mind: %s", error.code)
        self._archive.start(self._catalog, self._cancel, self._on_worker_event)

    def _start_language(self) -> None:
        from companion.workers.clients import LanguageClient

        with self._reloading:
            before = self._engines.language.clear()
            if before is not None:
                before.close()
        spec = wiring.language_spec(
            self._settings(), self._paths, self._catalog, progress=self._progress, cancel=self._cancel
        )
        try:
            language = LanguageClient(spec, on_event=self._on_worker_event, cancel=self._cancel)
        except ModelError as error:
            smaller = self._smaller(spec) if error.code == "memory" else None
            if smaller is None:
                raise
            self.tell(error)
            language = LanguageClient(smaller, on_event=self._on_worker_event, cancel=self._cancel)
        info = language.info
        self._engines.language.put(language)
        where = (
            f"{info.gpu_layers} of {info.n_layers} layers on {info.backend}"
            if info.gpu_layers
            else info.backend
        )
        self._bus.publish(
            events.EngineChanged("language", f"{info.name}, {where}, {info.context_tokens} tokens")
        )
        self._session.post(do.Reload())

    def _smaller(self, spec: EngineSpec) -> EngineSpec | None:
        return wiring.smaller_language_spec(
            spec, self._paths, self._catalog, progress=self._progress, cancel=self._cancel
        )

    def _on_worker_event(self, event: events.WorkerLost | events.WorkerReady | events.Notice) -> None:
        self._bus.publish(event)
        if (
            isinstance(event, events.WorkerReady)
            and event.role == "language"
            and self._engines.language.ready
        ):
            self._session.post(do.Reload())

    def _progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if total and (done >= total or now - self._told_s >= _PROGRESS_EVERY_S):
            self._told_s = now
            self._bus.publish(events.Preparing("weights", done / total))
