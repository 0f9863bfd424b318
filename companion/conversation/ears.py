"""From what the microphone gives to a complete utterance: recognised early, answered once it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from companion.conversation.bus import Subscriber
from companion.conversation.hearing import Heard, Hearing
from companion.conversation.slots import Engines
from companion.domain.audio import AudioClip
from companion.domain.character import Character
from companion.domain.events import ListeningChanged, UserPartial
from companion.domain.state import ListenMode
from companion.errors import CompanionError
from companion.ports import MicClosed, MicOpened, SoftEnd, SpeechResumed, UtteranceEnded

EarSignal = MicOpened | MicClosed | SoftEnd | SpeechResumed | UtteranceEnded


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said; `text` may be empty. `ended_s` is when the speech ended, monotonic seconds."""

    text: str
    ended_s: float
    error: CompanionError | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """What was said so far, at a pause after which the user may go on."""

    text: str
    ended_s: float


@dataclass(slots=True)
class _Pending:
    job: int
    speech_end_s: float
    heard: Heard | None = None
    is_over: bool = False


class Ears:
    """Owned by the session's thread; only `Hearing` works elsewhere and answers through `on_heard`."""

    def __init__(self, engines: Engines, publish: Subscriber, on_heard: Callable[[Heard], None]) -> None:
        self._engines, self._publish = engines, publish
        self._hearing = Hearing(engines, on_heard)
        self._mode: ListenMode = "off"
        self._pending: _Pending | None = None
        self.is_open = False

    @property
    def may_hear(self) -> bool:
        """Whether an utterance may still come: the microphone is open, or what was said is being recognised."""
        return self.is_open or (self._pending is not None and self._pending.is_over)

    def listen(self, mode: ListenMode) -> None:
        """Set how the microphone is used."""
        self._mode = mode
        audio = self._engines.audio.ready
        if audio is not None:
            audio.listen(mode)
        if mode == "off":
            self._hearing.drop()
            self._pending = None

    def on_signal(
        self, signal: EarSignal, character: Character | None, language: str
    ) -> Utterance | Understood | None:
        """Take in a signal; return an utterance when it is both complete and recognised."""
        match signal:
            case MicOpened(device):
                self.is_open = True
                self._publish(ListeningChanged(self._mode, True, device))
            case MicClosed():
                self.is_open = False
                self._publish(ListeningChanged(self._mode, False))
            case SoftEnd(clip, at_s):
                self._recognise(clip, at_s, character, language)
            case SpeechResumed():
                self._hearing.drop()
                self._pending = None
            case UtteranceEnded(clip, speech_end_s, same):
                if self._pending is None or not same:
                    self._recognise(clip, speech_end_s, character, language)
                assert self._pending is not None
                self._pending.is_over = True
                return self._complete()
        return None

    def on_heard(self, heard: Heard) -> Utterance | Understood | None:
        """Take in a recognition; return an utterance when it is complete too, else what it may become."""
        pending = self._pending
        if pending is None or heard.job != pending.job:
            return None
        pending.heard = heard
        text = _text(heard)
        if text:
            self._publish(UserPartial(text))
        if pending.is_over:
            return self._complete()
        return Understood(text, pending.speech_end_s) if text else None

    def close(self) -> None:
        self._hearing.close()

    def _recognise(
        self, clip: AudioClip, speech_end_s: float, character: Character | None, language: str
    ) -> None:
        spoken = character.language if language == "character" and character is not None else language
        names = (character.shown_name,) if character is not None else ()
        job = self._hearing.recognise(
            clip, language=spoken if spoken in ("zh", "en") else None, hotwords=names
        )
        self._pending = _Pending(job, speech_end_s)

    def _complete(self) -> Utterance | None:
        pending = self._pending
        if pending is None or pending.heard is None or not pending.is_over:
            return None
        self._pending = None
        self._publish(UserPartial(""))
        return Utterance(_text(pending.heard), pending.speech_end_s, pending.heard.error)


def _text(heard: Heard) -> str:
    return heard.transcript.text.strip() if heard.transcript is not None else ""
