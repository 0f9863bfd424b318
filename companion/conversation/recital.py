"""Speak a text that stands already: a greeting, a message again."""

from __future__ import annotations

import threading
from collections.abc import Callable

from companion.conversation.bus import Subscriber
from companion.conversation.slots import Engines
from companion.conversation.speaker import Speaker
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.domain.clauses import ClauseCutter
from companion.domain.emotion import emotion_in, guess_emotion
from companion.domain.events import EmotionChanged, SpeakingFinished
from companion.domain.messages import TurnId


class Recital:
    """Has the surface of a `ReplyTurn`, but writes nothing and changes no history."""

    def __init__(
        self,
        turn: TurnId,
        text: str,
        language: str,
        voice: VoiceSpec,
        fallback: VoiceSpec,
        engines: Engines,
        publish: Subscriber,
        on_done: Callable[[TurnId, bool], None],
    ) -> None:
        self.turn = turn
        self._text, self._language = text, language
        self._publish, self._on_done = publish, on_done
        self._cancel = CancelToken()
        self._speaker = Speaker(turn, engines, voice, fallback, self._cancel, publish)
        self._thread = threading.Thread(target=self._run, name=f"recital-{turn.turn}")

    def begin(self) -> None:
        """Start speaking; see `ReplyTurn.begin`."""
        self._thread.start()

    def interrupt(self, keep: object = None) -> None:
        """Stop speaking now; `keep` has no meaning here."""
        self._cancel.request()
        self._speaker.silence()

    def join(self) -> None:
        self._thread.join()

    @property
    def said_lately(self) -> str:
        return self._speaker.said_lately

    def hold(self) -> bool:
        """A recital answers nothing that could go on."""
        return False

    def played(self, seconds: float) -> None:
        self._speaker.played(seconds)

    def playback_ended(self, seconds: float) -> None:
        self._speaker.playback_ended(seconds)

    def _run(self) -> None:
        cutter = ClauseCutter("en" if self._language == "en" else "zh")
        emotion = emotion_in(self._text) or guess_emotion(self._text)
        if emotion is not None:
            self._publish(EmotionChanged(self.turn, emotion))
        for clause in [*cutter.feed(self._text), *cutter.flush()]:
            self._speaker.say(clause)
        self._speaker.finish()
        self._speaker.await_end()
        was_stopped = self._cancel.requested
        self._cancel.request()
        self._speaker.join()
        self._publish(SpeakingFinished(self.turn, was_stopped))
        self._on_done(self.turn, False)
