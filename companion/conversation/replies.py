"""Plan the replies of a session: answers, variants, continuations, recitals."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from companion.conversation.bus import Subscriber
from companion.conversation.commitment import Commitment
from companion.conversation.explaining import explain
from companion.conversation.fillers import Fillers
from companion.conversation.gathering import Caps, Gathering
from companion.conversation.knowledge import Knowledge
from companion.conversation.options import SessionOptions
from companion.conversation.preparation import (
    Budget,
    Preparation,
    TokenCounter,
    as_prompt_messages,
    history_for,
    keep_cache,
    pinned_for,
    warm_chat,
)
from companion.conversation.recital import Recital
from companion.conversation.slots import Engines
from companion.conversation.turn import ReplyPlan, ReplyTurn
from companion.domain.cancel import CancelToken
from companion.domain.character import Character, Sampling, VoiceSpec
from companion.domain.events import Notice, PromptBuilt, TurnTimings
from companion.domain.explanation import Explanation
from companion.domain.messages import StoredMessage, TurnId
from companion.domain.prompt import Built, Standing, build
from companion.errors import Cancelled, UsageError
from companion.ports import Cancel, ChatLog, GenerationDone, LanguageModel, Prompt

_LORE_SHARE_S, _PASSAGE_SHARE_S, _MEMORY_SHARE_S = 0.5, 1.5, 0.5
_MIN_LORE_TOKENS, _MIN_PASSAGE_TOKENS, _MIN_MEMORY_TOKENS = 60, 240, 60
_FIRST_GUESS_TOKENS_PER_S = 150.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Target:
    """What is written: an answer to `history`, a variant of `message`, or the rest of it after `before`."""

    history: list[StoredMessage]
    message: StoredMessage | None = None
    before: str = ""


@dataclass(frozen=True, slots=True)
class _Made:
    """A prompt that was built, and for whom."""

    standing: Standing
    built: Built
    language: LanguageModel


class ReplyMaker:
    """Knows how each kind of reply is built and where it is written; holds no conversation state."""

    def __init__(
        self,
        engines: Engines,
        log: ChatLog,
        publish: Subscriber,
        counter: TokenCounter,
        knowledge: Knowledge,
        on_done: Callable[[TurnId, bool], None],
    ) -> None:
        self._engines, self._log, self._publish = engines, log, publish
        self._counter, self._on_done = counter, on_done
        self._knowledge, self._gathering = knowledge, Gathering(knowledge)
        self._prefill_tokens_per_s = _FIRST_GUESS_TOKENS_PER_S
        self._fillers = Fillers()

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
        spoken: bool = False,
        hidden: bool = False,
    ) -> ReplyTurn:
        """Return the reply that `target` describes, not yet begun; it will wait until `preparation` is done.

        A `spoken` one answers what was said aloud, and begins with words. A `hidden` one tells, plays and
        keeps nothing before its commit.
        """
        commitment = Commitment(self._publish, committed=not hidden)
        prompts: list[_Made] = []

        def make_prompt(language: LanguageModel, cancel: CancelToken) -> Prompt:
            while preparation is not None and not preparation.done.wait(_POLL_S):
                if cancel.requested:
                    raise Cancelled
            standing = self.standing(character, chat, target.history, options.user_name)
            built = self._build(standing, chat, target.history, language, cancel)
            _tell(turn, built, commitment.publish)
            prompts.append(_Made(standing, built, language))
            return Prompt(built.pinned, built.history, built.turn, reply_prefix=target.before)

        def settle(language: LanguageModel, cancel: CancelToken) -> None:
            self._settle(character, chat, options.user_name, language, cancel)

        voice = _voice_for(character, options) if options.speak else None
        plan = ReplyPlan(
            turn=turn,
            make_prompt=make_prompt,
            open_row=lambda: self._open_row(chat, target),
            settle=settle,
            sampling=_sampling_for(character, options, spoken=spoken and options.speak),
            voice=voice,
            fallback_voice=options.default_voice,
            language=character.language,
            began_s=began_s,
            measured=self._measured,
            explain=lambda timings: self._explain(prompts[-1], timings) if prompts else None,
            before=target.before,
            filler=self._fillers.offer(voice) if voice and spoken and options.fillers else None,
        )
        return ReplyTurn(plan, self._engines, self._log, commitment, self._on_done)

    def wants_fillers(self, character: Character, options: SessionOptions) -> bool:
        """Tell whether sounds of thinking are wished for and not made yet."""
        is_wanted = options.speak and options.fillers
        return is_wanted and not self._fillers.has(_voice_for(character, options))

    def make_fillers(self, character: Character, options: SessionOptions, cancel: Cancel) -> None:
        """Let her voice make its sounds of thinking."""
        self._fillers.make(self._engines, _voice_for(character, options), character.language, cancel)

    def read_ahead(
        self,
        character: Character,
        chat: str,
        path: Sequence[StoredMessage],
        *,
        user_name: str,
        language: LanguageModel,
        cancel: Cancel,
    ) -> None:
        """Read all of the next prompt that is known by now; `path` ends with what the user has said so far."""
        standing = self.standing(character, chat, path, user_name)
        built = self._build(standing, chat, path, language, cancel)
        if not cancel.requested:
            language.warm(Prompt(built.pinned, built.history, built.turn), cancel)

    def standing(
        self, character: Character, chat: str, path: Sequence[StoredMessage], user_name: str
    ) -> Standing:
        """Return what stands in every prompt of this chat alike."""
        return self._gathering.standing(character, chat, path, user_name)

    def keep_cache(
        self,
        character: Character,
        chat: str,
        path: list[StoredMessage],
        user_name: str,
        language: LanguageModel,
    ) -> None:
        """Save what the model has read of a chat, for the next start; takes 3 s at most. Raises StorageError."""
        standing = self.standing(character, chat, path, user_name)
        keep_cache(standing, chat, path, language, self._counter)

    def _settle(
        self, character: Character, chat: str, user_name: str, language: LanguageModel, cancel: CancelToken
    ) -> None:
        path = self._log.path(chat)
        standing = self.standing(character, chat, path, user_name)
        told = [one for one in path if one.text.strip()]
        n_dropped = history_for(standing, told, language, self._counter)[1].n_dropped
        if n_dropped and self._gathering.keep_summary(standing, chat, told, n_dropped, cancel):
            standing = self.standing(character, chat, path, user_name)
        warm_chat(standing, chat, path, language, self._counter, cancel, keep=False)
        self.read_ahead(
            character,
            chat,
            path_with(path, chat, "", self._knowledge.clock()),
            user_name=user_name,
            language=language,
            cancel=cancel,
        )
        if self._knowledge.remembering is not None and not cancel.requested:
            self._knowledge.remembering.bring_up(character, cancel)

    def _explain(self, made: _Made, timings: TurnTimings) -> Explanation:
        count = self._counter.of(made.language)
        return explain(made.built, made.standing.constants, timings, made.language.info.name, count)

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
        standing: Standing,
        chat: str,
        path: Sequence[StoredMessage],
        language: LanguageModel,
        cancel: Cancel,
    ) -> Built:
        count = self._counter.of(language)
        pinned = pinned_for(standing, language, self._counter)
        messages = as_prompt_messages(path)
        user_text = messages.pop().text if messages and messages[-1].role == "user" else None
        told = [one for one in path if one.text.strip()]
        present = told[history_for(standing, told, language, self._counter)[1].n_dropped :]
        recalled = self._gathering.recall(
            standing, chat, path, present, user_text or "", count=count, caps=self._caps(), cancel=cancel
        )
        budget = Budget.of(language, standing.character.sampling).prompt
        return build(standing, pinned, messages, user_text, recalled, count=count, budget=budget)

    def _measured(self, done: GenerationDone) -> None:
        if done.n_evaluated >= 16 and done.prefill_s > 0:
            self._prefill_tokens_per_s = done.n_evaluated / done.prefill_s

    def _caps(self) -> Caps:
        """Return how much each part may hold up the first word."""
        speed = self._prefill_tokens_per_s
        return Caps(
            lore=max(_MIN_LORE_TOKENS, int(speed * _LORE_SHARE_S)),
            passages=max(_MIN_PASSAGE_TOKENS, int(speed * _PASSAGE_SHARE_S)),
            memories=max(_MIN_MEMORY_TOKENS, int(speed * _MEMORY_SHARE_S)),
        )


def path_with(path: Sequence[StoredMessage], chat: str, text: str, now: float) -> list[StoredMessage]:
    """Return the path as it will be when the user has said `text` at `now`, Unix seconds."""
    last = path[-1].message if path else None
    # The id that the log will most likely give: what is drawn by lot hangs on it.
    return [*path, StoredMessage((last or 0) + 1, chat, last, "user", text, now)]


def _tell(turn: TurnId, built: Built, publish: Subscriber) -> None:
    publish(PromptBuilt(turn, built.sections))
    if built.user_was_cut:
        publish(
            Notice(
                "Your message is longer than she can read at once; she reads its beginning and its end.",
                "The whole text is kept in the chat. Send it in parts to have all of it read.",
                "message_cut",
            )
        )


def _voice_for(character: Character, options: SessionOptions) -> VoiceSpec:
    speed = min(2.0, max(0.5, character.voice.speed * options.voice_speed))
    return dataclasses.replace(character.voice, speed=speed)


def _sampling_for(character: Character, options: SessionOptions, *, spoken: bool) -> Sampling:
    seed = character.sampling.seed if options.seed is None else options.seed
    return dataclasses.replace(character.sampling, seed=seed, opens_with_words=spoken)
