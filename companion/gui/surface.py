"""What the window needs from the program: a protocol, so that it imports no engine and tests bring their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from companion.conversation.slots import Engines
    from companion.domain.cancel import CancelToken
    from companion.domain.character import FieldFate, Lorebook, PackReport, Problem
    from companion.domain.commands import Command
    from companion.domain.events import Event
    from companion.domain.lore import Scan
    from companion.domain.memory import Recollected
    from companion.domain.passages import DocumentInfo, FoundPassage, Passage
    from companion.engines.catalog import Catalog
    from companion.engines.weights_folder import InstalledModel
    from companion.hardware import Hardware
    from companion.packs.editor import CharacterDraft
    from companion.packs.export import ExportReport
    from companion.paths import Paths
    from companion.ports import EchoTest
    from companion.settings import Settings
    from companion.storage.chat_log import SqliteChatLog


class Bus(Protocol):
    def subscribe(self, subscriber: Callable[[Event], None], /) -> Callable[[], None]:
        """Call `subscriber` on the publishing thread; return what removes it."""
        ...


class Lore(Protocol):
    """The documents of each character; every method reads or writes files and raises CompanionError."""

    def documents(self, character: str, /) -> Sequence[DocumentInfo]: ...
    def add(self, character: str, file: Path, /) -> DocumentInfo: ...
    def remove(self, character: str, document: str, /) -> None: ...
    def passages(self, character: str, /) -> Sequence[Passage]:
        """Return all passages of a character in the order of the story, also before an index is built."""
        ...

    def build(
        self, character: str, /, *, cancel: CancelToken, progress: Callable[[int, int], None]
    ) -> object:
        """Make the index; `progress` gets done and total passages on the calling thread. Raises Cancelled."""
        ...

    def search(
        self, character: str, query: str, /, *, limit: int, until: int | None = None
    ) -> Sequence[FoundPassage]: ...
    def source(self, character: str, document: str, /) -> str: ...
    def now(self, character: str, /) -> int | None:
        """Return the last `order` that the story has come to; None if it may all be told."""
        ...

    def set_now(self, character: str, order: int | None, /) -> None: ...


class BookInfo(Protocol):
    """A lorebook of the user's folder; `error` tells why it cannot be used, else it is empty."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def n_entries(self) -> int: ...
    @property
    def error(self) -> str: ...
    @property
    def problems(self) -> tuple[Problem, ...]: ...
    @property
    def fields(self) -> tuple[FieldFate, ...]: ...


class Books(Protocol):
    """The user's lorebooks; every method reads or writes files and raises CompanionError."""

    def books(self) -> Sequence[BookInfo]: ...
    def load(self, book: str, /) -> Lorebook: ...
    def install(self, source: Path, /) -> BookInfo: ...
    def export(
        self, book: str, target: Path, /, *, form: Literal["lorebook_v3", "world_info"] = "lorebook_v3"
    ) -> None: ...
    def attach(self, book: str, character: str, /, *, chat: str = "", on: bool) -> None: ...
    def attached(self, character: str, chat: str = "", /) -> Sequence[Lorebook]: ...
    def remove(self, book: str, /) -> None: ...
    def save(self, book: str, content: Lorebook, /) -> BookInfo:
        """Write what the editor changed; an empty `book` makes a new one, named after `content.name`."""
        ...


class Surface(Protocol):
    """Callable from the GUI thread.

    `lore`, `books`, `try_lore`, `export_character`, `remove_character`, `purge_chat`, `log`, `recollect_for_test`,
    `switch_lore`, `switch_passage`, `characters`, `default_character`, `install_character`, `present_character`,
    `replace_character`, `save_character`, `models`, `devices` and `hardware` read or write files or ask the system:
    call them in a task.
    The rest returns at once.
    `save_settings`, `install_character` and `save_character` raise CompanionError.
    """

    @property
    def paths(self) -> Paths: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def log(self) -> SqliteChatLog: ...
    @property
    def bus(self) -> Bus: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def engines(self) -> Engines: ...
    @property
    def lore(self) -> Lore: ...
    @property
    def books(self) -> Books: ...

    def start(self) -> None: ...
    def post(self, command: Command) -> None: ...
    def characters(self) -> list[PackReport]: ...
    def default_character(self) -> str: ...
    def install_character(self, source: Path) -> PackReport: ...
    def present_character(self, source: Path) -> str | None:
        """Return the id of the user's character that has the name which `source` would get."""
        ...

    def replace_character(self, old: str, new: str) -> PackReport:
        """Let `new` stand in for `old`, whose chats it takes over. Raises CompanionError."""
        ...

    def save_character(self, draft: CharacterDraft, /) -> PackReport: ...
    def remove_character(self, id_: str, /) -> None:
        """Delete a pack and what was derived from it; its chats stay. Raises CompanionError."""
        ...

    def purge_chat(self, chat: str, /) -> list[Path]:
        """Remove a deleted chat for good; return the backups that still hold it. Raises CompanionError."""
        ...

    def export_character(self, id_: str, target: Path, /, *, with_lore: bool) -> ExportReport:
        """Write a character as .charx, .png or .json. Raises CompanionError."""
        ...

    def try_lore(self, character: str, books: Sequence[Lorebook], text: str, /) -> Scan:
        """Scan `text` as the newest message of a chat of `character` with `books`; nothing is kept."""
        ...

    def models(self, role: str, /) -> list[InstalledModel]: ...
    def devices(self, direction: Literal["input", "output"], /) -> list[str]: ...
    def hardware(self) -> Hardware: ...
    def test_echo(self) -> EchoTest:
        """Play two seconds of sound and tell how it came back; blocks for some 4 s. Raises CompanionError."""
        ...

    def recollect_for_test(self, character: str, text: str, /) -> list[Recollected]:
        """Return what `character` would remember if the user said `text` now; nothing is kept."""
        ...

    def switch_lore(self, character: str, key: str, /, *, off: bool) -> None:
        """Leave a lorebook entry (`book:entry`) out of prompts, or take it in again."""
        ...

    def switch_passage(self, character: str, passage: str, /, *, off: bool) -> None:
        """Leave a passage out of prompts, or take it in again."""
        ...

    def keep_quiet(self, on: bool, /) -> None:
        """Neither speak nor listen while `on`; the settings stay as they are."""
        ...

    def save_settings(self) -> None: ...
