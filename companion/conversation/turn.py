"""One reply: written, spoken, kept; stopped at any moment without losing what was heard."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from companion.conversation.bus import Subscriber
from companion.conversation.commitment import Commitment
from companion.conversation.fillers import TakeFiller
from companion.conversation.slots import Engines
from companion.conversation.speaker import Speaker
from companion.domain.cancel import CancelToken
from companion.domain.character import Sampling, VoiceSpec
from companion.domain.clauses import Clause, ClauseCutter
from companion.domain.emotion import Emotion, emotion_in, guess_emotion
from companion.domain.events import (
    EmotionChanged,
    ReplyDelta,
    ReplyFinished,
    ReplyStarted,
    SpeakingFinished,
    TurnFailed,
    TurnTimings,
)
from companion.domain.explanation import Explanation
from companion.domain.messages import StoredMessage, TurnId
from companion.domain.thoughts import Piece, ThoughtFilter
from companion.errors import Cancelled, CompanionError, ModelError, StorageError
from companion.ports import ChatLog, GenerationDone, LanguageModel, Prompt, TextDelta

_log = logging.getLogger(__name__)
_DRAFT_EVERY_S = 2.0
_SYLLABLES_OF_A_SECOND = 5
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]+")
Keep = Literal["heard", "written"]
"""What an interruption leaves in the history: what was heard, or all that was written."""


@dataclass(frozen=True, slots=True)
class ReplyPlan:
    """What a reply needs to know.

    `make_prompt` runs on the turn's thread once the model is ready; `open_row` creates the reply's row at its
    first text or at the commit, `explain` tells at its end what stood in the prompt. `before` is text that stands
    already (a reply that is continued). `began_s` is monotonic.
    """

    turn: TurnId
    make_prompt: Callable[[LanguageModel, CancelToken], Prompt]
    open_row: Callable[[], StoredMessage]
    settle: Callable[[LanguageModel, CancelToken], None]
    sampling: Sampling
    voice: VoiceSpec | None
    fallback_voice: VoiceSpec
    language: Literal["zh", "en"]
    began_s: float
    measured: Callable[[GenerationDone], None]
    explain: Callable[[TurnTimings], Explanation | None]
    before: str = ""
    filler: TakeFiller | None = None


@dataclass(slots=True)
class _Written:
    """What the model has written so far."""

    text: str = ""
    thought: str = ""
    is_begun: bool = False
    row: StoredMessage | None = None
    emotion: Emotion | None = None
    drafted_s: float = field(default_factory=time.monotonic)
    first_token_s: float | None = None
    first_clause_s: float | None = None
    ended_s: float | None = None
    done: GenerationDone | None = None


class ReplyTurn:
    """Runs on a thread of its own; `interrupt` and `played` may be called from any thread."""

    def __init__(
        self,
        plan: ReplyPlan,
        engines: Engines,
        log: ChatLog,
        commitment: Commitment,
        on_done: Callable[[TurnId, bool], None],
    ) -> None:
        self._plan, self._engines, self._log, self._commitment = plan, engines, log, commitment
        self._publish: Subscriber = commitment.publish
        self._on_done = on_done
        self._changed_later = self._was_stopped = False
        self._kept: tuple[str, str] | None = None
        self._cancel = CancelToken()
        self._keep: Keep = "written"
        self._written = _Written(text=plan.before)
        self._speaker: Speaker | None = None
        if plan.voice is not None:
            self._speaker = Speaker(
                plan.turn,
                engines,
                plan.voice,
                plan.fallback_voice,
                self._cancel,
                self._publish,
                released=commitment.is_made,
                filler=plan.filler,
            )
        self._thread = threading.Thread(target=self._run, name=f"turn-{plan.turn.turn}")

    @property
    def turn(self) -> TurnId:
        return self._plan.turn

    def begin(self) -> None:
        """Start writing. Whoever forwards signals must know the turn by then: its sound may end at once."""
        self._thread.start()

    def commit(self) -> None:
        """Let what was prepared be heard, then seen. Raises StorageError; nothing more is written then."""
        if self._speaker is not None:
            self._speaker.release()
        try:
            self._commitment.commit()
        except StorageError:
            self.interrupt("written")
            raise

    @property
    def said_lately(self) -> str:
        """What she has said aloud in the last ten seconds."""
        return self._speaker.said_lately if self._speaker is not None else ""

    def hold(self) -> bool:
        """Keep silent until `commit` is called again; return False if it is too late, or there is no voice."""
        return self._speaker is not None and not self._cancel.requested and self._speaker.hold()

    def interrupt(self, keep: Keep) -> None:
        """Stop writing and speaking now; returns at once."""
        if not self._cancel.requested:
            self._keep = keep
        self._cancel.request()
        if self._speaker is not None:
            self._speaker.silence()

    def join(self) -> None:
        self._thread.join()

    def played(self, seconds: float) -> None:
        """Take in the playback position of this turn."""
        if self._speaker is not None:
            self._speaker.played(seconds)

    def playback_ended(self, seconds: float) -> None:
        if self._speaker is not None:
            self._speaker.playback_ended(seconds)

    def _run(self) -> None:
        try:
            self._write_and_keep()
            if self._speaker is not None:
                self._speaker.await_end()
            self._was_stopped = self._cancel.requested
            if self._speaker is not None and self._was_stopped and self._split() != self._kept:
                self._changed_later = self._finalise() is not None
        except Exception:  # noqa: BLE001 - thread top: a fault of ours must not leave the session waiting
            _log.exception("turn %d ended by a fault", self._plan.turn.turn)
            fault = CompanionError(
                "Something went wrong while she answered.", "Try again; the log has details."
            )
            self._fail("language", fault)
        finally:
            self._cancel.request()
            if self._speaker is not None:
                self._speaker.join()
            self._publish(SpeakingFinished(self._plan.turn, self._was_stopped))
            self._on_done(self._plan.turn, self._changed_later)

    # ---- writing

    def _write_and_keep(self) -> None:
        try:
            language = self._engines.language.get(self._cancel)
            self._write(language)
        except Cancelled:
            pass
        except StorageError as error:
            self._fail("storage", error)
        except CompanionError as error:
            self._fail("language", error)
        if not self._commitment.wait(self._cancel):
            return
        if self._cancel.requested and self._speaker is not None:
            self._speaker.await_silence()
        message, interrupted = self._finalise(), self._cancel.requested
        self._written.ended_s = time.monotonic()
        if self._speaker is not None:
            self._speaker.finish()
            self._speaker.await_sound()  # of a short reply, which is written before it is heard
        if message is not None:
            self._publish(ReplyFinished(self._plan.turn, message, interrupted, self._timings()))
        self._settle()

    def _write(self, language: LanguageModel) -> None:
        prompt = self._plan.make_prompt(language, self._cancel)
        thoughts = ThoughtFilter(continued=bool(self._plan.before))
        cutter = ClauseCutter(self._plan.language)
        for item in language.generate(prompt, self._plan.sampling, self._cancel):
            match item:
                case TextDelta(text):
                    self._take(thoughts.feed(text), cutter)
                case GenerationDone():
                    self._written.done = item
                    self._plan.measured(item)
        self._take(thoughts.flush(), cutter)
        self._speak(cutter.flush())
        if not self._cancel.requested and not self._written.text[len(self._plan.before) :].strip():
            raise ModelError(
                "The model gave no answer.",
                "Let it write the reply again, or choose another model in the settings.",
                code="empty_reply",
            )

    def _take(self, pieces: list[Piece], cutter: ClauseCutter) -> None:
        for piece in pieces:
            self._written.first_token_s = self._written.first_token_s or time.monotonic()
            if not self._written.is_begun:
                self._written.is_begun = True
                self._commitment.tell(self._started)
            if piece.thought:
                self._written.thought += piece.text
            else:
                self._written.text += piece.text
            self._publish(ReplyDelta(self._plan.turn, piece.text, piece.thought))
            if not piece.thought:
                self._feel(emotion_in(self._written.text[len(self._plan.before) :]))
                self._speak(cutter.feed(piece.text, lead_s=self._speaker.lead_s if self._speaker else 0.0))
        self._draft()

    def _started(self) -> ReplyStarted:
        self._written.row = self._plan.open_row()
        return ReplyStarted(self._plan.turn, self._written.row)

    def _speak(self, clauses: list[Clause]) -> None:
        for clause in clauses:
            is_first = self._written.first_clause_s is None
            self._written.first_clause_s = self._written.first_clause_s or time.monotonic()
            if self._written.emotion is None:
                self._feel(guess_emotion(clause.text))
            if self._speaker is not None:
                self._speaker.say(moved(clause, len(self._plan.before)))
                if is_first and _lasts(clause):
                    self._speaker.await_sound()

    def _feel(self, emotion: Emotion | None) -> None:
        if emotion is not None and emotion != self._written.emotion:
            self._written.emotion = emotion
            self._publish(EmotionChanged(self._plan.turn, emotion))

    def _draft(self) -> None:
        now = time.monotonic()
        if self._written.row is not None and now - self._written.drafted_s >= _DRAFT_EVERY_S:
            self._written.drafted_s = now
            # The end of the reply tries again, and tells.
            with contextlib.suppress(StorageError):
                self._log.draft(self._written.row.message, self._written.text)

    # ---- keeping

    def _finalise(self) -> StoredMessage | None:
        """Keep the reply as it is now; return it, or None when there is nothing or it could not be kept."""
        row = self._written.row
        if row is None:
            return None
        interrupted = self._cancel.requested
        text, unheard = self._kept = self._split()
        try:
            self._log.finalise(
                row.message,
                text.rstrip() if not unheard else text,
                unheard=unheard,
                thought=self._written.thought,
                meta={
                    "emotion": self._written.emotion or "neutral",
                    "interrupted": interrupted,
                    **self._why(),
                },
            )
            return next(one for one in self._log.siblings(row.message) if one.message == row.message)
        except StorageError as error:
            self._fail("storage", error)
            return None

    def _why(self) -> dict[str, object]:
        explanation = self._plan.explain(self._timings())
        return {"why": explanation.as_meta()} if explanation is not None else {}

    def _split(self) -> tuple[str, str]:
        """Return what of the reply counts as said, and the rest: what nobody heard before an interruption."""
        text, heard_only = self._written.text, self._cancel.requested and self._keep == "heard"
        if not heard_only or self._speaker is None or not self._speaker.spoke:
            return text, ""
        at = max(self._speaker.heard, len(self._plan.before))
        return text[:at], text[at:]

    def _timings(self) -> TurnTimings:
        began, written, done = self._plan.began_s, self._written, self._written.done

        def since(moment: float | None) -> float | None:
            return None if moment is None else round(moment - began, 4)

        first_audio = self._speaker.first_audio_s if self._speaker else None
        return TurnTimings(
            first_token_s=since(written.first_token_s),
            first_clause_s=since(written.first_clause_s),
            first_audio_s=since(first_audio),
            total_s=round((written.ended_s or time.monotonic()) - began, 4),
            n_prompt_tokens=done.n_prompt if done else 0,
            n_evaluated_tokens=done.n_evaluated if done else 0,
            n_new_tokens=done.n_prompt - done.n_cached if done else 0,
            n_reply_tokens=done.n_generated if done else 0,
            tokens_per_s=round(done.n_generated / done.decode_s, 2) if done and done.decode_s > 0 else 0.0,
            spans={"prefill": done.prefill_s, "decode": done.decode_s} if done else {},
        )

    def _settle(self) -> None:
        """Bring the KV cache to the history as kept, while nobody waits."""
        language = self._engines.language.ready
        if language is None or self._cancel.requested or self._written.row is None:
            return
        try:
            self._plan.settle(language, self._cancel)
        except CompanionError as error:
            _log.info("settling was given up: %s", error.code)

    def _fail(self, stage: Literal["storage", "language"], error: CompanionError) -> None:
        self._publish(TurnFailed(self._plan.turn, stage, error.what, error.hint, error.code))


def _lasts(clause: Clause) -> bool:
    """Tell whether a clause sounds for about a second: time to write the next one meanwhile."""
    n_words = len(_LATIN.findall(clause.spoken))
    return len(_HAN.findall(clause.spoken)) + 1.5 * n_words >= _SYLLABLES_OF_A_SECOND


def moved(clause: Clause, by: int) -> Clause:
    """Return `clause` with its place in the visible text shifted by `by` characters."""
    return dataclasses.replace(clause, start=clause.start + by, end=clause.end + by)
