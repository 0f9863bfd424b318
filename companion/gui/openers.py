"""Pages that open by name from menus and notices; a part of the window that has pages adds its own here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from companion.domain import commands as do
from companion.domain.character import Character, Lorebook, PackReport
from companion.domain.messages import ChatInfo, StoredMessage
from companion.gui.characters.editor import EditorPage
from companion.gui.characters.page import CharactersPage
from companion.gui.imports.intake import Taken
from companion.gui.imports.page import ImportPage
from companion.gui.inert import plain_name
from companion.gui.lore.book_page import BookPage
from companion.gui.lore.books_page import BooksPage
from companion.gui.lore.chapters import Chapter, chapters_of
from companion.gui.lore.export_page import ExportPage
from companion.gui.lore.page import LorePage
from companion.gui.lore.reader import ReaderPage
from companion.gui.memories.page import MemoriesPage
from companion.gui.preferences.page import PreferencesPage
from companion.gui.translation import tr
from companion.gui.voices.page import VoicePage
from companion.gui.voices.process import TrainingProcess, home_arguments
from companion.gui.welcome.page import Place, WelcomePage
from companion.gui.why.page import WhyPage

if TYPE_CHECKING:
    from companion.gui.window import MainWindow

_TRIED_MESSAGES: Final = 6


def openers(window: MainWindow) -> dict[str, Callable[[], None]]:
    """Return what opens each page: settings, models, microphone, sound, characters, new_character, memories, lore,
    books, voices, welcome."""
    place = Place()
    return {
        "settings": lambda: open_settings(window, "general"),
        "models": lambda: open_settings(window, "mind"),
        "microphone": lambda: open_settings(window, "ears"),
        "sound": lambda: open_settings(window, "voice"),
        "characters": lambda: open_characters(window),
        "new_character": lambda: open_editor(window, None),
        "memories": lambda: open_memories(window),
        "lore": lambda: open_lore(window),
        "books": lambda: open_books(window),
        "voices": lambda: open_voice(window),
        "welcome": lambda: open_welcome(window, place),
    }


def open_settings(window: MainWindow, part: str) -> None:
    """Show the settings at `part`; a settings page that is on top already only turns to it."""
    if isinstance(present := window.pages.content, PreferencesPage):
        present.open_part(part)
        return
    page = PreferencesPage(window.companion, window.look, window.tasks)
    page.applied.connect(window.apply_settings)
    window.background.quiet_changed.connect(page.refresh)
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
    page.lore_wanted.connect(lambda report: open_lore(window, report.character))
    page.books_wanted.connect(lambda report: open_books(window, report.character))
    page.voice_wanted.connect(lambda report: open_voice(window, report.character))
    page.export_wanted.connect(lambda report: open_export(window, report.character))
    window.bridge.arrived.connect(page.take)
    window.open_page(page, tr("Characters"))


def open_editor(window: MainWindow, report: PackReport | None, *, entry: str = "") -> None:
    """Edit a character, or make a new one; `entry` is the id of a lorebook entry of hers to go to."""
    page = EditorPage(window.companion, window.look, window.tasks, report, chat=lambda: _open_chat(window))
    page.left.connect(window.pages.back)
    page.saved.connect(lambda _: _saved(window))
    character = report.character if report is not None else None
    page.books_wanted.connect(lambda: open_books(window, character))
    page.entry_wanted.connect(lambda book, id_: open_book(window, book, entry=id_))
    window.pages.page_changed.connect(page.lore.refresh_books)
    window.open_page(page, tr("Edit the character") if report is not None else tr("New character"))
    if entry:
        page.show_entry(entry)


def open_lore(
    window: MainWindow,
    character: Character | None = None,
    *,
    files: Sequence[str] = (),
    document: str = "",
    start: int = 0,
    end: int = 0,
) -> None:
    """Show the documents of a character, by default the open one; `files` are added, or `document` is opened."""
    character = character or window.director.character
    if character is None:
        return
    if document:
        _open_document(window, character.id, document, start, end)
        return
    if isinstance(present := window.pages.content, LorePage):
        present.add_files(files)
        return
    page = LorePage(window.companion, window.look, window.tasks, character)
    page.source_wanted.connect(lambda *place: _open_source(window, character.id, *place))
    page.books_wanted.connect(lambda: open_books(window, character))
    window.bridge.arrived.connect(page.take)
    window.open_page(page, tr("The world of {name}", name=plain_name(character.shown_name, 30)))
    if files:
        page.add_files(files)


def open_books(window: MainWindow, character: Character | None = None) -> None:
    """Show the lorebooks, and which of them a character uses, by default the open one."""
    character = character or window.director.character
    if isinstance(window.pages.content, BooksPage):
        return
    page = BooksPage(window.companion, window.look, window.tasks, character)
    id_ = character.id if character is not None else ""
    page.edit_wanted.connect(lambda book: open_book(window, book, character=id_))
    page.own_wanted.connect(lambda: _open_entry(window, id_, ":"))
    page.changed.connect(lambda: window.companion.post(do.Reload()))
    window.open_page(page, tr("Lorebooks"))


def open_book(window: MainWindow, book: str, *, character: str = "", entry: str = "") -> None:
    """Edit a lorebook, at `entry` if given; without an id a new one, which `character` then uses."""

    def show(loaded: Lorebook) -> None:
        page = BookPage(
            window.companion,
            window.look,
            window.tasks,
            loaded,
            character=character,
            entry=entry,
            chat=lambda: _open_chat(window),
        )
        page.left.connect(window.pages.back)
        page.saved.connect(lambda _: window.companion.post(do.Reload()))
        if isinstance(below := window.pages.content, BooksPage):
            page.saved.connect(below.refresh)
        window.open_page(page, tr("Edit the lorebook") if book else tr("New lorebook"))

    if book:
        window.tasks.run(lambda: window.companion.books.load(book), show)
    else:
        show(Lorebook())


def open_voice(window: MainWindow, character: Character | None = None) -> None:
    """Make a character's voice from recordings, by default the open one's."""
    character = character or window.director.character
    if character is None or isinstance(window.pages.content, VoicePage):
        return
    process = window.findChild(TrainingProcess)
    if process is None:
        # One for the window: a training goes on while other pages are shown.
        process = TrainingProcess(home_arguments(window.companion.paths), window)
        window.left.connect(process.close)
    page = VoicePage(window.companion, window.look, window.tasks, character, process)
    page.left.connect(window.pages.back)
    window.open_page(page, tr("A voice for {name}", name=plain_name(character.shown_name, 30)))


def open_export(window: MainWindow, character: Character | None = None) -> None:
    """Save a character to a file, by default the open one."""
    character = character or window.director.character
    if character is not None:
        page = ExportPage(window.companion, window.tasks, character)
        name = plain_name(character.shown_name, 30)
        window.open_page(page, tr("Save {name} to a file", name=name))


def open_taken(window: MainWindow, taken: Sequence[Taken]) -> None:
    """Show what became of files that were taken in."""
    names = {**window.director.names}
    for one in taken:
        if one.report is not None and one.report.character is not None:
            names[one.report.id] = one.report.character.shown_name
    present = window.director.character
    page = ImportPage(
        window.companion,
        window.look,
        window.tasks,
        taken,
        names=[(id_, plain_name(name, 30)) for id_, name in names.items()],
        present=present.id if present is not None else "",
    )
    page.talk_wanted.connect(lambda report: _talk(window, report))
    page.edit_wanted.connect(lambda report: open_editor(window, report))
    page.book_wanted.connect(lambda book: open_book(window, book))
    page.lore_wanted.connect(lambda: open_lore(window))
    page.chat_wanted.connect(lambda chat: _open_taken_chat(window, chat))
    page.replaced.connect(lambda report: _saved(window))
    window.open_page(page, tr("What was taken in"))


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
    page.source_wanted.connect(
        lambda document, start, end: open_lore(window, character, document=document, start=start, end=end)
    )
    window.open_page(page, tr("Why did she say that?"))


def _open_entry(window: MainWindow, character: str, key: str) -> None:
    """Edit the entry `book:entry`; the book of her card has no id."""
    book, _, entry = key.rpartition(":")
    if book:
        open_book(window, book, character=character, entry=entry)
        return

    def show(reports: Sequence[PackReport]) -> None:
        report = next((one for one in reports if one.id == character), None)
        if report is not None:
            open_editor(window, report)
            if isinstance(page := window.pages.content, EditorPage):
                page.show_entry(entry)

    window.tasks.run(window.companion.characters, show)


def _open_document(window: MainWindow, character: str, document: str, start: int, end: int) -> None:
    lore = window.companion.lore

    def show(chapters: tuple[Chapter, ...]) -> None:
        mine = tuple(one for one in chapters if one.document == document)
        _open_source(window, character, document, start, end, mine)

    window.tasks.run(lambda: chapters_of(lore.passages(character)), show)


def _open_source(
    window: MainWindow, character: str, document: str, start: int, end: int, chapters: Sequence[Chapter]
) -> None:
    lore = window.companion.lore

    def show(text: str) -> None:
        page = ReaderPage(window.look, text, start=start, end=end, chapters=chapters)
        title = plain_name(chapters[0].book, 40) if chapters else tr("Whole text")
        window.open_page(page, title)

    window.tasks.run(lambda: lore.source(character, document), show)


def _open_chat(window: MainWindow) -> str:
    """Return the last messages of the open chat, as text to try lorebooks with."""
    model = window.panel.model
    entries = [model.entry(row) for row in range(model.rowCount())]
    return "\n".join([one.text for one in entries if one.message is not None][-_TRIED_MESSAGES:])


def _open_taken_chat(window: MainWindow, chat: ChatInfo) -> None:
    window.companion.post(do.OpenCharacter(chat.character, chat.chat))
    _go_home(window)


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
