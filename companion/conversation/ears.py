"""From what the microphone gives to a complete utterance: recognised early, answered once it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from companion.conversation.bus import Subscriber
from companion.conversation.continuation import joined
from companion.conversation.hearing import Heard, Hearing
from companion.conversation.names import NamesOf
from companion.conversation.slots import Engines
from companion.domain.audio import AudioClip
from companion.domain.character import Character
from companion.domain.events import ListeningChanged, UserPartial, UserPaused
from companion.domain.gate import Pauses, silence_ms
from companion.domain.interruptions import is_bare_stop, is_bare_wait, judge
from companion.domain.messages import TurnId
from companion.domain.state import ListenMode
from companion.errors import CompanionError
from companion.ports import (
    BargeIn,
    MicClosed,
    MicOpened,
    SoftEnd,
    SpeechResumed,
    SpeechStarted,
    StillSpeaking,
    UtteranceEnded,
)

_NOTHING_MS = 400
# What a clip of speech into her turn holds besides the speech: a lead-in, and the silence by which its end is known.
_LEAD_IN_S, _SOFT_END_S = 0.3, 0.128
# She is held meanwhile: words are worth their time once they are more than a syllable, or all that there is.
_FIRST_WORDS_S = 0.6
_ANNOUNCED_S = 6.0
EarSignal = (
    MicOpened | MicClosed | SpeechStarted | StillSpeaking | SoftEnd | SpeechResumed | BargeIn | UtteranceEnded
)


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


@dataclass(frozen=True, slots=True)
class Saying:
    """What was said so far by somebody who speaks on."""

    text: str


@dataclass(frozen=True, slots=True)
class Interruption:
    """The user takes the floor from her: silence her, then call `Ears.go_on`."""


@dataclass(frozen=True, slots=True)
class Obeyed:
    """The user, who has the floor now, only wanted her to be silent: nothing is to be answered."""


News = Utterance | Understood | Saying | Interruption | Obeyed


@dataclass(slots=True)
class _Pending:
    """The recognition of an utterance that may be over; `is_over_her`: it has taken the floor from her."""

    job: int
    speech_end_s: float
    heard: Heard | None = None
    is_over: bool = False
    is_over_her: bool = False


@dataclass(slots=True)
class _Overlap:
    """What is said while she speaks: `job` is being recognised, `is_final` when nothing more of it is to come.

    `pause` and `end` are what the microphone told of the same utterance meanwhile; `voiced_s` is how long the
    speech lasted that is being recognised as final.
    """

    turn: TurnId | None = None
    job: int | None = None
    is_final: bool = False
    voiced_s: float | None = None
    heard: Heard | None = None
    pause: SoftEnd | None = None
    end: UtteranceEnded | None = None


class Ears:
    """Owned by the session's thread; only `Hearing` works elsewhere and answers through `on_heard`.

    `said_lately` is what she has said in the last seconds, empty while she is silent. `pauses` is what is known
    of how this user speaks, and grows; `extra_silence_ms` is how much longer the user wants to be waited for.
    """

    def __init__(
        self,
        engines: Engines,
        publish: Subscriber,
        on_heard: Callable[[Heard], None],
        *,
        said_lately: Callable[[], str] = lambda: "",
        extra_silence_ms: Callable[[], int] = lambda: 0,
        pauses: Pauses | None = None,
        names_of: NamesOf | None = None,
    ) -> None:
        self._engines, self._publish = engines, publish
        self._said_lately, self._extra_silence_ms = said_lately, extra_silence_ms
        self.pauses = pauses or Pauses()
        self._hearing = Hearing(engines, on_heard, names_of)
        self._mode: ListenMode = "off"
        self._pending: _Pending | None = None
        self._partial: int | None = None
        self._overlap: _Overlap | None = None
        # From here on the utterance that is open is nothing to her, or may be her own voice.
        self._is_ignored = self._is_over_her = False
        self._has_taken_floor = False
        self._her_words = ""
        self._names: tuple[str, ...] = ()
        # A bare “wait” that she has obeyed, and its end: what follows soon belongs to it.
        self._announced: tuple[str, float] | None = None
        self.is_open = False

    @property
    def may_hear(self) -> bool:
        """Whether an utterance may still come: the microphone is open, or what was said is being recognised."""
        return self.is_open or (self._pending is not None and self._pending.is_over)

    @property
    def mode(self) -> ListenMode:
        return self._mode

    def listen(self, mode: ListenMode) -> None:
        """Set how the microphone is used."""
        self._mode = mode
        audio = self._engines.audio.ready
        if audio is not None:
            audio.listen(mode)
        if mode == "off":
            self._hearing.drop()
            self._pending = self._announced = None
            self._forget_overlap()

    def on_signal(self, signal: EarSignal, character: Character | None, language: str) -> News | None:
        """Take in a signal; return an utterance when it is both complete and recognised."""
        if character is not None:
            self._names = tuple(name for name in (character.shown_name, character.name) if name.strip())
        match signal:
            case MicOpened(device):
                self.is_open = True
                self._publish(ListeningChanged(self._mode, True, device))
            case MicClosed():
                self.is_open = False
                self._publish(ListeningChanged(self._mode, False))
            case SpeechStarted(at_s):
                self._forget_overlap()
                self._has_taken_floor = False
                if self._announced is not None and at_s - self._announced[1] > _ANNOUNCED_S:
                    self._announced = None
                self._her_words = self._said_lately()
                self._is_over_her = bool(self._her_words)
            case BargeIn(turn, clip, final):
                self._on_barge_in(turn, clip, final, character, language)
            case _ if self._is_over_her:
                return self._during_her_speech(signal, character, language)
            case _:
                return self._after_her_speech(signal, character, language)
        return None

    def on_heard(self, heard: Heard) -> News | None:
        """Take in a recognition; return an utterance when it is complete too, else what it may become."""
        if self._overlap is not None and heard.job == self._overlap.job:
            return self._judge(self._overlap, heard)
        pending = self._pending
        if pending is None and heard.job == self._partial and (text := _text(heard)):
            self._publish(UserPartial(text))
            return Saying(text)
        if pending is None or heard.job != pending.job:
            return None
        pending.heard = heard
        return self._understood(pending)

    def go_on(self, character: Character | None, language: str) -> News | None:
        """After an interruption: take what was said as an utterance of the user's, as far as it has come."""
        overlap, self._overlap = self._overlap, None
        self._is_over_her, self._has_taken_floor = False, True
        if overlap is None:
            return None
        told = overlap.end or overlap.pause
        if told is None:
            return None
        ended_s = told.speech_end_s if isinstance(told, UtteranceEnded) else told.at_s
        if overlap.is_final and overlap.heard is not None and overlap.job is not None:
            self._pending = _Pending(overlap.job, ended_s, overlap.heard, is_over_her=True)
        else:
            self._pending = self._recognised(told.clip, ended_s, character, language)
        self._pending.is_over = overlap.end is not None
        return self._understood(self._pending) if self._pending.heard is not None else None

    def expect(self, character: Character) -> None:
        """Make ready for the names of her world, if the microphone is in use."""
        if self._mode != "off":
            self._hearing.expect(character)

    def reopened(self, pause_s: float) -> None:
        """The user went on after his turn had been taken as over."""
        self.pauses = self.pauses.learn(pause_s * 1000, went_on=True)

    def close(self) -> None:
        self._hearing.close()

    # ---- while she is silent

    def _after_her_speech(self, signal: EarSignal, character: Character | None, language: str) -> News | None:
        match signal:
            case StillSpeaking(clip):
                # A recognition that runs cannot be broken off: the one that counts must not wait for it.
                if self._hearing.is_idle:
                    self._partial = self._recognise(clip, character, language)
            case SoftEnd(clip, at_s):
                self._publish(UserPaused())
                self._pending = self._recognised(clip, at_s, character, language)
            case SpeechResumed(at_s):
                self._hearing.drop()
                if self._pending is not None:
                    self.reopened(at_s - self._pending.speech_end_s)
                self._pending = None
            case UtteranceEnded(clip, speech_end_s, same):
                if self._pending is None or not same:
                    self._pending = self._recognised(clip, speech_end_s, character, language)
                self._pending.is_over = True
                return self._complete()
            case _:
                pass
        return None

    def _recognised(
        self, clip: AudioClip, speech_end_s: float, character: Character | None, language: str
    ) -> _Pending:
        job = self._recognise(clip, character, language)
        return _Pending(job, speech_end_s, is_over_her=self._has_taken_floor)

    def _recognise(self, clip: AudioClip, character: Character | None, language: str) -> int:
        spoken = character.language if language == "character" and character is not None else language
        known = spoken if spoken in ("zh", "en") else None
        return self._hearing.recognise(clip, language=known, character=character)

    def _understood(self, pending: _Pending) -> News | None:
        assert pending.heard is not None
        text = _text(pending.heard)
        if text:
            self._publish(UserPartial(text))
        if pending.is_over:
            return self._complete()
        self._wait_for_more(text, pending.heard)
        if not text or (pending.is_over_her and is_bare_stop(text)):
            return None
        return Understood(self._with_announced(text), pending.speech_end_s)

    def _wait_for_more(self, text: str, heard: Heard) -> None:
        """Tell the microphone how much silence shall end this utterance."""
        audio = self._engines.audio.ready
        if audio is None or heard.transcript is None:
            return
        if not text:
            audio.end_after(_NOTHING_MS)
            return
        wait_ms = silence_ms(
            text,
            heard.transcript.language,
            self.pauses,
            turn_probability=heard.turn_probability,
            mode=self._mode,
        )
        audio.end_after(max(0, wait_ms + self._extra_silence_ms()))

    def _complete(self) -> Utterance | Obeyed | None:
        pending = self._pending
        if pending is None or pending.heard is None or not pending.is_over:
            return None
        self._pending = None
        self.pauses = self.pauses.learn(0.0, went_on=False)
        self._publish(UserPartial(""))
        text = _text(pending.heard)
        if pending.is_over_her and is_bare_stop(text):
            self._publish(UserPaused())
            self._announced = (text, pending.speech_end_s) if is_bare_wait(text) else None
            return Obeyed()
        whole = self._with_announced(text)
        self._announced = None
        return Utterance(whole, pending.speech_end_s, pending.heard.error)

    def _with_announced(self, text: str) -> str:
        return joined(self._announced[0], text) if text and self._announced is not None else text

    # ---- while she speaks

    def _forget_overlap(self) -> None:
        self._overlap = None
        self._is_ignored = self._is_over_her = False

    def _on_barge_in(
        self, turn: TurnId, clip: AudioClip, final: bool, character: Character | None, language: str
    ) -> None:
        if self._overlap is None or self._overlap.turn != turn or self._is_ignored:
            self._overlap, self._is_ignored, self._is_over_her = _Overlap(turn), False, True
        # A recognition takes longer than the next clip: only the last one may cut it short.
        if final or (self._overlap.job is None and clip.seconds >= _LEAD_IN_S + _FIRST_WORDS_S):
            self._overlap.job = self._recognise(clip, character, language)
            self._overlap.is_final = final
            self._overlap.voiced_s = clip.seconds - _LEAD_IN_S - _SOFT_END_S if final else None

    def _during_her_speech(
        self, signal: EarSignal, character: Character | None, language: str
    ) -> News | None:
        """Keep what the microphone tells until it is clear whether the user takes the floor."""
        if isinstance(signal, UtteranceEnded) and self._is_ignored:
            self._forget_overlap()
            return None
        if self._is_ignored or not isinstance(signal, SoftEnd | SpeechResumed | UtteranceEnded):
            return None
        if self._overlap is None:
            # She was not paused: her own voice may have been taken for the user's.
            self._overlap = _Overlap()
        match signal:
            case SoftEnd():
                self._overlap.pause = signal
            case SpeechResumed():
                self._overlap.pause = None
            case UtteranceEnded():
                self._overlap.end = signal
        if self._overlap.turn is None and not isinstance(signal, SpeechResumed):
            self._overlap.job = self._recognise(signal.clip, character, language)
            self._overlap.is_final = True
            self._overlap.voiced_s = signal.clip.seconds - _LEAD_IN_S - _SOFT_END_S
        return None

    def _judge(self, overlap: _Overlap, heard: Heard) -> Interruption | None:
        overlap.heard = heard
        is_final = overlap.is_final or overlap.end is not None
        text = _text(heard)
        language = heard.transcript.language if heard.transcript is not None else ""
        self._her_words = self._said_lately() or self._her_words
        verdict = judge(
            text,
            language=language,
            said_lately=self._her_words,
            final=is_final,
            voiced_s=overlap.voiced_s,
            names=self._names,
        )
        if verdict == "stop":
            return Interruption()
        if verdict == "wait":
            overlap.job = None
            return None
        self._overlap = None
        self._is_ignored = overlap.end is None
        self._is_over_her = self._is_ignored
        audio = self._engines.audio.ready
        if overlap.turn is not None and audio is not None:
            audio.resume(overlap.turn)
        return None


def _text(heard: Heard) -> str:
    return heard.transcript.text.strip() if heard.transcript is not None else ""
