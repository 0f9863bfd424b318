"""The settings page, made from the settings model; a change is taken up at once and kept a moment later."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QSystemTrayIcon, QVBoxLayout, QWidget

from companion.errors import CompanionError
from companion.gui.banner import Banner
from companion.gui.controls.language import shows_chinese
from companion.gui.controls.sections import Sections
from companion.gui.global_key.key import why_not
from companion.gui.notices import notice_text
from companion.gui.preferences.about import AboutPart
from companion.gui.preferences.action_row import ActionRow
from companion.gui.preferences.echo_row import EchoRow
from companion.gui.preferences.fields import SettingSection, setting_sections
from companion.gui.preferences.folders import FoldersPart
from companion.gui.preferences.section import SectionCard
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import tr

SAVE_MS: Final = 400
_NOTICE: Final = "save"


class PreferencesPage(QWidget):
    """`applied` tells that settings of the window changed; the other signals ask for what their names say."""

    applied = Signal()
    welcome_wanted = Signal()
    sample_wanted = Signal()

    def __init__(self, companion: Surface, look: Look, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._companion, self._look, self._tasks = companion, look, tasks
        self._banner = Banner(look)
        self._banner.chosen.connect(lambda _: self.save())
        self.parts = Sections(look)
        self.cards: dict[str, SectionCard] = {}
        self._save = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._save.timeout.connect(self.save)
        for section in setting_sections():
            self._add(section)
        self.parts.add("folders", lambda: tr("Folders"), FoldersPart(companion.paths))
        self.parts.add("about", lambda: tr("About"), AboutPart(companion, tasks))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._banner)
        box.addWidget(self.parts, 1)
        self.setFocusProxy(self.parts)
        look.changed.connect(self.refresh)

    def open_part(self, key: str) -> None:
        """Show the part `key`: a section of the settings, `folders` or `about`."""
        self.parts.show_part(key)

    def refresh(self) -> None:
        """Show the values as they are now; something else may have changed them."""
        for card in self.cards.values():
            card.refresh()

    def save(self) -> None:
        """Keep what was changed; a failure is told on the page and leaves the change in effect."""
        self._save.stop()
        try:
            self._companion.save_settings()
        except CompanionError as error:
            said = notice_text(error.what, error.hint, error.code)
            self._banner.say(_NOTICE, said.whole, button=tr("Try again"))
        else:
            self._banner.clear(_NOTICE)

    @property
    def trouble(self) -> bool:
        """Whether the last save failed."""
        return bool(self._banner.keys)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._save.isActive():
            self.save()

    def _add(self, section: SettingSection) -> None:
        extras: list[QWidget] = []
        if section.key == "general":
            extras.append(self._welcome_row())
        if section.key == "voice":
            extras.append(self._sample_row())
        if section.key == "ears":
            extras.append(self._echo_row())
        card = SectionCard(section, self._companion, self._look, self._tasks, extras=extras)
        for name, why in _limits(section.key):
            card.row(name).limit(why)
        card.changed.connect(lambda _: self._on_changed(section.key))
        self.cards[section.key] = card
        self.parts.add(section.key, lambda: section.titles[shows_chinese()], card)

    def _on_changed(self, section: str) -> None:
        self._save.start()
        if section in ("general", "voice", "ears", "background"):
            self.applied.emit()

    def _welcome_row(self) -> ActionRow:
        row = ActionRow(
            lambda: (
                tr("First steps"),
                tr("Language, character, sound and this computer, one after the other."),
                tr("Go through them again"),
            )
        )
        row.pressed.connect(self.welcome_wanted)
        return row

    def _sample_row(self) -> ActionRow:
        row = ActionRow(
            lambda: (
                tr("Try her voice"),
                tr("She says her last sentence once more, with these settings."),
                tr("Listen"),
            )
        )
        row.pressed.connect(self._sample)
        return row

    def _echo_row(self) -> EchoRow:
        row = EchoRow(self._companion, self._tasks)
        row.decided.connect(self.refresh)
        row.decided.connect(lambda: self._on_changed("ears"))
        return row

    def _sample(self) -> None:
        if self._save.isActive():
            self.save()
        self.sample_wanted.emit()


def _limits(section: str) -> list[tuple[str, str]]:
    """Return the settings that mean nothing on this desktop, each with why."""
    if section == "ears" and (why := why_not()):
        return [("talk_key_everywhere", why)]
    if section == "background" and not QSystemTrayIcon.isSystemTrayAvailable():
        said = tr("This desktop shows no tray icons, so a closed window could not be found again.")
        return [("tray", said), ("keep_running", said)]
    return []
