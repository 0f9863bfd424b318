"""Plan the replies of a session: answers, variants, continuations, recitals."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from companion.conversation.bus import Subscriber
from companion.conversation.clock import background
from companion.conversation.options import SessionOptions
from companion.conversation.preparation import (
    Budget,
    Preparation,
    TokenCounter,
    as_prompt_messages,
    pinned_for,
    warm_chat,
)
from companion.conversation.recall import recall_texts
from companion.conversation.recital import Recital
from companion.conversation.slots import Engines
from companion.conversation.turn import ReplyPlan, ReplyTurn
from companion.domain.cancel import CancelToken
from companion.domain.character import Character, Sampling, VoiceSpec
from companion.domain.events import Notice, PromptBuilt
from companion.domain.messages import StoredMessage, TurnId
from companion.domain.prompt import Built, build
from companion.domain.recalled import Recalled
from companion.errors import Cancelled, UsageError
from companion.ports import ChatLog, GenerationDone, LanguageModel, Prompt

_LORE_SHARE_S = 0.5
_MIN_LORE_TOKENS = 60
_FIRST_GUESS_TOKENS_PER_S = 150.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Target:
    """What is written: an answer to `history`, a variant of `message`, or the rest of it after `before`."""

    history: list[StoredMessage]
    message: StoredMessage | None = None
    before: str = ""


class ReplyMaker:
    """Knows how each kind of reply is built and where it is written; holds no conversation state."""

    def __init__(
        self,
        engines: Engines,
        log: ChatLog,
        publish: Subscriber,
        counter: TokenCounter,
        on_done: Callable[[TurnId, bool], None],
    ) -> None:
        self._engines, self._log, self._publish = engines, log, publish
        self._counter, self._on_done = counter, on_done
        self._prefill_tokens_per_s = _FIRST_GUESS_TOKENS_PER_S

    # ---- targets

    def answer(self, path: list[StoredMessage]) -> Target:
        """Answer the last message of the path."""
        return Target(path)

    def again(self, path: list[StoredMessage], message: int | None) -> Target:
        """Write another variant of `message`, by default of the last reply; raises UsageError if there is none."""
        if path and path[-1].role == "user" and message is None:
            return self.answer(path)
        wanted = [
            i for i, one in enumerate(path) if one.role == "assistant" and message in (None, one.message)
        ]
        if not wanted or not any(one.role == "user" for one in path[: wanted[-1]]):
            raise UsageError("There is no reply to write again.", "Say something first.")
        return Target(path[: wanted[-1]], path[wanted[-1]])

    def onward(self, path: list[StoredMessage]) -> Target:
        """Continue the last reply; raises UsageError if the chat does not end with one."""
        if not path or path[-1].role != "assistant":
            raise UsageError("There is no reply to continue.", "Say something first.")
        return Target(path[:-1], path[-1], path[-1].text + path[-1].unheard)

    # ---- making

    def reply(
        self,
        turn: TurnId,
        character: Character,
        chat: str,
        target: Target,
        *,
        options: SessionOptions,
        preparation: Preparation | None,
        began_s: float,
    ) -> ReplyTurn:
        """Return the reply that `target` describes, not yet begun; it will wait until `preparation` is done."""

        def make_prompt(language: LanguageModel, cancel: CancelToken) -> Prompt:
            while preparation is not None and not preparation.done.wait(_POLL_S):
                if cancel.requested:
                    raise Cancelled
            built = self._build(turn, character, target.history, options.user_name, language)
            return Prompt(built.pinned, built.history, built.turn, reply_prefix=target.before)

        def settle(language: LanguageModel, cancel: CancelToken) -> None:
            path, user_name = self._log.path(chat), options.user_name
            warm_chat(character, user_name, chat, path, language, self._counter, cancel, keep=False)

        plan = ReplyPlan(
            turn=turn,
            make_prompt=make_prompt,
            open_row=lambda: self._open_row(chat, target),
            settle=settle,
            sampling=_sampling_for(character, options),
            voice=_voice_for(character, options) if options.speak else None,
            fallback_voice=options.default_voice,
            language=character.language,
            began_s=began_s,
            measured=self._measured,
            explain=lambda timings: None,
            before=target.before,
        )
        return ReplyTurn(plan, self._engines, self._log, self._publish, self._on_done)

    def _open_row(self, chat: str, target: Target) -> StoredMessage:
        """Return the row that the reply is written into."""
        if target.message is not None and target.before:
            return target.message
        if target.message is not None:
            ack = self._log.add_variant(target.message.message, "")
        else:
            parent = target.history[-1].message if target.history else None
            ack = self._log.add(chat, "assistant", "", parent=parent)
        return next(one for one in self._log.siblings(ack.message) if one.message == ack.message)

    def recital(self, turn: TurnId, character: Character, text: str, *, options: SessionOptions) -> Recital:
        """Return a recital of a text that stands already, not yet begun."""
        return Recital(
            turn,
            text,
            character.language,
            _voice_for(character, options),
            options.default_voice,
            self._engines,
            self._publish,
            self._on_done,
        )

    def _build(
        self,
        turn: TurnId,
        character: Character,
        history: Sequence[StoredMessage],
        user_name: str,
        language: LanguageModel,
    ) -> Built:
        count = self._counter.of(language)
        pinned = pinned_for(character, user_name, language, self._counter)
        messages = as_prompt_messages(history)
        recent = [message.text for message in messages]
        user_text = messages.pop().text if messages and messages[-1].role == "user" else None
        hits = recall_texts(character, recent, count, token_cap=self._lore_cap())
        recalled = Recalled(
            lore=tuple(hits), background=background(character.language, time.time(), user_text or "")
        )
        built = build(
            pinned,
            messages,
            user_text,
            character=character,
            user_name=user_name,
            recalled=recalled,
            count=count,
            budget=Budget.of(language, character.sampling).prompt,
        )
        self._publish(PromptBuilt(turn, built.sections))
        if built.user_was_cut:
            self._publish(
                Notice(
                    "Your message is longer than she can read at once; she reads its beginning and its end.",
                    "The whole text is kept in the chat. Send it in parts to have all of it read.",
                    "message_cut",
                )
            )
        return built

    def _measured(self, done: GenerationDone) -> None:
        if done.n_evaluated >= 16 and done.prefill_s > 0:
            self._prefill_tokens_per_s = done.n_evaluated / done.prefill_s

    def _lore_cap(self) -> int:
        return max(_MIN_LORE_TOKENS, int(self._prefill_tokens_per_s * _LORE_SHARE_S))


def _voice_for(character: Character, options: SessionOptions) -> VoiceSpec:
    speed = min(2.0, max(0.5, character.voice.speed * options.voice_speed))
    return dataclasses.replace(character.voice, speed=speed)


def _sampling_for(character: Character, options: SessionOptions) -> Sampling:
    if options.seed is None:
        return character.sampling
    return dataclasses.replace(character.sampling, seed=options.seed)
