"""What can be done with a message: which actions, in which order, with which words and keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from companion.gui.chat.entries import Entry
from companion.gui.translation import tr

ActionName = Literal[
    "replay",
    "stop",
    "regenerate",
    "continue",
    "edit",
    "branch",
    "why",
    "copy",
    "select",
    "delete",
    "previous",
    "next",
]


@dataclass(frozen=True, slots=True)
class Action:
    """`primary` ones stand in the bar beside a bubble, all stand in the menu."""

    name: ActionName
    icon: str
    text: str
    keys: str = ""
    primary: bool = False


def actions_for(entry: Entry, *, is_last_reply: bool, can_speak: bool, can_regenerate: bool) -> list[Action]:
    """Return the actions of a row, most used first."""
    if entry.message is None:
        return [Action("copy", "copy", tr("Copy"), "Ctrl+C", primary=True)] if entry.text else []
    if entry.streaming:
        return [
            Action("stop", "stop", tr("Stop"), "Esc", primary=True),
            Action("copy", "copy", tr("Copy"), "Ctrl+C"),
        ]
    found: list[Action] = []
    if not entry.mine:
        if can_speak:
            found.append(Action("replay", "replay", tr("Hear again"), "Ctrl+Shift+P", primary=True))
        if can_regenerate:
            found.append(Action("regenerate", "regenerate", tr("Say it differently"), "Ctrl+R", primary=True))
        if is_last_reply and can_regenerate:
            found.append(Action("continue", "continue", tr("Go on from here"), "Ctrl+Shift+Return"))
        found.append(Action("why", "why", tr("Why did she say that?"), "Ctrl+I", primary=True))
    found.append(Action("copy", "copy", tr("Copy"), "Ctrl+C", primary=True))
    found.append(Action("edit", "edit", tr("Edit"), "F2", primary=entry.mine))
    found.append(Action("select", "select", tr("Select text")))
    found.append(Action("branch", "branch", tr("New chat from here"), "Ctrl+B"))
    if entry.message.n_variants > 1:
        found.append(Action("previous", "left", tr("Previous version"), "Alt+Left"))
        found.append(Action("next", "right", tr("Next version"), "Alt+Right"))
    found.append(Action("delete", "delete", tr("Delete from here"), "Delete"))
    return found
