"""Who has the floor: the turn that is under way, and the one that is prepared while the user still speaks."""

from __future__ import annotations

from dataclasses import dataclass

from companion.conversation.recital import Recital
from companion.conversation.replies import Target
from companion.conversation.turn import Keep, ReplyTurn
from companion.domain.messages import StoredMessage, TurnId


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply in hiding to `text`, which the user may or may not have finished saying."""

    text: str
    target: Target
    turn: ReplyTurn

    def commit(self, message: StoredMessage) -> None:
        """Let the reply be seen and heard as the answer to `message`. Raises StorageError."""
        self.target.history[-1] = message
        self.turn.commit()


class Floor:
    """Owned by the session's thread; only `active` is read by others."""

    def __init__(self) -> None:
        self.active: ReplyTurn | Recital | None = None
        self._draft: Draft | None = None
        self._leaving: list[ReplyTurn] = []

    @property
    def said_lately(self) -> str:
        """What she has said aloud in the last ten seconds of the present turn."""
        return self.active.said_lately if self.active is not None else ""

    def is_active(self, turn: TurnId) -> bool:
        """Tell whether this is the present turn."""
        return self.active is not None and self.active.turn == turn

    def take(self, active: ReplyTurn | Recital) -> None:
        """Begin a turn that nobody has waited for."""
        self.active = active
        active.begin()

    def stop(self, keep: Keep) -> bool:
        """End the present turn and wait for it; return whether there was one. A draft is dropped too."""
        self.drop()
        active, self.active = self.active, None
        if active is None:
            return False
        active.interrupt(keep)
        active.join()
        return True

    def done(self, turn: TurnId) -> bool:
        """Take in that a turn has ended; return whether it was the present one."""
        for one in [one for one in self._leaving if one.turn == turn]:
            one.join()
            self._leaving.remove(one)
        if self.active is None or self.active.turn != turn:
            return False
        self.active.join()
        self.active = None
        return True

    # ---- drafts

    def has_draft(self, text: str) -> bool:
        """Tell whether an answer to `text` is being prepared."""
        return self._draft is not None and _same(self._draft.text, text)

    def prepare(self, draft: Draft) -> None:
        """Begin to write in hiding; another draft is dropped."""
        self.drop()
        self._draft = draft
        draft.turn.begin()

    def take_draft(self, text: str) -> Draft | None:
        """Return the draft that answers `text`, which has not failed, for the caller to commit as the active turn."""
        if not self.has_draft(text):
            return None
        draft, self._draft = self._draft, None
        assert draft is not None
        self.active = draft.turn
        return draft

    def drop(self) -> None:
        """Give up what is written in hiding; returns at once."""
        draft, self._draft = self._draft, None
        if draft is not None:
            draft.turn.interrupt("written")
            self._leaving.append(draft.turn)

    def close(self) -> None:
        """Wait for all that was given up."""
        self.drop()
        for one in self._leaving:
            one.join()
        self._leaving.clear()


def _same(one: str, other: str) -> bool:
    """Compare what was understood; a recogniser sets marks differently from clip to clip."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
