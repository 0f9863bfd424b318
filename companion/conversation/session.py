"""The one owner of a conversation's state: takes commands and signals, starts turns, publishes events."""

from __future__ import annotations

import dataclasses
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from companion.conversation.attention import Attention
from companion.conversation.bus import EventBus
from companion.conversation.chats import Chats, Opened
from companion.conversation.ears import Ears, EarSignal, Interruption, News, Saying, Understood, Utterance
from companion.conversation.floor import Floor
from companion.conversation.hearing import Heard
from companion.conversation.knowledge import Knowledge
from companion.conversation.names import WorldNames
from companion.conversation.options import SessionOptions
from companion.conversation.preparation import Preparation, TokenCounter, warm_chat
from companion.conversation.presence import Presence
from companion.conversation.replies import ReplyMaker
from companion.conversation.slots import Engines
from companion.conversation.turns import Turns
from companion.domain import commands as do
from companion.domain import events
from companion.domain.character import Character, Lorebook
from companion.domain.gate import Pauses
from companion.domain.messages import StoredMessage, TurnId
from companion.domain.prompt import Standing
from companion.domain.state import ListenMode
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
    Paused,
    PlaybackEnded,
    PlaybackStarted,
    Played,
    Resumed,
    SpeechStarted,
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
        pauses: Pauses | None = None,
    ) -> None:
        self._knowledge = knowledge or Knowledge()
        self._engines, self._bus, self._options = engines, bus, options
        self._chats = Chats(log, bus.publish, character=character, options=options)
        self._counter = TokenCounter()
        self._replies = ReplyMaker(engines, log, bus.publish, self._counter, self._knowledge, self._turn_done)
        self._inbox: queue.Queue[_Item] = queue.Queue(_INBOX)
        self._floor = Floor()
        self._ears = Ears(
            engines,
            bus.publish,
            self._inbox.put,
            said_lately=lambda: self._floor.said_lately,
            extra_silence_ms=lambda: options().extra_silence_ms,
            pauses=pauses,
            names_of=WorldNames(self._books, lambda: options().user_name).of,
        )
        self._attention = Attention()
        self._presence = Presence(
            bus.publish,
            is_busy=lambda: self._floor.active is not None,
            may_listen=lambda: self._ears.is_open,
        )
        self._turns = Turns(
            engines,
            self._chats,
            bus,
            self._floor,
            self._presence,
            self._replies,
            options=options,
            knowledge=self._knowledge,
        )
        self._signals: threading.Thread | None = None
        self._thread = threading.Thread(target=self._run, name="conversation")
        self._thread.start()

    # ---- surface

    def post(self, command: do.Command) -> None:
        if isinstance(command, do.Interrupt) and (active := self._floor.active) is not None:
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

    @property
    def pauses(self) -> Pauses:
        """What is known by now of how this user speaks; for the next session."""
        return self._ears.pauses

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
                    if (active := self._floor.active) is not None and active.turn == turn:
                        active.played(seconds)
                case PlaybackEnded(turn, seconds):
                    self._inbox.put(signal)
                    if (active := self._floor.active) is not None and active.turn == turn:
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
                self._turns.fail("storage", error)
            except CompanionError as error:
                self._bus.publish(events.Notice(error.what, error.hint, error.code))
            except Exception:  # noqa: BLE001 - thread top: the conversation outlives a fault of ours
                _log.exception("handling %s failed", type(item).__name__)
                self._bus.publish(events.Notice("Something went wrong.", "The log has details.", "fault"))
        self._turns.close()

    def _handle(self, item: _Item) -> None:
        match item:
            case _TurnDone(turn, changed):
                self._turns.done(turn, changed=changed)
            case _Prepared(error):
                self._on_prepared(error)
            case Heard():
                self._take_heard(self._ears.on_heard(item))
            case do.Say(text):
                self._turns.say(text.strip(), spoken=False, began_s=time.monotonic())
            case do.Interrupt():
                self._turns.stop("heard")
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
                self._turns.remember_anew()
            case do.Reload():
                self._reload()
            case _ if self._chats.now is not None:
                self._on_message_command(command)
            case _:
                pass

    def _show(self, opened: Opened) -> None:
        self._turns.stop("written")
        self._chats.show(opened)
        self._ears.expect(opened.character)
        if self._presence.state == "asleep":
            self._presence.go("loading", "model")
        self._prepare()
        path = self._chats.path()
        if opened.fresh and path and self._options().greet_aloud and self._options().speak:
            self._turns.replay(path[-1])

    def _delete_chat(self, chat: str) -> None:
        now = self._chats.now
        if now is not None and now.chat.chat == chat:
            self._turns.stop("written")
            self._chats.delete(chat)
            self._show(self._chats.open(now.character.id, None))
        else:
            self._chats.delete(chat)
        self._turns.remember_anew()

    def _reload(self) -> None:
        self._counter.forget()
        if self._chats.now is None:
            return
        changed = self._chats.reload()
        under_way = self._turns.preparation is not None and not self._turns.preparation.done.is_set()
        if changed or not under_way:
            self._prepare()

    def _on_message_command(self, command: do.Command) -> None:
        self._turns.stop("written")
        match command:
            case do.Regenerate(message):
                self._turns.again(message)
            case do.Continue():
                self._turns.onward()
            case do.SelectVariant(message, step):
                if self._chats.walk(message, step) == "beyond":
                    self._turns.again(message)
            case do.Edit(message, text):
                self._chats.edit(message, text)
                self._turns.remember_anew()
                self._turns.learn(self._chats.message(message))
            case do.Delete(message):
                self._chats.delete_message(message)
                self._turns.remember_anew()
            case do.Undo():
                self._chats.undo()
                self._turns.remember_anew()
            case do.Branch(message):
                self._show(self._chats.branch(message))
            case do.Replay(message):
                self._turns.replay(self._chats.message(message))
            case _:
                pass

    # ---- preparation

    def _prepare(self) -> None:
        if self._turns.preparation is not None:
            self._turns.preparation.cancel()
        now, messages = self._chats.now, self._chats.path()
        assert now is not None
        opened = now

        def work(language: LanguageModel, cancel: Cancel) -> None:
            language.attach(opened.character.adapters)
            standing = self._standing(opened, messages)
            warm_chat(standing, opened.chat.chat, messages, language, self._counter, cancel, keep=True)
            if self._knowledge.remembering is not None and not cancel.requested:
                self._knowledge.remembering.bring_up(opened.character, cancel)

        if self._engines.language.ready is not None and self._presence.state in (
            "loading",
            "idle",
            "listening",
        ):
            self._presence.go("loading", "persona")
        self._turns.preparation = Preparation(
            work, self._engines, lambda error: self._inbox.put(_Prepared(error))
        )

    def _standing(self, opened: Opened, path: list[StoredMessage]) -> Standing:
        return self._replies.standing(opened.character, opened.chat.chat, path, self._options().user_name)

    def _on_prepared(self, error: CompanionError | None) -> None:
        if error is not None:
            self._bus.publish(events.Notice(error.what, error.hint, error.code))
        if self._presence.state == "loading":
            self._presence.rest()
        self._turns.make_fillers()

    # ---- ears

    def _listen(self, mode: ListenMode) -> None:
        self._ears.listen(mode)
        if self._chats.now is not None:
            self._ears.expect(self._chats.now.character)
        self._turns.nothing_said()
        self._presence.rest()

    def _talk(self, held: bool) -> None:
        audio = self._engines.audio.ready
        if audio is None:
            return
        if held and self._floor.active is not None:
            self._floor.active.interrupt("heard")
        audio.talk(held)  # before waiting for her silence: the user speaks already
        if held:
            self._turns.stop("heard")

    def _on_signal(self, signal: AudioSignal) -> None:
        match signal:
            case Paused(turn) if self._floor.is_active(turn):
                self._presence.go("hearing")
            case Resumed(turn) if self._floor.is_active(turn):
                self._presence.go("speaking")
            case PlaybackStarted(turn, at_s):
                self._attention.speaks(at_s)
                if self._floor.is_active(turn):
                    self._presence.go("speaking")
            case PlaybackEnded(_, seconds):
                self._attention.has_spoken(seconds)
            case DeviceOpened(direction, name, _):
                self._bus.publish(events.DeviceChanged(direction, name))
            case DeviceLost(direction, _, why, _):
                self._bus.publish(events.DeviceChanged(direction, "", why))
            case SpeechStarted(at_s):
                pause_s = self._turns.speech_began(at_s)
                if pause_s is not None:
                    self._ears.reopened(pause_s)
                self._take_heard(self._ears.on_signal(signal, *self._spoken()))
            case _ if isinstance(signal, EarSignal):
                self._take_heard(self._ears.on_signal(signal, *self._spoken()))
            case _:
                pass

    def _spoken(self) -> tuple[Character | None, str]:
        now = self._chats.now
        return (now.character if now is not None else None), self._options().hear_language

    def _books(self, character: Character) -> Sequence[Lorebook]:
        now = self._chats.now
        return self._knowledge.books(character, now.chat.chat) if now is not None else ()

    def _meant(self, heard: Understood | Utterance) -> Understood | Utterance:
        """Return what of it is said to her, with an empty text if nothing is."""
        now = self._chats.now
        character = now.character if now is not None else None
        meant = self._attention.meant(heard.text, heard.ended_s, self._ears.mode, character)
        if meant is not None:
            self._attention.hold(heard.ended_s)
        return dataclasses.replace(heard, text=meant or "")

    def _take_heard(self, heard: News | None) -> None:
        """Answer a complete utterance; None only means that the rest of the state may have changed."""
        if isinstance(heard, Understood | Utterance) and heard.text:
            heard = self._meant(heard)
        match heard:
            case Interruption():
                self._turns.stop("heard")
                self._presence.go("hearing")
                self._take_heard(self._ears.go_on(*self._spoken()))
                return
            case Understood(text) if text:
                self._turns.foresee(heard)
                return
            case Understood():
                self._turns.nothing_said()
            case Saying(text):
                self._turns.read_ahead(text)
                return
            case Utterance(error=CompanionError() as error):
                self._turns.nothing_said()
                self._turns.fail("recogniser", error)
            case Utterance(text, ended_s) if text:
                self._turns.say(text, spoken=True, began_s=ended_s)
                return
            case Utterance():
                self._turns.nothing_said()
            case _:
                pass
        if heard is not None or self._presence.state != "hearing" or not self._ears.may_hear:
            self._presence.rest()
