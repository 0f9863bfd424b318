"""Speak the clauses of one reply while it is still being written."""

from __future__ import annotations

import logging
import queue
import threading
import time

from companion.conversation.bus import Subscriber
from companion.conversation.fillers import TakeFiller
from companion.conversation.slots import Engines
from companion.domain.audio import Speech
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.domain.clauses import Clause
from companion.domain.events import ClauseReady, HeardTo, SpeechReady, TurnFailed
from companion.domain.heard import Spoken, heard_char
from companion.domain.messages import TurnId
from companion.errors import Cancelled, CompanionError

_log = logging.getLogger(__name__)
_QUEUED_CLAUSES = 4
_POLL_S = 0.02
_PLAYBACK_END_S = 0.5
_FIRST_SOUND_S = 1.5
# Who has no clause by now is heard about as long again after it at the earliest.
_FILL_AFTER_S = 0.7
_ECHO_S, _AHEAD_S = 10.0, 0.5


class Speaker:
    """Owns one thread, the queue of clauses and the time line of what was handed to the loudspeaker."""

    def __init__(
        self,
        turn: TurnId,
        engines: Engines,
        spec: VoiceSpec,
        fallback: VoiceSpec,
        cancel: CancelToken,
        publish: Subscriber,
        *,
        released: bool = True,
        filler: TakeFiller | None = None,
    ) -> None:
        self._turn, self._engines, self._cancel, self._publish = turn, engines, cancel, publish
        self._spec, self._fallback = spec, fallback
        self._filler = filler
        self._released = threading.Event()
        self._released_s = time.monotonic()
        if released:
            self._released.set()
        self._waiting: list[tuple[Clause, Speech]] = []
        self._handing = threading.Lock()
        self._clauses: queue.Queue[Clause | None] = queue.Queue(_QUEUED_CLAUSES)
        self._lock = threading.Lock()
        self._timeline: list[Spoken] = []
        self._end_s = 0.0
        self._failed = False
        self._played_s = 0.0
        self._playback_ended = threading.Event()
        self._has_sound = threading.Event()
        self.first_audio_s: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"speaker-{turn.turn}")
        self._thread.start()

    def say(self, clause: Clause) -> None:
        """Queue a clause; blocks while the voice is behind, until the turn is cancelled."""
        self._put(clause)

    def await_sound(self) -> None:
        """Wait until the first sound is there, or is not to come, at most 1.5 s: two engines would share the cores."""
        until_s = time.monotonic() + _FIRST_SOUND_S
        while not self._has_sound.wait(_POLL_S) and not self._cancel.requested and time.monotonic() < until_s:
            pass

    def finish(self) -> None:
        """Tell that no more clauses come."""
        self._put(None)

    def _put(self, clause: Clause | None) -> None:
        while not self._cancel.requested:
            try:
                self._clauses.put(clause, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    @property
    def spoke(self) -> bool:
        """Whether any sound was handed over."""
        with self._lock:
            return bool(self._timeline)

    @property
    def lead_s(self) -> float:
        """How much sound is queued beyond the playback position."""
        with self._lock:
            waiting_s = sum(speech.clip.seconds for _, speech in self._waiting)
            return waiting_s + max(0.0, self._end_s - self._played_s)

    @property
    def heard(self) -> int:
        """The end in the visible text of what has been heard by now."""
        with self._lock:
            return heard_char(self._timeline, self._played_s)

    def played(self, seconds: float) -> None:
        """Take in the playback position of this turn; may be called from any thread."""
        with self._lock:
            self._played_s = max(self._played_s, seconds)
        self._publish(HeardTo(self._turn, seconds, self.heard))

    def playback_ended(self, seconds: float) -> None:
        """Take in that the loudspeaker is done with this turn; may be called from any thread."""
        with self._lock:
            self._played_s = max(self._played_s, seconds)
        if seconds > 0:
            self._publish(HeardTo(self._turn, seconds, self.heard))
        self._playback_ended.set()

    @property
    def said_lately(self) -> str:
        """What has been heard in the last ten seconds, with the clause that is being spoken; for the echo of it."""
        with self._lock:
            now_s = self._played_s
            recent = [one for one in self._timeline if now_s - _ECHO_S <= one.start_s <= now_s + _AHEAD_S]
        return "".join(dict.fromkeys(one.speech.text for one in recent))

    def hold(self) -> bool:
        """Keep from the loudspeaker what comes; return False if it has had something already."""
        with self._handing:
            if self.spoke:
                return False
            self._released.clear()
            return True

    def release(self) -> None:
        """Let the loudspeaker have what is spoken already, and from now on everything at once."""
        with self._handing:
            with self._lock:
                waiting, self._waiting = self._waiting, []
            self._released_s = time.monotonic()
            self._released.set()
            for clause, speech in waiting:
                self._hand_over(clause, speech)

    def silence(self) -> None:
        """Make the loudspeaker drop this turn; returns at once. The cancel token must be set before."""
        audio = self._engines.audio.ready
        if audio is not None:
            audio.stop(self._turn)

    def await_silence(self) -> None:
        """After `silence`: wait until the final playback position is known, at most half a second."""
        if self.spoke:
            self._playback_ended.wait(_PLAYBACK_END_S)

    def await_end(self) -> None:
        """Wait until all is spoken and played, or the turn is cancelled and silent."""
        while self._thread.is_alive() and not self._cancel.wait(_POLL_S):
            pass
        while self.spoke and not self._cancel.requested and not self._playback_ended.wait(_POLL_S):
            pass
        if self._cancel.requested:
            self.await_silence()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        while not self._cancel.requested:
            try:
                clause = self._clauses.get(timeout=_POLL_S)
            except queue.Empty:
                self._fill()
                continue
            if clause is None:
                break
            if clause.spoken.strip() and not self._failed:
                self._say(clause)
            self._has_sound.set()
        self._has_sound.set()
        while not self._released.wait(_POLL_S) and not self._cancel.requested:
            pass
        audio = self._engines.audio.ready
        if audio is not None and self._released.is_set():
            with self._handing:
                audio.finish(self._turn)

    def _fill(self) -> None:
        """Make a sound of thinking, once, where no clause has come for long; it is nothing that was said."""
        if self._filler is None or time.monotonic() - self._released_s < _FILL_AFTER_S:
            return
        with self._handing:
            if not self._released.is_set() or self._cancel.requested or self.spoke or self._waiting:
                return
            take, self._filler = self._filler, None
            for speech in take():
                self._enqueue(Clause("", 0, 0, speech.text), speech)

    def _say(self, clause: Clause) -> None:
        self._publish(ClauseReady(self._turn, clause.text, clause.start))
        try:
            self._synthesise(clause, self._spec)
        except Cancelled:
            return
        except CompanionError as error:
            self._publish(TurnFailed(self._turn, "voice", error.what, error.hint, error.code))
            self._retry(clause)

    def _retry(self, clause: Clause) -> None:
        """Go on with the default voice; if that fails too, the reply stays text."""
        if self._spec == self._fallback:
            self._failed = True
            return
        self._spec = self._fallback
        try:
            self._synthesise(clause, self._spec)
        except CompanionError:
            self._failed = True

    def _synthesise(self, clause: Clause, spec: VoiceSpec) -> None:
        voice = self._engines.voice.get(self._cancel)
        self._engines.audio.get(self._cancel)
        for speech in voice.synthesise(clause.spoken, self._cancel, voice=spec):
            if self._cancel.requested:
                return
            with self._handing:
                if self._released.is_set():
                    self._hand_over(clause, speech)
                else:
                    with self._lock:
                        self._waiting.append((clause, speech))
            self._has_sound.set()

    def _hand_over(self, clause: Clause, speech: Speech) -> None:
        audio = self._engines.audio.ready
        if audio is None or self._cancel.requested:
            return
        if self.first_audio_s is None and len(speech.clip.samples):
            self.first_audio_s = time.monotonic()
        self._enqueue(clause, speech)

    def _enqueue(self, clause: Clause, speech: Speech) -> None:
        audio = self._engines.audio.ready
        if audio is None:
            return
        with self._lock:
            offset = self._end_s
            self._timeline.append(Spoken(offset, speech, clause.start, clause.end, clause.offsets))
            self._end_s += speech.clip.seconds
        self._publish(SpeechReady(self._turn, speech, offset, clause.start))
        audio.enqueue(self._turn, speech)
