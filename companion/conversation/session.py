"""The one owner of a conversation's state: takes commands and signals, starts turns, publishes events."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from companion.conversation.bus import EventBus
from companion.conversation.chats import Chats, Opened
from companion.conversation.ears import Ears, Utterance
from companion.conversation.hearing import Heard
from companion.conversation.knowledge import Knowledge
from companion.conversation.options import SessionOptions
from companion.conversation.preparation import Preparation, TokenCounter, keep_cache, warm_chat
from companion.conversation.recital import Recital
from companion.conversation.replies import ReplyMaker, Target
from companion.conversation.slots import Engines
from companion.conversation.turn import Keep, ReplyTurn
from companion.domain import commands as do
from companion.domain import events
from companion.domain.character import Character
from companion.domain.messages import StoredMessage, TurnId
from companion.domain.prompt import Standing
from companion.domain.state import ListenMode, State, is_legal
from companion.errors import CompanionError, StorageError
from companion.ports import (
    AudioIO,
    AudioSignal,
    Cancel,
    ChatLog,
    DeviceLost,
    DeviceOpened,
    LanguageModel,
    Level,
    MicClosed,
    MicOpened,
    PlaybackEnded,
    PlaybackStarted,
    Played,
    SoftEnd,
    SpeechResumed,
    SpeechStarted,
    UtteranceEnded,
)

_log = logging.getLogger(__name__)
_INBOX = 2_000


@dataclass(frozen=True, slots=True)
class _TurnDone:
    turn: TurnId
    changed: bool


@dataclass(frozen=True, slots=True)
class _Prepared:
    error: CompanionError | None


@dataclass(frozen=True, slots=True)
class _Close:
    pass


_Item = do.Command | AudioSignal | Heard | _TurnDone | _Prepared | _Close


class Session:
    """One conversation at a time; `post` may be called from any thread and returns at once."""

    def __init__(
        self,
        engines: Engines,
        log: ChatLog,
        bus: EventBus,
        *,
        character: Callable[[str], Character],
        options: Callable[[], SessionOptions],
        knowledge: Knowledge | None = None,
    ) -> None:
        self._knowledge = knowledge or Knowledge()
        self._engines, self._bus, self._options = engines, bus, options
        self._chats = Chats(log, bus.publish, character=character, options=options)
        self._counter = TokenCounter()
        self._replies = ReplyMaker(engines, log, bus.publish, self._counter, self._knowledge, self._turn_done)
        self._inbox: queue.Queue[_Item] = queue.Queue(_INBOX)
        self._state: State = "asleep"
        self._active: ReplyTurn | Recital | None = None
        self._preparation: Preparation | None = None
        self._n_turns = 0
        self._ears = Ears(engines, bus.publish, self._inbox.put)
        self._signals: threading.Thread | None = None
        self._thread = threading.Thread(target=self._run, name="conversation")
        self._thread.start()

    # ---- surface

    def post(self, command: do.Command) -> None:
        if isinstance(command, do.Interrupt) and (active := self._active) is not None:
            active.interrupt("heard")  # must not wait behind what the session is doing
        self._inbox.put(command)

    def listen_to(self, audio: AudioIO) -> None:
        """Take the signals of `audio` until it is closed."""
        self._signals = threading.Thread(target=self._forward, args=(audio,), name="audio-signals")
        self._signals.start()

    def close(self) -> None:
        """Stop the turn, keep what was said, end the threads. The audio must be closed before or after; both work."""
        if not self._thread.is_alive():
            return
        self._inbox.put(_Close())
        self._thread.join()
        self._ears.close()

    def join_signals(self) -> None:
        """Wait for the signal thread, after the audio was closed."""
        if self._signals is not None:
            self._signals.join()

    def _turn_done(self, turn: TurnId, changed: bool) -> None:
        self._inbox.put(_TurnDone(turn, changed))

    def _forward(self, audio: AudioIO) -> None:
        for signal in audio.signals():
            match signal:
                case Level(level_db, speech):
                    self._bus.publish(events.HearingLevel(level_db, speech))
                case Played(turn, seconds):
                    if (active := self._active) is not None and active.turn == turn:
                        active.played(seconds)
                case PlaybackEnded(turn, seconds):
                    if (active := self._active) is not None and active.turn == turn:
                        active.playback_ended(seconds)
                case _:
                    self._inbox.put(signal)
        self._bus.publish(events.AudioEnded())

    # ---- loop

    def _run(self) -> None:
        while not isinstance(item := self._inbox.get(), _Close):
            try:
                self._handle(item)
            except StorageError as error:
                self._fail("storage", error)
            except CompanionError as error:
                self._bus.publish(events.Notice(error.what, error.hint, error.code))
            except Exception:  # noqa: BLE001 - thread top: the conversation outlives a fault of ours
                _log.exception("handling %s failed", type(item).__name__)
                self._bus.publish(events.Notice("Something went wrong.", "The log has details.", "fault"))
        self._stop("written")
        try:
            self._keep_cache()
        except StorageError as error:
            _log.info("the chat's cache was not saved: %s", error.code)

    def _keep_cache(self) -> None:
        preparation = self._preparation
        if preparation is None:
            return
        settled = preparation.done.is_set()
        preparation.cancel()
        language = self._engines.language.ready
        now = self._chats.now
        if settled and language and self._n_turns and now is not None:
            path = self._chats.path()
            standing = self._standing(now, path)
            keep_cache(standing, now.chat.chat, path, language, self._counter)

    def _handle(self, item: _Item) -> None:
        match item:
            case _TurnDone(turn, changed):
                self._on_turn_done(turn, changed)
            case _Prepared(error):
                self._on_prepared(error)
            case Heard():
                self._take_utterance(self._ears.on_heard(item))
            case do.Say(text):
                self._say(text.strip(), spoken=False, began_s=time.monotonic())
            case do.Interrupt():
                self._stop("heard")
            case do.Listen(mode):
                self._listen(mode)
            case do.Talk(held):
                self._talk(held)
            case _Close():
                pass
            case _ if isinstance(item, AudioSignal):
                self._on_signal(item)
            case _:
                self._on_command(item)

    # ---- commands on chats and messages

    def _on_command(self, command: do.Command) -> None:
        match command:
            case do.OpenCharacter(character, chat):
                self._show(self._chats.open(character, chat))
            case do.NewChat(greeting) if self._chats.now is not None:
                self._show(self._chats.new(greeting))
            case do.RenameChat(chat, title):
                self._chats.rename(chat, title)
            case do.DeleteChat(chat):
                self._delete_chat(chat)
            case do.RestoreChat(chat):
                self._chats.restore(chat)
                self._remember_anew()
            case do.Reload():
                self._reload()
            case _ if self._chats.now is not None:
                self._on_message_command(command)
            case _:
                pass

    def _show(self, opened: Opened) -> None:
        self._stop("written")
        self._chats.show(opened)
        if self._state == "asleep":
            self._go("loading", "model")
        self._prepare()
        path = self._chats.path()
        if opened.fresh and path and self._options().greet_aloud and self._options().speak:
            self._replay(path[-1])

    def _delete_chat(self, chat: str) -> None:
        now = self._chats.now
        if now is not None and now.chat.chat == chat:
            self._stop("written")
            self._chats.delete(chat)
            self._show(self._chats.open(now.character.id, None))
        else:
            self._chats.delete(chat)
        self._remember_anew()

    def _reload(self) -> None:
        self._counter.forget()
        if self._chats.now is None:
            return
        changed = self._chats.reload()
        under_way = self._preparation is not None and not self._preparation.done.is_set()
        if changed or not under_way:
            self._prepare()

    def _on_message_command(self, command: do.Command) -> None:
        self._stop("written")
        match command:
            case do.Regenerate(message):
                self._start_reply(self._replies.again(self._chats.path(), message))
            case do.Continue():
                self._start_reply(self._replies.onward(self._chats.path()))
            case do.SelectVariant(message, step):
                if self._chats.walk(message, step) == "beyond":
                    self._start_reply(self._replies.again(self._chats.path(), message))
            case do.Edit(message, text):
                self._chats.edit(message, text)
                self._remember_anew()
                self._learn(self._chats.message(message))
            case do.Delete(message):
                self._chats.delete_message(message)
                self._remember_anew()
            case do.Undo():
                self._chats.undo()
                self._remember_anew()
            case do.Branch(message):
                self._show(self._chats.branch(message))
            case do.Replay(message):
                self._replay(self._chats.message(message))
            case _:
                pass

    # ---- turns

    def _say(self, text: str, *, spoken: bool, began_s: float) -> None:
        if not text or self._chats.now is None:
            return
        self._stop("heard" if spoken else "written")
        turn = self._next_turn()
        try:
            message = self._chats.add_user(text, spoken=spoken)
        except StorageError as error:
            self._fail("storage", error, turn)
            self._rest()
            return
        self._bus.publish(events.UserSaid(turn, message, spoken))
        self._learn(message)
        self._start_reply(self._replies.answer(self._chats.path()), turn=turn, began_s=began_s)

    def _remember_anew(self) -> None:
        remembering, now = self._knowledge.remembering, self._chats.now
        if remembering is not None and now is not None:
            remembering.changed(now.character)

    def _learn(self, message: StoredMessage) -> None:
        remembering, now = self._knowledge.remembering, self._chats.now
        if remembering is None or now is None:
            return
        try:
            remembering.learn(now.character, message)
        except CompanionError as error:
            _log.info("nothing was learned: %s", error.code)

    def _start_reply(
        self, target: Target, *, turn: TurnId | None = None, began_s: float | None = None
    ) -> None:
        now = self._chats.now
        assert now is not None
        self._go("thinking", "" if self._engines.language.ready else "model")
        reply = self._replies.reply(
            turn or self._next_turn(),
            now.character,
            now.chat.chat,
            target,
            options=self._options(),
            preparation=self._preparation,
            began_s=began_s or time.monotonic(),
        )
        self._begin(reply)

    def _replay(self, message: StoredMessage) -> None:
        now = self._chats.now
        assert now is not None
        recital = self._replies.recital(
            self._next_turn(), now.character, message.text, options=self._options()
        )
        self._begin(recital)

    def _begin(self, active: ReplyTurn | Recital) -> None:
        self._active = active
        active.begin()

    def _next_turn(self) -> TurnId:
        self._n_turns += 1
        return TurnId(self._n_turns)

    def _stop(self, keep: Keep) -> None:
        """End the present turn and wait for it; its reply is kept as `keep` says."""
        if self._active is not None:
            active = self._active
            active.interrupt(keep)
            active.join()
            self._active = None
            self._rest()

    def _on_turn_done(self, turn: TurnId, changed: bool) -> None:
        if changed and self._chats.now is not None:
            self._chats.changed()
        if self._active is not None and self._active.turn == turn:
            self._active.join()
            self._active = None
            self._rest()

    # ---- preparation

    def _prepare(self) -> None:
        if self._preparation is not None:
            self._preparation.cancel()
        now, messages = self._chats.now, self._chats.path()
        assert now is not None
        opened = now

        def work(language: LanguageModel, cancel: Cancel) -> None:
            language.attach(opened.character.adapters)
            standing = self._standing(opened, messages)
            warm_chat(standing, opened.chat.chat, messages, language, self._counter, cancel, keep=True)
            if self._knowledge.remembering is not None and not cancel.requested:
                self._knowledge.remembering.bring_up(opened.character, cancel)

        if self._engines.language.ready is not None and self._state in ("loading", "idle", "listening"):
            self._go("loading", "persona")
        self._preparation = Preparation(work, self._engines, lambda error: self._inbox.put(_Prepared(error)))

    def _standing(self, opened: Opened, path: list[StoredMessage]) -> Standing:
        return self._replies.standing(opened.character, opened.chat.chat, path, self._options().user_name)

    def _on_prepared(self, error: CompanionError | None) -> None:
        if error is not None:
            self._bus.publish(events.Notice(error.what, error.hint, error.code))
        if self._state == "loading":
            self._rest()

    # ---- ears

    def _listen(self, mode: ListenMode) -> None:
        self._ears.listen(mode)
        self._rest()

    def _talk(self, held: bool) -> None:
        audio = self._engines.audio.ready
        if audio is None:
            return
        if held and self._active is not None:
            self._active.interrupt("heard")
        audio.talk(held)  # before waiting for her silence: the user speaks already
        if held:
            self._stop("heard")

    def _on_signal(self, signal: AudioSignal) -> None:
        match signal:
            case SpeechStarted():
                if self._active is None:
                    self._go("hearing")
            case PlaybackStarted(turn):
                if self._active is not None and self._active.turn == turn:
                    self._go("speaking")
            case DeviceOpened(direction, name, _):
                self._bus.publish(events.DeviceChanged(direction, name))
            case DeviceLost(direction, _, why, _):
                self._bus.publish(events.DeviceChanged(direction, "", why))
            case MicOpened() | MicClosed() | SoftEnd() | SpeechResumed() | UtteranceEnded():
                now = self._chats.now
                character = now.character if now is not None else None
                self._take_utterance(self._ears.on_signal(signal, character, self._options().hear_language))
            case _:
                pass

    def _take_utterance(self, utterance: Utterance | None) -> None:
        """Answer a complete utterance; None only means that the rest of the state may have changed."""
        if utterance is not None and utterance.error is not None:
            self._fail("recogniser", utterance.error)
        elif utterance is not None and utterance.text:
            self._say(utterance.text, spoken=True, began_s=utterance.ended_s)
            return
        if utterance is not None or self._state != "hearing" or not self._ears.may_hear:
            self._rest()

    # ---- state

    def _go(self, new: State, why: str = "") -> None:
        if not is_legal(self._state, new):
            _log.error("illegal step %s to %s", self._state, new)
        if new != self._state or why:
            old, self._state = self._state, new
            self._bus.publish(events.StateChanged(old, new, why))

    def _rest(self) -> None:
        if self._state != "asleep" and self._active is None:
            self._go("listening" if self._ears.is_open else "idle")

    def _fail(
        self, stage: Literal["storage", "recogniser"], error: CompanionError, turn: TurnId | None = None
    ) -> None:
        self._bus.publish(
            events.TurnFailed(turn or TurnId(self._n_turns), stage, error.what, error.hint, error.code)
        )
