"""Which chat is open, and all that is done to chats and messages without a reply being written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from companion.conversation.bus import Subscriber
from companion.conversation.greetings import greetings_of
from companion.conversation.options import SessionOptions
from companion.domain.character import Character
from companion.domain.events import ChatChanged, ChatOpened, ChatsChanged
from companion.domain.messages import ChatInfo, StoredMessage
from companion.errors import StorageError, UsageError
from companion.ports import ChatLog

Walked = Literal["chosen", "end", "beyond"]
"""Another variant was chosen; there is none in that direction; the next one has to be written first."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A character and one of its chats; `fresh`: the chat was begun just now."""

    character: Character
    chat: ChatInfo
    fresh: bool = False


class Chats:
    """Owned by the session's thread. What fails raises and leaves the open chat as it was."""

    def __init__(
        self,
        log: ChatLog,
        publish: Subscriber,
        *,
        character: Callable[[str], Character],
        options: Callable[[], SessionOptions],
    ) -> None:
        self._log, self._publish = log, publish
        self._find_character, self._options = character, options
        self.now: Opened | None = None

    # ---- chats

    def open(self, character: str, chat: str | None) -> Opened:
        """Return a chat to `show`: the given one, else the latest, else a new one.

        Raises UsageError for an unknown character or a chat with another one, StorageError for an unknown chat.
        """
        found = self._find_character(character)
        if chat is not None:
            info = self._log.chat(chat)
            if info.character != found.id:
                raise UsageError(
                    f"This chat is not with {found.shown_name}.",
                    "Choose a chat of this character.",
                    code="other_chat",
                )
            return Opened(found, info)
        known = self._log.chats(found.id)
        if known:
            return Opened(found, max(known, key=lambda one: one.last_seq))
        return self._begin(found, 0)

    def new(self, greeting: int) -> Opened:
        """Begin another chat with the present character."""
        return self._begin(self._open.character, greeting)

    def branch(self, message: int) -> Opened:
        """Copy the chat up to `message` into another one."""
        chat = self._log.branch(message)
        self._chats_changed()
        return Opened(self._open.character, chat)

    def show(self, opened: Opened) -> None:
        """Make this the open chat."""
        self.now = opened
        self._publish(ChatOpened(opened.chat, tuple(self.path())))

    def rename(self, chat: str, title: str) -> None:
        self._log.rename_chat(chat, title)
        self._chats_changed()

    def delete(self, chat: str) -> None:
        self._log.delete_chat(chat)
        self._chats_changed()

    def restore(self, chat: str) -> None:
        self._log.restore_chat(chat)
        self._chats_changed()

    def reload(self) -> bool:
        """Read the open character anew; return whether it has changed."""
        before = self._open
        character = self._find_character(before.character.id)
        self.now = Opened(character, before.chat)
        return character != before.character

    # ---- messages

    def path(self) -> list[StoredMessage]:
        """Return the open chat's active path, oldest first."""
        return self._log.path(self.now.chat.chat) if self.now is not None else []

    def message(self, message: int) -> StoredMessage:
        """Return a message of the path. Raises StorageError, code `unknown_message`."""
        for one in self.path():
            if one.message == message:
                return one
        raise StorageError(f"There is no message {message} in this chat.", code="unknown_message")

    def add_user(self, text: str, *, spoken: bool) -> StoredMessage:
        """Put the user's words on disk."""
        ack = self._log.add(self._open.chat.chat, "user", text, meta={"spoken": spoken})
        return self.message(ack.message)

    def edit(self, message: int, text: str) -> None:
        self._log.edit(message, text)
        self.changed()

    def delete_message(self, message: int) -> None:
        self._log.delete(message)
        self.changed()

    def undo(self) -> None:
        if self._log.undo(self._open.chat.chat):
            self.changed()

    def walk(self, message: int, step: int) -> Walked:
        """Choose the sibling `step` away; past the last greeting the card's next one, at last the first again."""
        siblings = self._log.siblings(message)
        at = step + next((i for i, one in enumerate(siblings) if one.message == message), len(siblings))
        if 0 <= at < len(siblings):
            self._log.select(siblings[at].message)
        elif at < 0 or not siblings or siblings[0].role != "assistant":
            return "end"
        elif siblings[0].parent is not None:
            return "beyond"
        else:
            self._next_greeting(siblings)
        self.changed()
        return "chosen"

    def changed(self) -> None:
        """Tell that the open chat's path is another one."""
        self.now = Opened(self._open.character, self._log.chat(self._open.chat.chat))
        self._publish(ChatChanged(self.now.chat, tuple(self.path())))

    def _next_greeting(self, siblings: list[StoredMessage]) -> None:
        greetings = greetings_of(self._open.character, self._options().user_name, self._open.chat)
        used = {one.meta.get("greeting") for one in siblings}
        fresh = next((i for i in range(len(greetings)) if i not in used), None)
        if fresh is None or len(siblings) >= len(greetings):
            self._log.select(siblings[0].message)
        else:
            self._log.add_variant(siblings[0].message, greetings[fresh], meta={"greeting": fresh})

    def _begin(self, character: Character, greeting: int) -> Opened:
        chat = self._log.create_chat(character.id)
        greetings = greetings_of(character, self._options().user_name, chat)
        if greetings:
            index = greeting % len(greetings)
            self._log.add(chat.chat, "assistant", greetings[index], meta={"greeting": index})
        self._publish(ChatsChanged(character.id))
        return Opened(character, self._log.chat(chat.chat), fresh=True)

    def _chats_changed(self) -> None:
        if self.now is not None:
            self._publish(ChatsChanged(self.now.character.id))

    @property
    def _open(self) -> Opened:
        if self.now is None:
            raise UsageError("No chat is open.", "Choose a character first.", code="no_chat")
        return self.now
