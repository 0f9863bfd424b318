"""Pages that open by name from menus and notices; a part of the window that has pages adds its own here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from companion.gui.window import MainWindow


def openers(window: MainWindow) -> dict[str, Callable[[], None]]:
    """Return what opens each page: settings, models, microphone, characters."""
    return {"characters": lambda: window.home.sidebar.set_open(True)}
