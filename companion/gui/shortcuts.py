"""Every keyboard way: one table from which the window makes its actions and the overview page its lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from companion.gui.inert import plain_label
from companion.gui.translation import tr

Group = Literal["talk", "messages", "chats", "window"]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`name` is bound by the window; one with `elsewhere` set is handled by the widget that has the focus."""

    name: str
    keys: str
    group: Group
    text: str
    elsewhere: bool = False
    menu: str = ""
    """How the menu calls it, if otherwise."""


def shortcuts(talk: str = "F8") -> tuple[Shortcut, ...]:
    """Return all keyboard ways in the window's language; `talk` is the key that is held to talk."""
    return (
        Shortcut("send", "Return", "talk", tr("Send"), True),
        Shortcut("newline", "Shift+Return", "talk", tr("New line"), True),
        Shortcut("stop", "Esc", "talk", tr("Stop her, or go back"), True),
        Shortcut("talk", talk, "talk", tr("Hold to talk"), True),
        Shortcut("talk_space", "Space", "talk", tr("Hold to talk, outside of text fields"), True),
        Shortcut("microphone", "Ctrl+M", "talk", tr("Microphone on or off")),
        Shortcut("quiet", "Ctrl+Shift+D", "talk", tr("Do not disturb on or off"), menu=tr("Do not disturb")),
        Shortcut("replay", "Ctrl+Shift+P", "messages", tr("Hear the last reply again")),
        Shortcut("regenerate", "Ctrl+R", "messages", tr("Say it differently")),
        Shortcut("continue", "Ctrl+Shift+Return", "messages", tr("Go on from here")),
        Shortcut("previous", "Alt+Left", "messages", tr("Previous version")),
        Shortcut("next", "Alt+Right", "messages", tr("Next version")),
        Shortcut("edit_last", "Ctrl+Up", "messages", tr("Edit your last message")),
        Shortcut("undo", "Ctrl+Z", "messages", tr("Take back the last change")),
        Shortcut("branch", "Ctrl+B", "messages", tr("New chat from here")),
        Shortcut("why", "Ctrl+I", "messages", tr("Why did she say that?")),
        Shortcut(
            "conversation", "Ctrl+L", "messages", tr("Go into the conversation; arrows walk through it")
        ),
        Shortcut("menu", "Return", "messages", tr("Everything that can be done with a message"), True),
        Shortcut("new_chat", "Ctrl+N", "chats", tr("New chat")),
        Shortcut("search", "Ctrl+F", "chats", tr("Search in chats")),
        Shortcut(
            "rename",
            "F2",
            "chats",
            tr("Rename the chat, or edit the focused message"),
            menu=tr("Rename the chat"),
        ),
        Shortcut("next_character", "Ctrl+Tab", "chats", tr("Next character")),
        Shortcut("previous_character", "Ctrl+Shift+Tab", "chats", tr("Previous character")),
        Shortcut("characters", "Ctrl+Shift+C", "window", tr("All characters")),
        Shortcut("memories", "Ctrl+Shift+R", "window", tr("What she remembers")),
        Shortcut("lore", "Ctrl+Shift+L", "window", tr("Her world"), menu=tr("Her world…")),
        Shortcut("books", "Ctrl+Shift+B", "window", tr("Lorebooks"), menu=tr("Lorebooks…")),
        Shortcut("sidebar", "Ctrl+\\", "window", tr("Show or hide names and chats")),
        Shortcut("stage", "Ctrl+E", "window", tr("Show or hide the stage")),
        Shortcut("compact", "Ctrl+Shift+M", "window", tr("Small window: only her and the line to write in")),
        Shortcut("settings", "Ctrl+,", "window", tr("Settings")),
        Shortcut("larger", "Ctrl+=", "window", tr("Larger text")),
        Shortcut("smaller", "Ctrl+-", "window", tr("Smaller text")),
        Shortcut("normal", "Ctrl+0", "window", tr("Text at its normal size")),
        Shortcut("keys", "F1", "window", tr("This overview"), menu=tr("Keyboard")),
        Shortcut("quit", "Ctrl+Q", "window", tr("Quit")),
    )


class ShortcutPage(QScrollArea):
    """All keyboard ways, in groups."""

    def __init__(self, talk: str = "F8", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(32, 16, 32, 32)
        titles: Final = {
            "talk": tr("Talking"),
            "messages": tr("Messages"),
            "chats": tr("Chats and characters"),
            "window": tr("Window"),
        }
        for group, title in titles.items():
            box.addSpacing(16)
            box.addWidget(plain_label(title, size="lead", strong=True))
            grid = QGridLayout()
            grid.setColumnMinimumWidth(0, 180)
            grid.setColumnStretch(1, 1)
            grid.setVerticalSpacing(8)
            for row, one in enumerate(one for one in shortcuts(talk) if one.group == group):
                grid.addWidget(plain_label(shown_keys(one.keys), tone="muted"), row, 0)
                grid.addWidget(plain_label(one.text, wrap=True), row, 1)
            box.addLayout(grid)
        box.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def shown_keys(keys: str) -> str:
    """Return keys as they stand on the keyboard."""
    shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) or keys
    return shown.replace("Return", tr("Enter")).replace("Space", tr("Space"))
