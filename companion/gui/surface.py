"""What the window needs from the program: a protocol, so that it imports no engine and tests bring their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from companion.conversation.slots import Engines
    from companion.domain.character import PackReport
    from companion.domain.commands import Command
    from companion.domain.events import Event
    from companion.domain.memory import Recollected
    from companion.engines.catalog import Catalog
    from companion.engines.weights_folder import InstalledModel
    from companion.hardware import Hardware
    from companion.packs.editor import CharacterDraft
    from companion.paths import Paths
    from companion.settings import Settings
    from companion.storage.chat_log import SqliteChatLog


class Bus(Protocol):
    def subscribe(self, subscriber: Callable[[Event], None], /) -> Callable[[], None]:
        """Call `subscriber` on the publishing thread; return what removes it."""
        ...


class Surface(Protocol):
    """Callable from the GUI thread.

    `log`, `recollect_for_test`, `switch_lore`, `switch_passage`, `characters`, `default_character`,
    `install_character`, `save_character`, `models`, `devices` and `hardware` read or write files or ask the
    system: call them in a task. The rest returns at once.
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

    def start(self) -> None: ...
    def post(self, command: Command) -> None: ...
    def characters(self) -> list[PackReport]: ...
    def default_character(self) -> str: ...
    def install_character(self, source: Path) -> PackReport: ...
    def save_character(self, draft: CharacterDraft, /) -> PackReport: ...
    def models(self, role: str, /) -> list[InstalledModel]: ...
    def devices(self, direction: Literal["input", "output"], /) -> list[str]: ...
    def hardware(self) -> Hardware: ...
    def recollect_for_test(self, character: str, text: str, /) -> list[Recollected]:
        """Return what `character` would remember if the user said `text` now; nothing is kept."""
        ...

    def switch_lore(self, character: str, key: str, /, *, off: bool) -> None:
        """Leave a lorebook entry (`book:entry`) out of prompts, or take it in again."""
        ...

    def switch_passage(self, character: str, passage: str, /, *, off: bool) -> None:
        """Leave a passage out of prompts, or take it in again."""
        ...

    def save_settings(self) -> None: ...
