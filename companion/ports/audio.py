"""Microphone and loudspeaker: the plan, the signals, and the stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.domain.state import ListenMode

Duplex = Literal["auto", "full", "half"]


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """Devices by name (empty: the system's default), and when an utterance ends.

    `end_silence_ms` is the silence after which an utterance is complete in hands-free mode, where nobody calls
    `end_after`; the soft end comes after `soft_end_ms`. `duplex`: with `half` the ears are closed while she speaks;
    with `full` they stay open, the echo is cancelled where the library for it is there, and speech ducks and pauses
    her; `auto` is `full` where echo can be cancelled, else `half`.
    """

    input_name: str = ""
    output_name: str = ""
    soft_end_ms: int = 128
    end_silence_ms: int = 550
    duplex: Duplex = "half"
    volume: float = 1.0


@dataclass(frozen=True, slots=True)
class Level:
    level_db: float
    speech: float


@dataclass(frozen=True, slots=True)
class MicOpened:
    device: str


@dataclass(frozen=True, slots=True)
class MicClosed:
    why: str = ""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    at_s: float


@dataclass(frozen=True, slots=True, eq=False)
class StillSpeaking:
    """The utterance goes on, told about every second; `clip` holds it so far at 16 kHz, with its lead-in."""

    clip: AudioClip
    at_s: float


@dataclass(frozen=True, slots=True, eq=False)
class SoftEnd:
    """Speech seems to be over; `clip` holds the utterance so far at 16 kHz, with its lead-in."""

    clip: AudioClip
    at_s: float


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """Speech went on after a soft end: the utterance is not over."""

    at_s: float


@dataclass(frozen=True, slots=True, eq=False)
class UtteranceEnded:
    """The utterance is complete. `same_as_soft_end`: no speech came after the last soft end."""

    clip: AudioClip
    speech_end_s: float
    same_as_soft_end: bool


@dataclass(frozen=True, slots=True)
class Played:
    """`seconds` of the turn's sound have left the loudspeaker (device latency taken off)."""

    turn: TurnId
    seconds: float


@dataclass(frozen=True, slots=True)
class PlaybackStarted:
    turn: TurnId
    at_s: float


@dataclass(frozen=True, slots=True)
class PlaybackEnded:
    """Everything enqueued and finished for the turn was played, or it was stopped."""

    turn: TurnId
    seconds: float
    stopped: bool


@dataclass(frozen=True, slots=True)
class Ducked:
    """Somebody may be speaking since `at_s`: she goes on, softly. Paused or Resumed follows, or her end."""

    turn: TurnId
    at_s: float


@dataclass(frozen=True, slots=True)
class Paused:
    """Somebody speaks: she is silent and holds at `seconds` of her turn, until `resume`, `stop` or 1.2 s later.

    No Played and no PlaybackEnded comes meanwhile.
    """

    turn: TurnId
    seconds: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """She is back at full volume, from a duck or a pause, by `resume` or by herself."""

    turn: TurnId


@dataclass(frozen=True, slots=True, eq=False)
class BargeIn:
    """What the user has said into the paused turn: 16 kHz, echo taken off, from 300 ms before its onset.

    Sent at the pause, after each further 250 ms of speech, and with `final` at the soft end of that speech, until
    the turn is resumed or stopped. The utterance's own signals come as well.
    """

    turn: TurnId
    clip: AudioClip
    final: bool


@dataclass(frozen=True, slots=True)
class DeviceOpened:
    direction: Literal["input", "output"]
    name: str
    backend: str


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """`reopening` tells whether the adapter goes on trying, with backoff."""

    direction: Literal["input", "output"]
    name: str
    why: str
    reopening: bool


@dataclass(frozen=True, slots=True)
class EchoTest:
    """How the microphone hears the loudspeaker.

    `delay_ms` from leaving the program to the microphone, `erle_db` what the canceller takes off (ITU-T G.168), both
    None where nothing was measured. `no_echo`: headphones, or too soft to be heard; `good`: ears may stay open while
    she speaks; `weak`: they had better be closed, or opened by a key; `unavailable`: so too, the library is missing.
    """

    delay_ms: float | None
    erle_db: float | None
    verdict: Literal["good", "weak", "no_echo", "unavailable"]


AudioSignal = (
    Level
    | MicOpened
    | MicClosed
    | SpeechStarted
    | StillSpeaking
    | SoftEnd
    | SpeechResumed
    | UtteranceEnded
    | Played
    | PlaybackStarted
    | PlaybackEnded
    | Ducked
    | Paused
    | Resumed
    | BargeIn
    | DeviceOpened
    | DeviceLost
)


class AudioIO(Protocol):
    """Microphone and loudspeaker as one stream of signals and one queue of speech. All `_s` are monotonic seconds.

    Methods may be called from any thread and return at once, except `signals` and `enqueue`.
    """

    def open(self, plan: AudioPlan) -> None:
        """Take up devices; a missing one gives DeviceLost, not an error: text goes on without sound."""
        ...

    def listen(self, mode: ListenMode) -> None:
        """Set the microphone; `off` and an unheld push-to-talk key close the input stream."""
        ...

    def talk(self, held: bool) -> None:
        """Push-to-talk key down or up; up ends the utterance at once."""
        ...

    def signals(self) -> Iterator[AudioSignal]:
        """Block for signals until `close`; one consumer."""
        ...

    def enqueue(self, turn: TurnId, speech: Speech) -> None:
        """Play after what is queued; blocks while more than 30 s of speech are queued. Stopped turns are ignored."""
        ...

    def finish(self, turn: TurnId) -> None:
        """No more speech comes for this turn: PlaybackEnded follows when the queue has run out."""
        ...

    def stop(self, turn: TurnId) -> None:
        """Silence the turn now (5 ms fade) and drop its queue; PlaybackEnded tells what had left the loudspeaker."""
        ...

    def resume(self, turn: TurnId) -> None:
        """Go on with a ducked or paused turn (30 ms fade), from the last mark at most 120 ms before the pause.

        Resumed follows. Another turn, or one that is neither, is left as it is.
        """
        ...

    def end_after(self, silence_ms: int) -> None:
        """Let the utterance that is open now be over once that much silence has followed its last speech.

        At once if it has already; never before the soft end. Holds until another `end_after` or the utterance's
        end; without an open utterance nothing happens.
        """
        ...

    def set_volume(self, volume: float) -> None: ...

    def close(self) -> None: ...


@runtime_checkable
class EchoTester(Protocol):
    """What an AudioIO with real devices, or their like, can do besides."""

    def test_echo(self) -> EchoTest:
        """Play two seconds of soft sound and tell how it came back; blocks for some 4 s, opens the microphone.

        Raises AudioError: code `busy` while she speaks, `no_device` where sound cannot go out or come in.
        """
        ...
