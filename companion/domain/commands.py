"""What the user wants: imperative values, sent from any surface to the session."""

from __future__ import annotations

from dataclasses import dataclass

from companion.domain.state import ListenMode


@dataclass(frozen=True, slots=True)
class OpenCharacter:
    """Talk to `character`; `chat` None opens the latest chat or starts the first."""

    character: str
    chat: str | None = None


@dataclass(frozen=True, slots=True)
class NewChat:
    """Start another chat with the present character; `greeting` picks one of the card's greetings."""

    greeting: int = 0


@dataclass(frozen=True, slots=True)
class Say:
    """The user's words, typed. A reply in progress is interrupted first."""

    text: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop writing and speaking now; what was heard stays."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Set how the microphone is used; `off` closes the stream."""

    mode: ListenMode


@dataclass(frozen=True, slots=True)
class Talk:
    """Push-to-talk: the key goes down (`held`) or up."""

    held: bool


@dataclass(frozen=True, slots=True)
class Regenerate:
    """Write another variant of a reply (the last one if None); the old one is kept."""

    message: int | None = None


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on with the last reply from where it ends."""


@dataclass(frozen=True, slots=True)
class SelectVariant:
    """Show another variant of a message: `step` -1 or +1; on a greeting this walks the card's greetings."""

    message: int
    step: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace a message's text; the old text stays in the log."""

    message: int
    text: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Hide a message and what follows it in this branch; can be undone."""

    message: int


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the last edit, deletion, regeneration or variant choice in this chat."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Start a new chat from the history up to and including a message."""

    message: int


@dataclass(frozen=True, slots=True)
class Replay:
    """Speak a message again."""

    message: int


@dataclass(frozen=True, slots=True)
class RenameChat:
    chat: str
    title: str


@dataclass(frozen=True, slots=True)
class DeleteChat:
    """Hide a chat; restorable for 30 days."""

    chat: str


@dataclass(frozen=True, slots=True)
class RestoreChat:
    chat: str


@dataclass(frozen=True, slots=True)
class Reload:
    """Settings or packs changed: take up what is new without losing the chat."""


Command = (
    OpenCharacter
    | NewChat
    | Say
    | Interrupt
    | Listen
    | Talk
    | Regenerate
    | Continue
    | SelectVariant
    | Edit
    | Delete
    | Undo
    | Branch
    | Replay
    | RenameChat
    | DeleteChat
    | RestoreChat
    | Reload
)
