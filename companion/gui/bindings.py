"""What each keyboard way of the window does, by its name in shortcuts.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from companion.domain import commands as do

if TYPE_CHECKING:
    from companion.gui.window import MainWindow


def bindings(window: MainWindow) -> dict[str, Callable[[], object]]:
    """Return what is called for each name that is not handled elsewhere."""
    return {
        "microphone": lambda: _toggle_microphone(window),
        "quiet": lambda: window.background.switch_quiet(not window.background.quiet.is_on),
        "replay": lambda: window.panel.rows.act_on_current("replay"),
        "regenerate": lambda: window.panel.rows.act_on_current("regenerate"),
        "continue": lambda: window.companion.post(do.Continue()),
        "previous": lambda: window.panel.rows.act_on_current("previous"),
        "next": lambda: window.panel.rows.act_on_current("next"),
        "edit_last": window.panel.rows.edit_last,
        "undo": lambda: window.companion.post(do.Undo()),
        "branch": lambda: window.panel.rows.act_on_current("branch"),
        "why": lambda: window.panel.rows.act_on_current("why"),
        "conversation": window.panel.enter,
        "new_chat": window.director.new_chat,
        "search": window.director.search,
        "rename": lambda: _rename(window),
        "next_character": lambda: window.home.sidebar.characters.step(1),
        "previous_character": lambda: window.home.sidebar.characters.step(-1),
        "sidebar": lambda: window.home.sidebar.set_open(not window.home.sidebar.is_open),
        "stage": window.toggle_stage,
        "compact": window.toggle_compact,
        "memories": lambda: window.open_named("memories"),
        "lore": lambda: window.open_named("lore"),
        "books": lambda: window.open_named("books"),
        "characters": lambda: window.open_named("characters"),
        "settings": lambda: window.open_named("settings"),
        "larger": lambda: window.zoom(10),
        "smaller": lambda: window.zoom(-10),
        "normal": lambda: window.zoom(0),
        "keys": lambda: window.open_named("keys"),
        "quit": window.quit,
    }


def _toggle_microphone(window: MainWindow) -> None:
    microphone = window.panel.composer.microphone
    if microphone.is_quiet:
        microphone.quiet_chosen.emit(False)
        return
    microphone.mode_chosen.emit("off" if microphone.mode != "off" else microphone.wanted)


def _rename(window: MainWindow) -> None:
    index = window.panel.view.currentIndex()
    if window.panel.view.hasFocus() and index.isValid():
        window.panel.rows.act_on_current("edit")
    else:
        window.home.sidebar.set_open(True)
        window.home.sidebar.chats.rename_current()
