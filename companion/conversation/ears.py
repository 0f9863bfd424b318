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


@dataclass(slots=True)
class _Pending:
    job: int
    heard: Heard | None = None
    ended_s: float | None = None


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
        return self.is_open or (self._pending is not None and self._pending.ended_s is not None)

    def listen(self, mode: ListenMode) -> None:
        """Set how the microphone is used."""
        self._mode = mode
        audio = self._engines.audio.ready
        if audio is not None:
            audio.listen(mode)
        if mode == "off":
            self._hearing.drop()
            self._pending = None

    def on_signal(self, signal: EarSignal, character: Character | None, language: str) -> Utterance | None:
        """Take in a signal; return an utterance when it is both complete and recognised."""
        match signal:
            case MicOpened(device):
                self.is_open = True
                self._publish(ListeningChanged(self._mode, True, device))
            case MicClosed():
                self.is_open = False
                self._publish(ListeningChanged(self._mode, False))
            case SoftEnd(clip):
                self._recognise(clip, character, language)
            case SpeechResumed():
                self._hearing.drop()
                self._pending = None
            case UtteranceEnded(clip, speech_end_s, same):
                if self._pending is None or not same:
                    self._recognise(clip, character, language)
                return self._ended(speech_end_s)
        return None

    def on_heard(self, heard: Heard) -> Utterance | None:
        """Take in a recognition; return an utterance when it is complete too."""
        if self._pending is None or heard.job != self._pending.job:
            return None
        self._pending.heard = heard
        if heard.transcript is not None and heard.transcript.text:
            self._publish(UserPartial(heard.transcript.text))
        return self._complete()

    def close(self) -> None:
        self._hearing.close()

    def _recognise(self, clip: AudioClip, character: Character | None, language: str) -> None:
        spoken = character.language if language == "character" and character is not None else language
        names = (character.shown_name,) if character is not None else ()
        job = self._hearing.recognise(
            clip, language=spoken if spoken in ("zh", "en") else None, hotwords=names
        )
        self._pending = _Pending(job)

    def _ended(self, speech_end_s: float) -> Utterance | None:
        assert self._pending is not None
        self._pending.ended_s = speech_end_s
        return self._complete()

    def _complete(self) -> Utterance | None:
        pending = self._pending
        if pending is None or pending.heard is None or pending.ended_s is None:
            return None
        self._pending = None
        self._publish(UserPartial(""))
        heard = pending.heard
        text = heard.transcript.text.strip() if heard.transcript is not None else ""
        return Utterance(text, pending.ended_s, heard.error)
