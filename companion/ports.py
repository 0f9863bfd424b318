"""What a conversation needs from the world; engines, workers and stores satisfy these protocols.

Every `close()` is safe to call twice; after it any other call raises `CompanionError`. Calls block the
calling thread unless the docstring says otherwise. A port serves one request at a time; callers queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from companion.domain.audio import AudioClip, Speech
from companion.domain.character import Adapter, Sampling, VoiceSpec
from companion.domain.memory import Memory, MemoryKind, MemoryOrigin, Summary
from companion.domain.messages import Ack, ChatInfo, Message, Role, SearchHit, StoredMessage, TurnId
from companion.domain.state import ListenMode

if TYPE_CHECKING:  # numpy takes a tenth of a second that the window's start need not wait for
    import numpy as np
    from numpy.typing import NDArray


class Cancel(Protocol):
    """A request to stop; cheap to read from any thread."""

    @property
    def requested(self) -> bool: ...


# ---- language -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prompt:
    """The context a caller states; the adapter renders it with the model's chat template.

    `pinned` (system, examples) is stable per character and may be saved to disk; `history` is only
    appended to; `turn` changes every time and ends with the user's message. `reply_prefix` opens the
    assistant's message, to continue one. The rendered token sequence of `pinned + history` is a prefix
    of that of `pinned + history + turn`.
    """

    pinned: tuple[Message, ...]
    history: tuple[Message, ...] = ()
    turn: tuple[Message, ...] = ()
    reply_prefix: str = ""


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class GenerationDone:
    """How a generation went: tokens in the prompt, those found in the KV cache, those evaluated now."""

    n_prompt: int
    n_cached: int
    n_evaluated: int
    n_generated: int
    prefill_s: float
    decode_s: float
    stop_reason: Literal["end", "length", "stop", "cancelled"]


@dataclass(frozen=True, slots=True)
class Warmed:
    """`n_evaluated` tokens were evaluated, `restored` tells whether a saved KV state was taken up."""

    n_tokens: int
    n_evaluated: int
    restored: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is loaded. `backend` such as `cpu`, `cuda`, `remote`; `partial_cut` False: KV suffixes cannot be dropped."""

    name: str
    context_tokens: int
    backend: str
    gpu_layers: int = 0
    n_layers: int = 0
    chat_format: str = ""
    partial_cut: bool = True
    notes: tuple[str, ...] = ()


class LanguageModel(Protocol):
    """Callers state the context they want; the adapter cuts its KV cache to the common token prefix."""

    @property
    def info(self) -> ModelInfo: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the token count of each text, special tokens excluded."""
        ...

    def warm(self, prompt: Prompt, cancel: Cancel, *, keep_as: str | None = None) -> Warmed:
        """Evaluate `prompt` without generating; with `keep_as` restore or save the KV state of `prompt.pinned`.

        `keep_as` names the character; the adapter adds hashes of model, adapters, template and tokens.
        """
        ...

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        """Yield the reply as it is written, then exactly one `GenerationDone`, also when cancelled.

        Raises ModelError when the prompt does not fit `info.context_tokens`.
        """
        ...

    def attach(self, adapters: Sequence[Adapter]) -> None:
        """Make exactly these LoRA adapters active; an empty sequence detaches all."""
        ...

    def close(self) -> None: ...


# ---- speech ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transcript:
    """`text` is empty when nothing was said; `language` is ISO 639-1; `no_speech` is a probability."""

    text: str
    language: str
    no_speech: float = 0.0
    seconds: float = 0.0


class Recogniser(Protocol):
    def transcribe(
        self,
        clip: AudioClip,
        cancel: Cancel,
        *,
        language: str | None = None,
        hotwords: Sequence[str] = (),
    ) -> Transcript:
        """Return what was said; `language` None detects it. Silence, noise and music give empty text."""
        ...

    def close(self) -> None: ...


class Voice(Protocol):
    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        """Yield the sound of `clause` in one or more chunks; the last one has `last` set.

        A clause without anything to say yields one empty clip. Raises ModelError when the voice cannot
        be loaded; nothing was yielded then.
        """
        ...

    def close(self) -> None: ...


class SpeechDetector(Protocol):
    """`frame_samples` at `rate_hz` per call, in order; `reset` forgets the stream so far."""

    @property
    def rate_hz(self) -> int: ...
    @property
    def frame_samples(self) -> int: ...
    def probability(self, frame: NDArray[np.float32]) -> float: ...
    def reset(self) -> None: ...


# ---- recall ---------------------------------------------------------------------------------


class Embedder(Protocol):
    """Texts to vectors. `model_id` changes whenever the same text would give another vector."""

    @property
    def model_id(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), dimensions); `query` for models that tell the two apart."""
        ...

    def close(self) -> None: ...


class VectorStore(Protocol):
    """Vectors by collection and id. Collection names match [a-zA-Z0-9._-]{3,100}.

    Any method may raise StoreError when the collection is broken; `drop` then still works.
    """

    def ids(self, collection: str) -> set[str]: ...
    def upsert(self, collection: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Put vectors, shape (len(ids), d); they are there after a crash or `ids` does not tell them."""
        ...

    def remove(self, collection: str, ids: Sequence[str]) -> None: ...
    def search(self, collection: str, vector: NDArray[np.float32], *, limit: int) -> list[tuple[str, float]]:
        """Return (id, cosine similarity), best first; an unknown collection gives nothing."""
        ...

    def collections(self) -> list[str]: ...
    def drop(self, collection: str) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class IndexItem:
    """A text to be found. `context` (a header) is searched with it; `order` is its place on a timeline."""

    id: str
    text: str
    context: str = ""
    order: int = 0


@dataclass(frozen=True, slots=True)
class IndexHit:
    """What a search found: ranks count from 1, None where that method did not find it; `bm25` is its raw score."""

    id: str
    score: float
    bm25_rank: int | None = None
    dense_rank: int | None = None
    bm25: float = 0.0
    similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """A collection as built. `rebuilt` names why it was made anew (`embedder`, `damage`), empty if it was not.

    `embedder` is the model id, `digest` the hash over all items.
    """

    collection: str
    n_items: int
    embedder: str
    dimensions: int
    digest: str
    store: str
    rebuilt: str = ""
    seconds: float = 0.0


SearchMode = Literal["fused", "bm25", "dense"]


class RecallIndex(Protocol):
    """Hybrid search (BM25 and vectors) over named collections; derived data, rebuilt whenever in doubt."""

    def sync(
        self,
        collection: str,
        items: Sequence[IndexItem],
        cancel: Cancel,
        *,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> IndexInfo:
        """Make the collection hold exactly `items`; only new and changed ones are embedded.

        What was embedded before a cancel or a crash need not be embedded again. A broken collection or one of
        another embedder is made anew.
        """
        ...

    def add(self, collection: str, items: Sequence[IndexItem]) -> None:
        """Put a few items into a collection, which need not exist."""
        ...

    def remove(self, collection: str, ids: Sequence[str]) -> None: ...

    def search(
        self,
        collection: str,
        query: str,
        *,
        limit: int = 8,
        until: int | None = None,
        exclude: Sequence[str] = (),
        mode: SearchMode = "fused",
    ) -> list[IndexHit]:
        """Return the best items, best first; none with an `order` above `until`, none of `exclude`.

        An unknown collection gives nothing. A collection whose vectors are broken is searched by BM25 alone.
        """
        ...

    def info(self, collection: str) -> IndexInfo | None: ...
    def drop(self, collection: str) -> None: ...
    def close(self) -> None: ...


# ---- audio ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """Devices by name (empty: the system's default), and when an utterance ends.

    `end_silence_ms` is the silence after which an utterance is complete in hands-free mode; the soft
    end comes after `soft_end_ms`. `half_duplex` closes the ears while she speaks, for loudspeakers
    without echo cancellation.
    """

    input_name: str = ""
    output_name: str = ""
    soft_end_ms: int = 160
    end_silence_ms: int = 550
    half_duplex: bool = True
    volume: float = 1.0


@dataclass(frozen=True, slots=True)
class Level:
    level_db: float
    speech: float


@dataclass(frozen=True, slots=True)
class MicOpened:
    device: str


@dataclass(frozen=True, slots=True)
class MicClosed:
    why: str = ""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    at_s: float


@dataclass(frozen=True, slots=True, eq=False)
class SoftEnd:
    """Speech seems to be over; `clip` holds the utterance so far at 16 kHz, with its lead-in."""

    clip: AudioClip
    at_s: float


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """Speech went on after a soft end: the utterance is not over."""

    at_s: float


@dataclass(frozen=True, slots=True, eq=False)
class UtteranceEnded:
    """The utterance is complete. `same_as_soft_end`: no speech came after the last soft end."""

    clip: AudioClip
    speech_end_s: float
    same_as_soft_end: bool


@dataclass(frozen=True, slots=True)
class Played:
    """`seconds` of the turn's sound have left the loudspeaker (device latency taken off)."""

    turn: TurnId
    seconds: float


@dataclass(frozen=True, slots=True)
class PlaybackStarted:
    turn: TurnId
    at_s: float


@dataclass(frozen=True, slots=True)
class PlaybackEnded:
    """Everything enqueued and finished for the turn was played, or it was stopped."""

    turn: TurnId
    seconds: float
    stopped: bool


@dataclass(frozen=True, slots=True)
class DeviceOpened:
    direction: Literal["input", "output"]
    name: str
    backend: str


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """`reopening` tells whether the adapter goes on trying, with backoff."""

    direction: Literal["input", "output"]
    name: str
    why: str
    reopening: bool


AudioSignal = (
    Level
    | MicOpened
    | MicClosed
    | SpeechStarted
    | SoftEnd
    | SpeechResumed
    | UtteranceEnded
    | Played
    | PlaybackStarted
    | PlaybackEnded
    | DeviceOpened
    | DeviceLost
)


class AudioIO(Protocol):
    """Microphone and loudspeaker as one stream of signals and one queue of speech. All `_s` are monotonic seconds.

    Methods may be called from any thread and return at once, except `signals` and `enqueue`.
    """

    def open(self, plan: AudioPlan) -> None:
        """Take up devices; a missing one gives DeviceLost, not an error: text goes on without sound."""
        ...

    def listen(self, mode: ListenMode) -> None:
        """Set the microphone; `off` and an unheld push-to-talk key close the input stream."""
        ...

    def talk(self, held: bool) -> None:
        """Push-to-talk key down or up; up ends the utterance at once."""
        ...

    def signals(self) -> Iterator[AudioSignal]:
        """Block for signals until `close`; one consumer."""
        ...

    def enqueue(self, turn: TurnId, speech: Speech) -> None:
        """Play after what is queued; blocks while more than 30 s of speech are queued. Stopped turns are ignored."""
        ...

    def finish(self, turn: TurnId) -> None:
        """No more speech comes for this turn: PlaybackEnded follows when the queue has run out."""
        ...

    def stop(self, turn: TurnId) -> None:
        """Silence the turn now (5 ms fade) and drop its queue; PlaybackEnded tells what had left the loudspeaker."""
        ...

    def set_volume(self, volume: float) -> None: ...

    def close(self) -> None: ...


# ---- storage --------------------------------------------------------------------------------


class ChatLog(Protocol):
    """One append-only log of all chats; thread-safe; every method returns after its commit.

    A message is addressed by its permanent id. Raises StorageError, and then nothing was written.
    """

    @property
    def read_only(self) -> str:
        """Why nothing can be written, or an empty string."""
        ...

    def create_chat(self, character: str, *, title: str = "") -> ChatInfo: ...
    def chats(self, character: str | None = None) -> list[ChatInfo]: ...
    def chat(self, chat: str) -> ChatInfo: ...
    def rename_chat(self, chat: str, title: str) -> None: ...
    def delete_chat(self, chat: str) -> None: ...
    def restore_chat(self, chat: str) -> None: ...

    def add(
        self,
        chat: str,
        role: Role,
        text: str,
        *,
        parent: int | None = None,
        meta: Mapping[str, object] | None = None,
    ) -> Ack:
        """Append a message below `parent` (None: the end of the active path) and make it the active variant there."""
        ...

    def add_variant(self, message: int, text: str, *, meta: Mapping[str, object] | None = None) -> Ack:
        """Append a sibling of `message` and make it active."""
        ...

    def draft(self, message: int, text: str) -> Ack:
        """Keep the text of a reply that is still being written."""
        ...

    def finalise(
        self,
        message: int,
        text: str,
        *,
        unheard: str = "",
        thought: str = "",
        meta: Mapping[str, object] | None = None,
    ) -> Ack: ...

    def edit(self, message: int, text: str) -> Ack: ...
    def select(self, message: int) -> Ack:
        """Make this message the active variant among its siblings."""
        ...

    def delete(self, message: int) -> Ack: ...
    def undo(self, chat: str) -> bool:
        """Take back the last edit, deletion, variant or selection of the chat; False if there is none."""
        ...

    def branch(self, message: int) -> ChatInfo:
        """Copy the path up to and including `message` into a new chat."""
        ...

    def path(self, chat: str) -> list[StoredMessage]:
        """Return the active path, oldest first."""
        ...

    def siblings(self, message: int) -> list[StoredMessage]:
        """Return all variants at this place, oldest first, deleted ones left out."""
        ...

    def search(self, query: str, *, character: str | None = None, limit: int = 50) -> list[SearchHit]: ...
    def check(self) -> list[str]:
        """Return what is wrong with the database; an empty list is a pass."""
        ...

    def close(self) -> None: ...


class Memories(Protocol):
    """Fact cards, summaries and switches, in the same file as the chats; append-only, each change committed.

    Cards of a deleted chat are not shown; purging the chat removes them. Raises StorageError.
    """

    def add(
        self,
        character: str,
        text: str,
        *,
        kind: MemoryKind = "fact",
        slot: str = "",
        value: str = "",
        message: int | None = None,
        origin: MemoryOrigin = "user",
    ) -> Memory:
        """Keep a card; one with the same non-empty `slot` is superseded. Forgotten ones are not proposed again."""
        ...

    def correct(self, memory: int, text: str) -> Memory:
        """Replace a card's text; the old form is kept as superseded and never recalled."""
        ...

    def pin(self, memory: int, pinned: bool) -> Memory: ...
    def forget(self, memory: int) -> None: ...
    def restore(self, memory: int) -> Memory: ...
    def memory(self, memory: int) -> Memory: ...
    def cards(self, character: str, *, all_states: bool = False) -> list[Memory]:
        """Return the cards, pinned first, then newest first."""
        ...

    def silenced(self, character: str) -> frozenset[int]:
        """Return the messages that must not be recalled: they state what was corrected or forgotten since."""
        ...

    def turns(self, character: str, *, after: int = 0) -> list[StoredMessage]:
        """Return shown messages of all chats with the character whose id is above `after`, oldest first."""
        ...

    def forget_character(self, character: str) -> None:
        """Remove all cards, summaries and switches of a character for good."""
        ...

    def summary(self, chat: str) -> Summary | None: ...
    def keep_summary(self, summary: Summary) -> None: ...

    def switch(self, character: str, kind: Literal["lore", "passage"], key: str, *, off: bool) -> None:
        """Leave a lorebook entry (`book:entry`) or a passage out of prompts, or take it in again."""
        ...

    def switched_off(self, character: str, kind: Literal["lore", "passage"]) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether an engine can work here: `missing` says what would help."""

    available: bool
    label: str
    missing: str = ""
    details: dict[str, str] = field(default_factory=dict, hash=False)
