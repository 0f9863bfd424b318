"""When does an utterance begin, pause and end: a state machine fed with speech probabilities, without a clock.

All positions are samples since the first frame that was fed.
"""

from __future__ import annotations

from dataclasses import dataclass

_CERTAINTY = (
    0.8  # share of `start_ms` that certain speech must fill; doubtful speech needs up to 2.5 times as long
)
_FAINT_DB = -50.0
_ABOVE_FLOOR_DB = 9.0


@dataclass(frozen=True, slots=True)
class ListenRules:
    """Speech starts after `start_ms` above `start_probability` and is silent below `end_probability`.

    `resume_ms` is the speech that takes back a soft end; of speech that goes on is told every `ongoing_ms`. While a
    push-to-talk key is held, `loud_ms` of sound 9 dB above the quietest frame count as speech even where the
    detector is unsure.
    """

    rate_hz: int = 16_000
    start_probability: float = 0.5
    end_probability: float = 0.35
    start_ms: int = 96
    resume_ms: int = 64
    soft_end_ms: int = 128
    end_silence_ms: int = 550
    lead_in_ms: int = 350
    loud_ms: int = 120
    ongoing_ms: int = 900
    longest_s: float = 60.0

    def samples(self, ms: float) -> int:
        return int(ms * self.rate_hz / 1000)


@dataclass(frozen=True, slots=True)
class Began:
    """Speech began at `at`."""

    at: int


@dataclass(frozen=True, slots=True)
class Ongoing:
    """Speech goes on; samples `first` to `until` hold the utterance so far, lead-in included."""

    first: int
    until: int


@dataclass(frozen=True, slots=True)
class Paused:
    """Speech stopped at `end`; samples `first` to `until` hold the utterance so far, lead-in included."""

    first: int
    end: int
    until: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """Speech went on at `at` after a pause."""

    at: int


@dataclass(frozen=True, slots=True)
class Completed:
    """The utterance is over; `same_as_pause`: samples `first` to `until` are those of the last `Paused`."""

    first: int
    end: int
    until: int
    same_as_pause: bool


Decision = Began | Ongoing | Paused | Resumed | Completed


class Listener:
    """Feed frames in order; each call returns the decisions that the frame brought.

    Every `Began` is followed by exactly one `Completed`, unless `reset` is called in between.
    """

    def __init__(self, rules: ListenRules | None = None) -> None:
        self.rules = rules or ListenRules()
        self._position = 0
        self._floor = 0
        self._held_from: int | None = None
        self._loud = 0
        self._quietest_db = 0.0
        self._first: int | None = None
        self._speech_end = 0
        self._told_until = 0
        self._paused_until: int | None = None
        self._evidence = 0.0
        self._voiced = 0
        self._onset = 0
        self._end_silence_ms: int | None = None

    @property
    def position(self) -> int:
        """How many samples were fed."""
        return self._position

    @property
    def is_open(self) -> bool:
        """Whether an utterance has begun and is not over."""
        return self._first is not None

    def feed(self, probability: float, n_samples: int, *, level_db: float = -120.0) -> list[Decision]:
        """Take one frame: how likely it is speech, how many samples it has and how loud it is."""
        self._gather(probability, n_samples)
        self._position += n_samples
        if self._held_from is not None:
            self._measure(level_db, n_samples)
        if self._first is None:
            return self._begin() if self._is_speech(self.rules.start_ms) else []
        decisions = self._pause_or_resume(probability)
        if self._is_over():
            decisions.append(self._complete())
        return decisions

    def press(self) -> None:
        """Push-to-talk key down: all that follows belongs to one utterance until `release`."""
        self._forget()
        self._held_from = self._position
        self._loud = 0
        self._quietest_db = 0.0

    def release(self) -> list[Decision]:
        """Push-to-talk key up: end the utterance at once; without anything said nothing is returned."""
        held_from, self._held_from = self._held_from, None
        if self._first is not None:
            return [self._complete()]
        heard = self._is_speech(self.rules.start_ms / 2)
        if held_from is None or not (heard or self._loud >= self.rules.samples(self.rules.loud_ms)):
            self._forget()
            return []
        self._first, self._speech_end = held_from, self._position
        return [Began(held_from), self._complete()]

    def end_after(self, silence_ms: int) -> list[Decision]:
        """Let the open utterance, and no later one, be over after this silence, but not before its soft end."""
        if self._first is None:
            return []
        self._end_silence_ms = silence_ms
        return [self._complete()] if self._is_over() else []

    def cut(self) -> list[Decision]:
        """End an open utterance now, and forget the beginning of another."""
        if self._first is not None:
            return [self._complete()]
        self.reset()
        return []

    def reset(self) -> None:
        """Forget an open utterance; nothing fed so far will belong to a later one."""
        self._forget()
        self._held_from = None
        self._floor = self._position

    def _forget(self) -> None:
        self._first = self._paused_until = self._end_silence_ms = None
        self._evidence = 0.0
        self._voiced = 0

    def _gather(self, probability: float, n_samples: int) -> None:
        """Add up speech weighted by its certainty; a silent frame takes all back."""
        rules = self.rules
        if probability >= rules.start_probability:
            if self._evidence == 0.0:
                self._onset = self._position
            certainty = (probability - rules.end_probability) / (1.0 - rules.end_probability)
            self._evidence += n_samples * certainty
            self._voiced += n_samples
        elif probability < rules.end_probability:
            self._evidence = 0.0
            self._voiced = 0

    def _is_speech(self, ms: float) -> bool:
        needed = self.rules.samples(ms)
        return self._voiced >= needed and self._evidence >= needed * _CERTAINTY

    def _measure(self, level_db: float, n_samples: int) -> None:
        self._quietest_db = min(self._quietest_db, level_db)
        if level_db > max(_FAINT_DB, self._quietest_db + _ABOVE_FLOOR_DB):
            self._loud += n_samples

    def _begin(self) -> list[Decision]:
        lead_in = self._onset - self.rules.samples(self.rules.lead_in_ms)
        self._first = self._held_from if self._held_from is not None else max(self._floor, lead_in)
        self._speech_end = self._told_until = self._position
        return [Began(self._onset)]

    def _pause_or_resume(self, probability: float) -> list[Decision]:
        assert self._first is not None
        rules = self.rules
        if self._paused_until is None:
            silence = self._position - self._speech_end
            threshold = rules.end_probability if silence <= rules.samples(40) else rules.start_probability
            if probability >= threshold:
                self._speech_end = self._position
                return self._go_on()
            if silence >= rules.samples(rules.soft_end_ms):
                self._paused_until, self._evidence, self._voiced = self._position, 0.0, 0
                return [Paused(self._first, self._speech_end, self._position)]
        elif self._is_speech(rules.resume_ms):
            self._paused_until, self._speech_end = None, self._position
            self._told_until = self._position
            return [Resumed(self._onset)]
        return []

    def _go_on(self) -> list[Decision]:
        assert self._first is not None
        if self._position - self._told_until < self.rules.samples(self.rules.ongoing_ms):
            return []
        self._told_until = self._position
        return [Ongoing(self._first, self._position)]

    def _is_over(self) -> bool:
        assert self._first is not None
        rules = self.rules
        if self._position - self._first >= rules.longest_s * rules.rate_hz:
            return True
        if self._paused_until is None or self._held_from is not None or self._evidence > 0.0:
            return False
        silence_ms = rules.end_silence_ms if self._end_silence_ms is None else self._end_silence_ms
        return self._position - self._speech_end >= rules.samples(silence_ms)

    def _complete(self) -> Completed:
        assert self._first is not None
        until = self._paused_until
        whole = Completed(self._first, self._speech_end, until or self._position, until is not None)
        self._floor = whole.until
        held = self._held_from is not None
        self._forget()
        if held:  # the longest utterance is over, but the key is still down
            self._held_from = self._position
        return whole
