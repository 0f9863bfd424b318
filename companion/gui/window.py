"""The main window: its parts, keys, pages, drops, and where it stood last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QPoint, QSettings, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
)
from PySide6.QtWidgets import QMainWindow, QSystemTrayIcon, QWidget

from companion.domain import commands as do
from companion.domain.character import PackReport
from companion.domain.messages import ChatInfo, SearchHit
from companion.gui.background import Background
from companion.gui.bindings import bindings
from companion.gui.bridge import EventBridge
from companion.gui.chat.panel import ChatPanel
from companion.gui.director import Director
from companion.gui.files import Files, files_in
from companion.gui.home import Home
from companion.gui.inert import InertBrowser
from companion.gui.memories.notice import RememberedNotice, RememberedWatch
from companion.gui.menus import window_menu
from companion.gui.openers import open_lore, open_memories, open_taken, open_why, openers
from companion.gui.pages import PageStack
from companion.gui.portraits import Portraits
from companion.gui.problems import ProblemsPage
from companion.gui.search.panel import SearchPanel
from companion.gui.shortcuts import ShortcutPage, shortcuts, shown_keys
from companion.gui.sidebar.deleted import DeletedChats
from companion.gui.sidebar.panel import Sidebar
from companion.gui.stage_slot import make_stage
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, apply_language, chosen_language, tr

_NAME: Final = "Companion"
_LEAST: Final = (720, 520)
_COMPACT_LEAST: Final = (280, 360)
_COMPACT: Final = (340, 560)


class MainWindow(QMainWindow):
    """`open_page` shows any widget with a way back; `open_named` a page that is known by name, see openers.py.

    `left` tells that the window was closed for good; one that stays in the tray is only hidden.
    """

    left = Signal()

    def __init__(
        self,
        companion: Surface,
        look: Look,
        *,
        has_tray: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable,
    ) -> None:
        super().__init__()
        self.companion, self.look = companion, look
        self.tasks = Tasks(self)
        self.portraits = Portraits(look, self.tasks, self)
        self.bridge = EventBridge(companion.bus, self)
        self.panel = ChatPanel(look, companion.post)
        self.stage_part, self.stage = make_stage(self.tasks)
        self.home = Home(
            look,
            Sidebar(look, self.portraits),
            self.panel,
            SearchPanel(look, self.tasks, self._search),
            self.stage_part,
        )
        self.pages = PageStack(look, self.home, self)
        self.director = Director(companion, self.home, self.stage, look, self.tasks, self.portraits)
        self.background = Background(self, companion, self.director.attention, has_tray=has_tray)
        self.files = Files(companion, self.director, self.panel, self.tasks, self)
        self.remembered = RememberedWatch(companion, self.tasks, RememberedNotice(look, self.panel.view))
        self._actions: dict[str, QAction] = {}
        self._openers: dict[str, Callable[[], None]] = {}
        self._place = QSettings(str(companion.paths.config / "window.ini"), QSettings.Format.IniFormat)
        self._name = ""
        self._closed = self._forced = self._quits = False
        self._whole = QByteArray()
        self.setCentralWidget(self.pages)
        self.setMinimumSize(QSize(*_LEAST))
        self.setAcceptDrops(True)
        self._bind()
        self._connect()
        self._openers = {"keys": self.open_shortcuts, **openers(self)}
        self._restore_place()
        self._write_title()

    # ---- for pages and for the program

    def begin(self) -> None:
        """Take up the settings, listen to events, start the program."""
        self.apply_settings()
        self.background.begin()
        self.director.refresh()
        self.companion.start()
        self.director.open_first()
        self.panel.composer.field.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.companion.settings.general.first_run_done:
            self.open_named("welcome")

    def open_page(self, widget: QWidget, title: str) -> None:
        """Show `widget` as a page with a back button; it is deleted when the user leaves it."""
        self.pages.open_page(widget, title)

    def open_named(self, name: str) -> None:
        """Open a page by name, see openers.py, or `keys`; unknown names do nothing."""
        if (opener := self._openers.get(name) or self._openers.get("settings")) is not None:
            opener()

    def apply_settings(self) -> None:
        """Show language, theme, zoom and motion as the settings say."""
        general = self.companion.settings.general
        self.look.set(choice=general.theme, zoom=general.zoom, reduced_motion=general.reduced_motion)
        self._move_stage()
        self.stage.set_subtitles_visible(self.companion.settings.voice.subtitles)
        application = QGuiApplication.instance()
        if application is not None:
            apply_language(application, chosen_language(general.language))
        self.panel.composer.microphone.set_key(shown_keys(self.companion.settings.ears.talk_key))
        self.background.take_up()
        self.director.show_quiet(self.background.quiet.is_on)

    def quit(self) -> None:
        """End the program; pages that hold something unsaved are asked first."""
        if not self.pages.is_home:
            self.background.show_up()
        self._quits = True
        self.close()
        self._quits = False

    def end_with_session(self) -> None:
        """Do not stay when the user logs out: the next request to close is meant."""
        self._quits = True

    def toggle_compact(self) -> None:
        """Show only stage and line, above other windows, or the whole window again."""
        on = not self.home.is_compact
        if on and not self._leave_pages():
            return
        if on:
            self._whole = self.saveGeometry()
        self.home.set_compact(on)
        self.setMinimumSize(QSize(*(_COMPACT_LEAST if on else _LEAST)))
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint, on)
        if on:
            self.resize(*_COMPACT)
        else:
            self.restoreGeometry(self._whole)
        self.show()

    def close_now(self) -> None:
        """Close without asking pages whether they can be left."""
        self._forced = True
        self.close()

    def open_shortcuts(self) -> None:
        self.open_page(ShortcutPage(self.companion.settings.ears.talk_key), tr("Keyboard"))

    def open_text(self, text: str) -> None:
        """Show a long text on a page of its own."""
        view = InertBrowser(text)
        view.setAccessibleName(tr("Whole text"))
        self.open_page(view, tr("Whole text"))

    def open_deleted(self) -> None:
        """Show the deleted chats of the open character."""
        self.ask_to_purge("")

    def ask_to_purge(self, chat: str) -> None:
        """Show the deleted chats of the open character, with the question whether `chat` shall go for good."""
        character, log = self.director.character, self.companion.log
        if character is not None:
            self.tasks.run(
                lambda: log.deleted_chats(character.id), lambda chats: self._show_deleted(chats, chat)
            )

    def _show_deleted(self, chats: Sequence[ChatInfo], asking: str) -> None:
        page = DeletedChats(chats, self.tasks, self.companion.purge_chat, asking=asking)
        page.restored.connect(lambda chat: self.companion.post(do.RestoreChat(chat)))
        self.open_page(page, tr("Deleted chats"))

    def open_problems(self, report: PackReport) -> None:
        """Show what is wrong with a pack."""
        self.open_page(ProblemsPage(report), tr("What is wrong with it"))

    # ---- set-up

    def _connect(self) -> None:
        side, header = self.home.sidebar, self.panel.header
        self.bridge.arrived.connect(self.director.take)
        self.director.named.connect(self._set_name)
        self.director.problems_wanted.connect(self.open_problems)
        self.director.purge_asked.connect(self.ask_to_purge)
        self.panel.help_wanted.connect(self.open_named)
        self.panel.read_wanted.connect(self.open_text)
        self.bridge.arrived.connect(self.remembered.take)
        self.remembered.failed.connect(self.tasks.failed)
        self.remembered.notice.edit_wanted.connect(lambda memory: open_memories(self, edit=memory))
        self.panel.rows.why_wanted.connect(lambda message: open_why(self, message))
        side.settings_wanted.connect(lambda: self.open_named("settings"))
        side.add_wanted.connect(self.files.choose_characters)
        side.search_wanted.connect(self.director.search)
        side.chats.export_wanted.connect(self.files.choose_export)
        self.files.taken.connect(lambda taken: open_taken(self, taken))
        self.files.documents_wanted.connect(lambda files: open_lore(self, files=files))
        header.memories.clicked.connect(lambda: self.open_named("memories"))
        header.search.clicked.connect(lambda: self.director.search())
        header.new_chat.clicked.connect(self.director.new_chat)
        header.stage.clicked.connect(self.toggle_stage)
        self.home.compact_left.connect(self.toggle_compact)
        header.more.clicked.connect(self._open_menu)
        self._connect_background()
        self.tasks.failed.connect(lambda error: self._show_error(error.what, error.hint, error.code))
        Texts(self).also(self._on_language)

    def _connect_background(self) -> None:
        background, microphone = self.background, self.panel.composer.microphone
        background.held.connect(microphone.hold)
        background.said.connect(self.panel.say_calmly)
        background.listened.connect(self.director.listen)
        background.quiet_changed.connect(self.director.show_quiet)
        self._actions["quiet"].setCheckable(True)
        background.quiet_changed.connect(self._actions["quiet"].setChecked)
        background.quiet.switched.connect(self.director.save_settings)
        background.settings_wanted.connect(lambda: self.open_named("settings"))
        background.tray.quit_wanted.connect(self.quit)
        self.director.quiet_chosen.connect(background.switch_quiet)
        microphone.mode_chosen.connect(background.end_quiet_for)

    def _move_stage(self) -> None:
        """Let the stage live only where it can be seen; a hidden one rests by itself."""
        still = self.companion.settings.general.reduced_motion or self.isMinimized()
        self.stage.set_reduced_motion(still)

    def _bind(self) -> None:
        bound = bindings(self)
        for shortcut in shortcuts():
            if shortcut.elsewhere:
                continue
            action = QAction(shortcut.menu or shortcut.text, self)
            action.setShortcut(shortcut.keys)
            action.triggered.connect(lambda _=False, call=bound[shortcut.name]: call())
            self.addAction(action)
            self._actions[shortcut.name] = action

    def _open_menu(self) -> None:
        menu = window_menu(
            self,
            self._actions,
            self.files,
            self.panel.chat,
            self.director.delete_chat,
            self.open_deleted,
            self.companion.settings.general,
            self._set_general,
        )
        button = self.panel.header.more
        menu.popup(button.mapToGlobal(QPoint(button.width() - menu.sizeHint().width(), button.height())))

    # ---- small things

    def _set_general(self, field: str, value: object) -> None:
        setattr(self.companion.settings.general, field, value)
        self.director.save_settings()
        self.apply_settings()

    def zoom(self, by: int) -> None:
        """Make all texts larger or smaller by so many percent; 0 is their normal size."""
        zoom = 100 if by == 0 else min(200, max(80, self.look.zoom + by))
        self._set_general("zoom", zoom)

    def _search(self, text: str, character: str | None) -> list[SearchHit]:
        return self.companion.log.search(text, character=character)

    def toggle_stage(self) -> None:
        """Unfold or fold the stage."""
        self.home.show_stage(not self.home.stage_shown)

    def _show_error(self, what: str, hint: str, code: str) -> None:
        self.panel.show_notice(what, hint, code)

    def _set_name(self, name: str) -> None:
        self._name = name
        self._write_title()

    def _write_title(self) -> None:
        self.setWindowTitle(f"{self._name} — {_NAME}" if self._name else _NAME)

    def _on_language(self) -> None:
        words = {one.name: one.menu or one.text for one in shortcuts()}
        for name, action in self._actions.items():
            action.setText(words[name])
        self.panel.view.relayout()

    # ---- events of Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.pages.is_home:
            if not event.isAutoRepeat():
                self.panel.composer.microphone.hold(True)
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.panel.composer.microphone.hold(False)
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            # The release of the key goes to another window.
            self.background.window_left()
            if not self.background.is_held:
                self.panel.composer.microphone.hold(False)
        elif event.type() == QEvent.Type.WindowStateChange:
            self._move_stage()
        super().changeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_in(event):
            event.acceptProposedAction()
            self.panel.banner.say("drop", tr("Let go to take it in."), tone="info")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.panel.banner.clear("drop")

    def dropEvent(self, event: QDropEvent) -> None:
        self.panel.banner.clear("drop")
        if paths := files_in(event):
            event.acceptProposedAction()
            self.files.take(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not (self._forced or self._quits) and self.background.stays():
            event.ignore()
            return
        if not self._forced and not self._leave_pages():
            event.ignore()
            return
        if not self._closed:
            self._closed = True
            whole = self._whole if self.home.is_compact else self.saveGeometry()
            self._place.setValue("geometry", whole)
            self.home.save(self._place)
            self._place.sync()
            self.background.close()
            self.bridge.close()
            self.stage.close_tasks()
            self.tasks.close()
            self.left.emit()
        super().closeEvent(event)

    def _leave_pages(self) -> bool:
        while not self.pages.is_home:
            if not self.pages.back():
                return False
        return True

    def _escape(self) -> None:
        if self.pages.back():
            return
        if self.home.is_searching:
            self.home.show_search(on=False)
        else:
            self.companion.post(do.Interrupt())

    def _restore_place(self) -> None:
        self.resize(1120, 720)
        geometry = self._place.value("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self.home.restore(self._place)
