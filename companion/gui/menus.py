"""The window's menu, built each time it opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from companion.gui.files import Files
from companion.gui.translation import tr

if TYPE_CHECKING:
    from companion.settings import General

Change = Callable[[str, object], None]


def window_menu(
    parent: QWidget,
    actions: Mapping[str, QAction],
    files: Files,
    chat: str,
    delete: Callable[[str], None],
    show_deleted: Callable[[], None],
    general: General,
    change: Change,
) -> QMenu:
    """Return everything that can be done with the open chat and the window."""
    menu = QMenu(parent)
    menu.addAction(actions["new_chat"])
    if chat:
        menu.addAction(actions["rename"])
        menu.addAction(tr("Save the chat…")).triggered.connect(lambda: files.choose_export(chat))
        menu.addAction(tr("Delete the chat")).triggered.connect(lambda: delete(chat))
    menu.addAction(tr("Open a chat file…")).triggered.connect(files.choose_import)
    menu.addAction(tr("Deleted chats…")).triggered.connect(show_deleted)
    menu.addSeparator()
    menu.addAction(actions["quiet"])
    menu.addSeparator()
    for name in ("undo", "continue"):
        menu.addAction(actions[name])
    menu.addSeparator()
    for name in ("sidebar", "stage", "compact"):
        menu.addAction(actions[name])
    menu.addMenu(_look_menu(menu, general, change))
    menu.addSeparator()
    for name in ("memories", "lore", "books", "characters", "settings", "keys"):
        menu.addAction(actions[name])
    menu.aboutToHide.connect(menu.deleteLater)
    return menu


def _look_menu(parent: QMenu, general: General, change: Change) -> QMenu:
    """Return the choices of theme and language, which take effect at once."""
    menu = QMenu(tr("Appearance and language"), parent)
    for field, choices in (
        ("theme", (("system", tr("As the system has it")), ("light", tr("Light")), ("dark", tr("Dark")))),
        ("language", (("zh_CN", "简体中文"), ("en", "English"))),
    ):
        group = QActionGroup(menu)
        for value, text in choices:
            action = QAction(text, menu)
            action.setCheckable(True)
            action.setChecked(getattr(general, field) == value)
            action.triggered.connect(lambda _=False, f=field, v=value: change(f, v))
            group.addAction(action)
            menu.addAction(action)
        menu.addSeparator()
    return menu
