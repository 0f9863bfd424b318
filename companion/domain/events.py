"""What happened: frozen values in one union; every consumer matches on them.

Events arrive on the thread that published them; a consumer must return at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from companion.domain.audio import Speech
from companion.domain.emotion import Emotion
from companion.domain.messages import ChatInfo, StoredMessage, TurnId
from companion.domain.state import ListenMode, State

WorkerRole = Literal["language", "speech", "audio", "recall"]


@dataclass(frozen=True, slots=True)
class StateChanged:
    """`why` is a stable word for a state that lasts: `persona` (first reading), `model` (loading), `worker`."""

    old: State
    new: State
    why: str = ""


@dataclass(frozen=True, slots=True)
class ChatOpened:
    """A chat is shown; `messages` is its active path, oldest first."""

    chat: ChatInfo
    messages: tuple[StoredMessage, ...]


@dataclass(frozen=True, slots=True)
class ChatChanged:
    """The active path of the open chat is now `messages`: after an edit, deletion, variant, undo."""

    chat: ChatInfo
    messages: tuple[StoredMessage, ...]


@dataclass(frozen=True, slots=True)
class ChatsChanged:
    """The list of chats of `character` changed."""

    character: str


@dataclass(frozen=True, slots=True)
class HearingLevel:
    """From the live microphone stream, about 20 times a second: `level_db` RMS in dBFS, `speech` probability."""

    level_db: float
    speech: float


@dataclass(frozen=True, slots=True)
class ListeningChanged:
    """`is_open` follows the stream itself, not the wish; `device` is its name."""

    mode: ListenMode
    is_open: bool
    device: str = ""


@dataclass(frozen=True, slots=True)
class UserPartial:
    """What has been understood so far; empty text takes it back."""

    text: str


@dataclass(frozen=True, slots=True)
class UserPaused:
    """The user has fallen silent and may have finished: the moment for a nod."""


@dataclass(frozen=True, slots=True)
class UserSaid:
    """The user's message is on disk; told again when what was said is gone on with, with the longer text."""

    turn: TurnId
    message: StoredMessage
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class PromptSection:
    """One part of a prompt: its name, tokens and the sources that filled it."""

    name: Literal[
        "persona",
        "examples",
        "summary",
        "history",
        "lore",
        "time",
        "memories",
        "passages",
        "instructions",
        "user",
    ]
    n_tokens: int
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptBuilt:
    turn: TurnId
    sections: tuple[PromptSection, ...]


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """A reply row exists; deltas follow."""

    turn: TurnId
    message: StoredMessage


@dataclass(frozen=True, slots=True)
class ReplyDelta:
    """More text of the reply; `thought` text is shown folded and never spoken."""

    turn: TurnId
    text: str
    thought: bool = False


@dataclass(frozen=True, slots=True)
class EmotionChanged:
    turn: TurnId
    emotion: Emotion


@dataclass(frozen=True, slots=True)
class ClauseReady:
    """A speakable clause that begins at `start` of the reply's visible text."""

    turn: TurnId
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class SpeechReady:
    """Sound was handed to the loudspeaker; it begins `offset_s` after the first sound of the reply.

    `clause_start` is the clause's place in the reply's visible text.
    """

    turn: TurnId
    speech: Speech
    offset_s: float
    clause_start: int


@dataclass(frozen=True, slots=True)
class HeardTo:
    """`seconds` of this reply's sound have left the loudspeaker; `char` is the visible text's end of that."""

    turn: TurnId
    seconds: float
    char: int


@dataclass(frozen=True, slots=True)
class TurnTimings:
    """Seconds on the monotonic clock since the turn began (typed: the command; spoken: the end of speech)."""

    first_token_s: float | None = None
    first_clause_s: float | None = None
    first_audio_s: float | None = None
    total_s: float = 0.0
    n_prompt_tokens: int = 0
    n_evaluated_tokens: int = 0
    n_new_tokens: int = 0
    n_reply_tokens: int = 0
    tokens_per_s: float = 0.0
    spans: dict[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class ReplyFinished:
    """The reply is on disk; exactly one per turn that has started a reply.

    `interrupted`: before it was written to its end. She may yet be stopped while she speaks, see SpeakingFinished.
    """

    turn: TurnId
    message: StoredMessage
    interrupted: bool
    timings: TurnTimings


@dataclass(frozen=True, slots=True)
class SpeakingFinished:
    """All sound of the turn has been played, or, if `interrupted`, stopped."""

    turn: TurnId
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class TurnFailed:
    """A stage of the turn failed; what was written so far is kept."""

    turn: TurnId
    stage: Literal["storage", "prompt", "language", "voice", "recogniser", "audio"]
    what: str
    hint: str
    code: str = "failed"


@dataclass(frozen=True, slots=True)
class EngineChanged:
    """An engine is ready: a line a person can read, such as `Qwen2.5 1.5B, 28 layers on CPU`."""

    role: Literal["language", "recogniser", "voice", "audio"]
    label: str


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """A worker process ended or was replaced; `restarts` tells whether another one is coming."""

    role: WorkerRole
    cause: str
    restarts: bool


@dataclass(frozen=True, slots=True)
class WorkerReady:
    role: WorkerRole
    seconds: float


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A microphone or loudspeaker was opened, lost (`name` empty) or replaced; `why` is a sentence."""

    direction: Literal["input", "output"]
    name: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class AudioEnded:
    """No more signals come from microphone and loudspeaker: they were closed, or their files are at the end."""


@dataclass(frozen=True, slots=True)
class Preparing:
    """Something long is under way: `weights` are assembled; `fraction` runs from 0 to 1."""

    what: Literal["weights"]
    fraction: float


@dataclass(frozen=True, slots=True)
class CharactersChanged:
    """Packs appeared, changed or vanished in a characters folder."""


@dataclass(frozen=True, slots=True)
class MemoriesChanged:
    """Fact cards of `character` were proposed, corrected, pinned or forgotten."""

    character: str


@dataclass(frozen=True, slots=True)
class LoreChanged:
    """The documents of `character`'s lore store changed, or their index was built."""

    character: str


@dataclass(frozen=True, slots=True)
class LoreBuilding:
    """The index of `character`'s documents is being built; `fraction` runs from 0 to 1."""

    character: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know that belongs to no turn."""

    what: str
    hint: str = ""
    code: str = "notice"


Event = (
    StateChanged
    | ChatOpened
    | ChatChanged
    | ChatsChanged
    | HearingLevel
    | ListeningChanged
    | UserPartial
    | UserPaused
    | UserSaid
    | PromptBuilt
    | ReplyStarted
    | ReplyDelta
    | EmotionChanged
    | ClauseReady
    | SpeechReady
    | HeardTo
    | ReplyFinished
    | SpeakingFinished
    | TurnFailed
    | EngineChanged
    | WorkerLost
    | WorkerReady
    | DeviceChanged
    | AudioEnded
    | Preparing
    | CharactersChanged
    | MemoriesChanged
    | LoreChanged
    | LoreBuilding
    | Notice
)
