"""What the window needs from the program: a protocol, so that it imports no engine and tests bring their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from companion.domain.character import PackReport
from companion.domain.commands import Command
from companion.domain.events import Event
from companion.paths import Paths
from companion.ports import ChatLog
from companion.settings import Settings


class Bus(Protocol):
    def subscribe(self, subscriber: Callable[[Event], None], /) -> Callable[[], None]:
        """Call `subscriber` on the publishing thread; return what removes it."""
        ...


class Surface(Protocol):
    """Callable from the GUI thread; everything returns at once, except reads of `log`, which belong in a task."""

    @property
    def paths(self) -> Paths: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def log(self) -> ChatLog: ...
    @property
    def bus(self) -> Bus: ...

    def start(self) -> None: ...
    def post(self, command: Command) -> None: ...
    def characters(self) -> list[PackReport]: ...
    def save_settings(self) -> None: ...
    def close(self) -> None: ...
