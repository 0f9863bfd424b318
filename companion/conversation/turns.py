"""Turns of the open chat: begun, prepared in hiding, committed, stopped."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from companion.conversation.bus import EventBus
from companion.conversation.chats import Chats
from companion.conversation.continuation import joined
from companion.conversation.ears import Understood
from companion.conversation.floor import Draft, Floor
from companion.conversation.knowledge import Knowledge
from companion.conversation.options import SessionOptions
from companion.conversation.preparation import Preparation
from companion.conversation.presence import Presence
from companion.conversation.replies import ReplyMaker, Target, path_with
from companion.conversation.slots import Engines
from companion.conversation.turn import Keep, ReplyTurn
from companion.domain.events import TurnFailed, UserSaid
from companion.domain.messages import StoredMessage, TurnId
from companion.errors import CompanionError, StorageError
from companion.ports import Cancel, LanguageModel

_log = logging.getLogger(__name__)
_REOPEN_S = 4.0


@dataclass(frozen=True, slots=True)
class _Said:
    """The user's last words, spoken until `ended_s`, monotonic seconds."""

    message: StoredMessage
    ended_s: float


class Turns:
    """Owned by the session's thread. `preparation` is what a reply has to wait for."""

    def __init__(
        self,
        engines: Engines,
        chats: Chats,
        bus: EventBus,
        floor: Floor,
        presence: Presence,
        replies: ReplyMaker,
        *,
        options: Callable[[], SessionOptions],
        knowledge: Knowledge,
    ) -> None:
        self._engines, self._chats, self._bus, self._floor = engines, chats, bus, floor
        self._presence, self._replies = presence, replies
        self._options, self._knowledge = options, knowledge
        self.preparation: Preparation | None = None
        self._ahead: Preparation | None = None
        self._filling: Preparation | None = None
        self._said: _Said | None = None
        self._reopened: StoredMessage | None = None
        self.n_turns = 0

    # ---- what the user says

    def say(self, text: str, *, spoken: bool, began_s: float) -> None:
        """Keep the user's words and answer them, with what was written in hiding if it fits."""
        if not text or self._chats.now is None:
            return
        before = self._taken_back() if spoken else None
        text = joined(before.text, text) if before is not None else text
        draft = self._floor.take_draft(text) if spoken and self._floor.active is None else None
        if draft is None:
            self.stop("heard" if spoken else "written")
        turn = draft.turn.turn if draft is not None else self._next()
        try:
            message = self._kept(text, before, spoken=spoken)
        except StorageError as error:
            self.fail("storage", error, turn)
            self.stop("written")
            self._presence.rest()
            return
        self._bus.publish(UserSaid(turn, message, spoken))
        self._said, self._reopened = (_Said(message, began_s) if spoken else None), None
        if draft is not None:
            self._presence.go("thinking")
            draft.commit(message)
        self.learn(message)
        if draft is None:
            self.answer(self._replies.answer(self._chats.path()), turn=turn, began_s=began_s, spoken=spoken)

    def _kept(self, text: str, before: StoredMessage | None, *, spoken: bool) -> StoredMessage:
        if before is None:
            return self._chats.add_user(text, spoken=spoken)
        self._chats.edit(before.message, text)
        self.remember_anew()
        return self._chats.message(before.message)

    # ---- what the user may be saying

    def speech_began(self, at_s: float) -> float | None:
        """The user speaks. If what he said last is answered but not yet audibly, the answer waits for the rest of it.

        Returns the seconds since his last words then.
        """
        active, said = self._floor.active, self._said
        if active is None:
            self._presence.go("hearing")
            self.read_ahead()
            return None
        if said is None or at_s - said.ended_s > _REOPEN_S or not active.hold():
            return None
        self._reopened = said.message
        self._presence.go("hearing")
        return at_s - said.ended_s

    def foresee(self, understood: Understood) -> None:
        """Write the reply in hiding to what the user may have finished saying."""
        before = self._taken_back()
        now = self._chats.now
        text = joined(before.text, understood.text) if before is not None else understood.text
        if now is None or self._floor.active is not None or self._floor.has_draft(text):
            return
        if self._ahead is not None:
            self._ahead.stop()
        target = self._replies.answer(self._path_with(text, before))
        reply = self._reply(target, self._next(), understood.ended_s, spoken=True, hidden=True)
        self._floor.prepare(Draft(text, target, reply))

    def nothing_said(self) -> None:
        """It was no speech after all: drop what was written in hiding, let go on what was held back."""
        self._floor.drop()
        before, self._reopened = self._reopened, None
        if before is None:
            return
        active = self._floor.active
        if isinstance(active, ReplyTurn):
            self._presence.go("thinking")
            active.commit()
        else:
            self.answer(self._replies.answer(self._chats.path()))

    def _taken_back(self) -> StoredMessage | None:
        """Return the message that is being gone on with, if one is; nothing of an answer to it is left."""
        before = self._reopened
        if before is not None and self._floor.active is not None:
            self._floor.stop("written")
            last = self._chats.path()[-1]
            if last.role == "assistant" and last.parent == before.message:
                self._chats.delete_message(last.message)
        return before

    def read_ahead(self, text: str = "") -> None:
        """Let the model read what it will need while the user speaks, who has said `text` so far."""
        now = self._chats.now
        if now is None or self._floor.active is not None or self.preparation is None:
            return
        if self._ahead is not None:
            self._ahead.cancel()
        path, user_name, prepared = self._path_with(text), self._options().user_name, self.preparation.done

        def work(language: LanguageModel, cancel: Cancel) -> None:
            if prepared.is_set():
                self._replies.read_ahead(
                    now.character, now.chat.chat, path, user_name=user_name, language=language, cancel=cancel
                )

        self._ahead = Preparation(work, self._engines, _note)

    def make_fillers(self) -> None:
        """Let her voice make its sounds of thinking while nobody waits, if they are wished for."""
        now, options = self._chats.now, self._options()
        if now is None or not self._replies.wants_fillers(now.character, options):
            return
        if self._filling is not None and not self._filling.done.is_set():
            return
        character = now.character
        self._filling = Preparation(
            lambda language, cancel: self._replies.make_fillers(character, options, cancel),
            self._engines,
            _note,
        )

    def forget_foreseen(self) -> None:
        """Drop what was written in hiding: nothing was said."""
        self._floor.drop()

    # ---- what the user wants of a reply

    def again(self, message: int | None) -> None:
        """Write another variant of a reply. Raises UsageError if there is none."""
        self.answer(self._replies.again(self._chats.path(), message))

    def onward(self) -> None:
        """Go on with the last reply. Raises UsageError if there is none."""
        self.answer(self._replies.onward(self._chats.path()))

    def answer(
        self,
        target: Target,
        *,
        turn: TurnId | None = None,
        began_s: float | None = None,
        spoken: bool = False,
    ) -> None:
        """Begin the reply that `target` describes."""
        self._presence.go("thinking", "" if self._engines.language.ready else "model")
        began_s = began_s or time.monotonic()
        self._floor.take(self._reply(target, turn or self._next(), began_s, spoken=spoken))

    def replay(self, message: StoredMessage) -> None:
        """Speak a message again."""
        now = self._chats.now
        assert now is not None
        recital = self._replies.recital(self._next(), now.character, message.text, options=self._options())
        self._floor.take(recital)

    # ---- their end

    def stop(self, keep: Keep) -> None:
        """End the present turn and wait for it; its reply is kept as `keep` says."""
        if self._floor.stop(keep):
            self._presence.rest()

    def done(self, turn: TurnId, *, changed: bool) -> None:
        """Take in that a turn has ended; `changed`: what it left in the history has changed since it was told."""
        if changed and self._chats.now is not None:
            self._chats.changed()
        if self._floor.done(turn):
            self._presence.rest()
            self.make_fillers()

    def fail(
        self, stage: Literal["storage", "recogniser"], error: CompanionError, turn: TurnId | None = None
    ) -> None:
        """Tell that a turn could not go on."""
        self._bus.publish(TurnFailed(turn or TurnId(self.n_turns), stage, error.what, error.hint, error.code))

    def close(self) -> None:
        """Stop all that is under way, wait for it, and keep what the model has read of the chat."""
        self.stop("written")
        self._floor.close()
        for one in (self._ahead, self._filling):
            if one is not None:
                one.cancel()
        if self.preparation is None:
            return
        settled = self.preparation.done.is_set()
        self.preparation.cancel()
        now, language = self._chats.now, self._engines.language.ready
        if settled and language is not None and self.n_turns and now is not None:
            try:
                self._replies.keep_cache(
                    now.character, now.chat.chat, self._chats.path(), self._options().user_name, language
                )
            except StorageError as error:
                _log.info("the chat's cache was not saved: %s", error.code)

    # ---- what she keeps in mind

    def learn(self, message: StoredMessage) -> None:
        """Take in what the user told of himself."""
        remembering, now = self._knowledge.remembering, self._chats.now
        if remembering is None or now is None:
            return
        try:
            remembering.learn(now.character, message)
        except CompanionError as error:
            _log.info("nothing was learned: %s", error.code)

    def remember_anew(self) -> None:
        """Messages were edited, deleted or brought back."""
        remembering, now = self._knowledge.remembering, self._chats.now
        if remembering is not None and now is not None:
            remembering.changed(now.character)

    # ---- inside

    def _next(self) -> TurnId:
        self.n_turns += 1
        return TurnId(self.n_turns)

    def _path_with(self, text: str, before: StoredMessage | None = None) -> list[StoredMessage]:
        now, path = self._chats.now, self._chats.path()
        assert now is not None
        if before is not None:
            path = [one for one in path if one.message != before.message]
        return path_with(path, now.chat.chat, text, self._knowledge.clock())

    def _reply(
        self, target: Target, turn: TurnId, began_s: float, *, spoken: bool = False, hidden: bool = False
    ) -> ReplyTurn:
        now = self._chats.now
        assert now is not None
        return self._replies.reply(
            turn,
            now.character,
            now.chat.chat,
            target,
            options=self._options(),
            preparation=self.preparation,
            began_s=began_s,
            spoken=spoken,
            hidden=hidden,
        )


def _note(error: CompanionError | None) -> None:
    if error is not None:
        _log.info("nothing was made ready ahead: %s", error.code)
