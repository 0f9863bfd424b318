"""Pages that open by name from menus and notices; a part of the window that has pages adds its own here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from companion.domain import commands as do
from companion.domain.character import PackReport
from companion.domain.messages import StoredMessage
from companion.gui.characters.editor import EditorPage
from companion.gui.characters.page import CharactersPage
from companion.gui.inert import plain_name
from companion.gui.memories.page import MemoriesPage
from companion.gui.preferences.page import PreferencesPage
from companion.gui.translation import tr
from companion.gui.welcome.page import Place, WelcomePage
from companion.gui.why.page import WhyPage

if TYPE_CHECKING:
    from companion.gui.window import MainWindow


def openers(window: MainWindow) -> dict[str, Callable[[], None]]:
    """Return what opens each page: settings, models, microphone, sound, characters, new_character, memories,
    welcome."""
    place = Place()
    return {
        "settings": lambda: open_settings(window, "general"),
        "models": lambda: open_settings(window, "mind"),
        "microphone": lambda: open_settings(window, "ears"),
        "sound": lambda: open_settings(window, "voice"),
        "characters": lambda: open_characters(window),
        "new_character": lambda: open_editor(window, None),
        "memories": lambda: open_memories(window),
        "welcome": lambda: open_welcome(window, place),
    }


def open_settings(window: MainWindow, part: str) -> None:
    """Show the settings at `part`; a settings page that is on top already only turns to it."""
    if isinstance(present := window.pages.content, PreferencesPage):
        present.open_part(part)
        return
    page = PreferencesPage(window.companion, window.look, window.tasks)
    page.applied.connect(window.apply_settings)
    page.welcome_wanted.connect(lambda: window.open_named("welcome"))
    page.sample_wanted.connect(lambda: window.panel.rows.act_on_current("replay"))
    page.open_part(part)
    window.open_page(page, tr("Settings"))


def open_characters(window: MainWindow) -> None:
    """Show all characters."""
    if isinstance(window.pages.content, CharactersPage):
        return
    present = window.director.character
    page = CharactersPage(
        window.companion,
        window.look,
        window.tasks,
        window.portraits,
        present=present.id if present is not None else "",
    )
    page.talk_wanted.connect(lambda report: _talk(window, report))
    page.edit_wanted.connect(lambda report: open_editor(window, report))
    page.new_wanted.connect(lambda: open_editor(window, None))
    page.add_wanted.connect(window.files.choose_characters)
    page.problems_wanted.connect(window.open_problems)
    window.bridge.arrived.connect(page.take)
    window.open_page(page, tr("Characters"))


def open_editor(window: MainWindow, report: PackReport | None) -> None:
    """Edit a character, or make a new one."""
    page = EditorPage(window.companion, window.look, window.tasks, report)
    page.left.connect(window.pages.back)
    page.saved.connect(lambda _: _saved(window))
    window.open_page(page, tr("Edit the character") if report is not None else tr("New character"))


def open_memories(window: MainWindow, *, edit: int = 0) -> None:
    """Show what the open character remembers; `edit` is a card to correct at once."""
    character = window.director.character
    if character is None:
        return
    if isinstance(present := window.pages.content, MemoriesPage):
        present.correct(edit)
        return
    page = MemoriesPage(window.companion, window.look, window.tasks, character, edit=edit)
    page.message_wanted.connect(lambda chat, message: _show_message(window, character.id, chat, message))
    window.bridge.arrived.connect(page.take)
    window.open_page(page, tr("What {name} remembers", name=plain_name(character.shown_name)))


def open_why(window: MainWindow, message: StoredMessage) -> None:
    """Show why the open character said `message`."""
    character = window.director.character
    if character is None:
        return
    page = WhyPage(window.companion, window.look, window.tasks, character, message)
    page.message_wanted.connect(lambda chat, id_: _show_message(window, character.id, chat, id_))
    page.memory_wanted.connect(lambda memory: open_memories(window, edit=memory))
    page.entry_wanted.connect(lambda key: _open_entry(window, character.id, key))
    window.open_page(page, tr("Why did she say that?"))


def _open_entry(window: MainWindow, character: str, key: str) -> None:
    def show(reports: Sequence[PackReport]) -> None:
        report = next((one for one in reports if one.id == character), None)
        if report is None:
            return
        open_editor(window, report)
        if isinstance(page := window.pages.content, EditorPage):
            page.show_entry(key.rpartition(":")[2])

    window.tasks.run(window.companion.characters, show)


def open_welcome(window: MainWindow, place: Place) -> None:
    """Show the first steps, where they were left."""
    page = WelcomePage(window.companion, window.look, window.tasks, window.portraits, place)
    page.applied.connect(window.apply_settings)
    page.finished.connect(lambda: _go_home(window))
    page.models_wanted.connect(lambda: window.open_named("models"))
    window.bridge.arrived.connect(page.take)
    window.open_page(page, tr("First steps"))


def _talk(window: MainWindow, report: PackReport) -> None:
    window.companion.post(do.OpenCharacter(report.id))
    _go_home(window)


def _show_message(window: MainWindow, character: str, chat: str, message: int) -> None:
    _go_home(window)
    if window.pages.is_home:
        window.director.open_message(character, chat, message)


def _saved(window: MainWindow) -> None:
    window.director.refresh()
    window.companion.post(do.Reload())


def _go_home(window: MainWindow) -> None:
    while window.pages.back():
        pass
    window.panel.composer.field.setFocus()
