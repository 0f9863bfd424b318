"""Composition root: settings and paths in, a wired companion out."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from companion import settings as settings_file
from companion import wiring
from companion.archive import Archive, tidy_up, write_character
from companion.conversation.bus import EventBus
from companion.conversation.options import SessionOptions
from companion.conversation.session import Session
from companion.conversation.slots import Engines
from companion.domain import commands as do
from companion.domain import events
from companion.domain.character import Character, Lorebook, PackReport
from companion.domain.lore import Scan
from companion.domain.memory import Recollected
from companion.engine_room import ALL_ROLES, EngineRoom, Role
from companion.engines.catalog import Catalog, load_catalog
from companion.engines.weights_folder import InstalledModel
from companion.errors import CompanionError, StorageError, UsageError
from companion.hardware import Hardware, look
from companion.packs import editor
from companion.packs.editor import CharacterDraft
from companion.packs.export import ExportReport
from companion.packs.install import install, present, stand_in
from companion.packs.install import remove as remove_pack
from companion.packs.library import Library
from companion.paths import Paths, bundled
from companion.ports import EchoTest
from companion.settings import Settings
from companion.storage.backup import backup, list_backups
from companion.storage.chat_log import SqliteChatLog
from companion.storage.habits import load_pauses, save_pauses
from companion.workers.spec import EngineSpec

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 2.0
_BACKUP_LOOK_EVERY_S = 60.0
_PAUSES = "pauses.json"


class Companion:
    """Everything a surface needs; methods may be called from any thread and return at once unless they say so."""

    def __init__(self, paths: Paths, settings: Settings, log: SqliteChatLog, catalog: Catalog) -> None:
        self.paths, self.settings, self.log, self.catalog = paths, settings, log, catalog
        self.bus = EventBus()
        self.library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
        self.engines = Engines()
        self.archive = Archive(
            paths, lambda: self.settings, log, self.library, self.engines, self.bus.publish
        )
        self.lore, self.books = self.archive.lore, self.archive.books
        self.session = Session(
            self.engines,
            log,
            self.bus,
            character=self._speaking_character,
            options=self._session_options,
            knowledge=self.archive.knowledge(),
            pauses=load_pauses(paths.data / _PAUSES),
        )
        self.greets_aloud = False
        self.seed: int | None = None
        self._room = EngineRoom(
            paths,
            catalog,
            lambda: self.settings,
            self.engines,
            self.bus,
            self.archive,
            self.session,
            first_voice=lambda: self._speaking_character(self.default_character()).voice,
        )
        self._applied = settings.model_copy(deep=True)
        self._is_quiet = False
        self._closed = False

    @classmethod
    def create(cls, paths: Paths, *, demo: bool = False) -> Companion:
        """Open the chat log and read settings and catalogue.

        Raises StorageError, code `in_use`, while another instance writes this chat log.
        """
        refused = paths.make()
        if paths.data in refused and not paths.chat_log.exists():
            raise StorageError(
                f"The folder {paths.data} cannot be written, so no chat could be kept.",
                "Make it writable or free some space, or start with --home and another folder.",
                code="read_only",
            )
        settings, said = settings_file.load(paths.settings)
        if demo:
            settings.mind.engine = "demo"
        log = SqliteChatLog.open(paths.chat_log, backups=paths.backups)
        companion = cls(paths, settings, log, load_catalog(bundled("models") / "catalog.toml"))
        tidy_up(paths, companion.library)
        companion.opening_notices = [text for text in (said, *log.report.notes, log.read_only) if text]
        return companion

    opening_notices: list[str]

    # ---- life

    def start(self, *, roles: frozenset[Role] = ALL_ROLES, audio: EngineSpec | None = None) -> None:
        """Start the workers of `roles` in the background; events tell when each is ready.

        `audio` replaces the devices, for example by WAV files.
        """
        for notice in self.opening_notices:
            self.bus.publish(events.Notice(notice))
        self._room.start(
            roles,
            audio or EngineSpec("duplex", {"backend": "auto"}),
            listens=lambda: self.settings.ears.mode != "off" and not self._is_quiet,
        )
        self._room.in_background("housekeeping", self._keep_house)

    def post(self, command: do.Command) -> None:
        self.session.post(command)

    def close(self) -> None:
        """Keep what is open, stop the workers, join the threads; blocks up to a few seconds. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._room.closing.request()
        self.session.close()
        self.archive.close()
        self._room.close()
        self.session.join_signals()
        self._room.join()
        self._keep_habits()
        self.log.close()

    def _keep_habits(self) -> None:
        try:
            save_pauses(self.session.pauses, self.paths.data / _PAUSES)
        except StorageError as error:
            _log.info("how the user speaks was not kept: %s", error.code)

    # ---- what is there

    def characters(self) -> list[PackReport]:
        return self.library.reports()

    def character(self, id_: str) -> Character:
        """Return a character. Raises UsageError or PackError."""
        return self.library.get(id_)

    def save_character(self, draft: CharacterDraft) -> PackReport:
        """Save a draft of the editor; writes files. Raises PackError, StorageError."""
        return editor.save(draft, self.paths.characters, cache=self.archive.cache)

    def install_character(self, source: Path, *, replace: str | None = None) -> PackReport:
        """Take in a dropped pack, beside those that are there or in place of `replace`; copies files.

        Raises PackError, StorageError; UsageError for `replace` where it ships with the program.
        """
        return install(
            source, self.paths.characters, cache=self.archive.cache, replace=replace, taken=self._ships()
        )

    def present_character(self, source: Path) -> str | None:
        """Return the id of the user's character that has the name which `source` would get, None if there is none."""
        return present(source, self.paths.characters)

    def replace_character(self, old: str, new: str) -> PackReport:
        """Let the character `new` stand in for `old`, whose chats it takes over. Raises as `install_character` does."""
        report = stand_in(
            self._own(new).path,
            self._own(old).id,
            self.paths.characters,
            cache=self.archive.cache,
            taken=self._ships(),
        )
        self.archive.forget_character(new)
        return report

    def _ships(self) -> list[str]:
        return [one.id for one in self.characters() if one.character is not None and one.character.bundled]

    def _own(self, id_: str) -> PackReport:
        report = next((one for one in self.characters() if one.id == id_), None)
        if report is None or not report.path.is_relative_to(self.paths.characters):
            raise UsageError(
                f"'{id_}' cannot be deleted or replaced.", "Only characters that you added can be."
            )
        return report

    def remove_character(self, id_: str) -> None:
        """Delete a pack and what was derived from it; its chats stay. Raises CompanionError."""
        remove_pack(self._own(id_).path)
        self.archive.forget_character(id_)

    def purge_chat(self, chat: str, /) -> list[Path]:
        """Remove a deleted chat for good; return the backups that still hold it. Blocks, raises StorageError."""
        left = self.archive.purge_chat(chat)
        self.post(do.Reload())
        return left

    def export_character(self, id_: str, target: Path, /, *, with_lore: bool) -> ExportReport:
        """Write a character as .charx, .png or .json. Raises CompanionError."""
        report = next((one for one in self.characters() if one.id == id_), None)
        if report is None:
            raise UsageError(f"There is no character '{id_}'.", "See: companion characters list")
        return write_character(self.archive, report, target, with_lore=with_lore)

    def try_lore(self, character: str, books: Sequence[Lorebook], text: str, /) -> Scan:
        return self.archive.try_lore(character, books, text)

    def recollect_for_test(self, character: str, text: str, /) -> list[Recollected]:
        return self.archive.recollect_for_test(character, text)

    def switch_lore(self, character: str, key: str, /, *, off: bool) -> None:
        self.archive.switch(character, "lore", key, off=off)
        self.post(do.Reload())  # what is constant stands at the beginning of the prompt

    def switch_passage(self, character: str, passage: str, /, *, off: bool) -> None:
        self.archive.switch(character, "passage", passage, off=off)

    def default_character(self) -> str:
        """Return the id to open: the last one, else the first of the user's language, else any."""
        usable = [one for one in self.characters() if one.character is not None]
        ids = [one.id for one in usable]
        if self.settings.general.last_character in ids:
            return self.settings.general.last_character
        chinese = [one.id for one in usable if one.character is not None and one.character.language == "zh"]
        return (chinese or ids or [""])[0]

    def models(self, role: str) -> list[InstalledModel]:
        """Return what can be loaded now for `role`; reads folders, so call it off the GUI thread."""
        return [model for model in self.catalog.installed(self.paths.models) if model.role == role]

    def devices(self, direction: Literal["input", "output"]) -> list[str]:
        """Return the names of devices; may block for some 100 ms."""
        from companion.workers.audio_client import AudioClient

        audio = self.engines.audio.ready
        return audio.devices(direction) if isinstance(audio, AudioClient) else []

    def test_echo(self) -> EchoTest:
        """Play two seconds of sound and tell how it came back; blocks for some 4 s.

        Raises AudioError, WorkerError; UsageError before there is sound.
        """
        from companion.workers.audio_client import AudioClient

        audio = self.engines.audio.ready
        if not isinstance(audio, AudioClient):
            raise UsageError("There is no sound yet.", "Wait a moment, then try again.", code="no_sound")
        return audio.test_echo()

    def hardware(self) -> Hardware:
        """Return what this computer has; may block for seconds."""
        return look(str(self.paths.models))

    # ---- settings

    def save_settings(self) -> None:
        """Persist the settings and apply them; engines whose settings changed are replaced in the background.

        Raises StorageError when the file cannot be written; the change holds until the program ends then.
        """
        before, self._applied = self._applied, self.settings.model_copy(deep=True)
        self._apply(before, self._applied)
        settings_file.save(self.settings, self.paths.settings)

    def _apply(self, before: Settings, now: Settings) -> None:
        if before.mind != now.mind:
            self._room.reload("language")
        if _places(before) != _places(now):
            self._room.reload("recall")
        if before.ears.model != now.ears.model or before.mind.engine != now.mind.engine:
            self._room.reload("speech")
        audio = self.engines.audio.ready
        if audio is None:
            return
        plan = wiring.audio_plan(now)
        if wiring.audio_plan(before) != plan:
            audio.open(plan)
        if before.ears.mode != now.ears.mode and not self._is_quiet:
            self.post(do.Listen(now.ears.mode))

    def keep_quiet(self, on: bool) -> None:
        """Neither speak nor listen while `on`; the settings stay as they are."""
        if on != self._is_quiet:
            self._is_quiet = on
            self.post(do.Listen("off" if on else self.settings.ears.mode))

    def _session_options(self) -> SessionOptions:
        now = self.settings
        return SessionOptions(
            user_name=now.general.user_name,
            speak=now.voice.speak and not self._is_quiet and self._speaks(),
            voice_speed=now.voice.speed / 100,
            hear_language=now.ears.language,
            default_voice=wiring.default_voice(now),
            greet_aloud=self.greets_aloud,
            extra_silence_ms=wiring.extra_silence_ms(now),
            fillers=now.voice.fillers,
            seed=self.seed,
        )

    def _speaks(self) -> bool:
        """Whether a reply may wait for voice and loudspeaker: both were started, and neither has failed."""
        started = self._room.roles >= {"speech", "audio"}
        return started and not self.engines.voice.has_failed and not self.engines.audio.has_failed

    _next_backup_look_s = 0.0

    def _speaking_character(self, id_: str) -> Character:
        """Return a character as the session talks with it: the demo has only one voice."""
        character = self.library.get(id_)
        if self.settings.mind.engine != "demo":
            return character
        return dataclasses.replace(character, voice=wiring.default_voice(self.settings, character.language))

    # ---- housekeeping

    def _keep_house(self) -> None:
        """Look for new packs, and back up the chats when it is time."""
        while not self._room.closing.wait(_LOOK_EVERY_S):
            if self.library.changed():
                self.bus.publish(events.CharactersChanged())
                self.post(do.Reload())
            if self._backup_is_due():
                self._back_up()

    def _backup_is_due(self) -> bool:
        hours = self.settings.safety.backup_hours
        if not hours or self.log.read_only or time.monotonic() < self._next_backup_look_s:
            return False
        self._next_backup_look_s = time.monotonic() + _BACKUP_LOOK_EVERY_S
        newest = max((one.made_at for one in list_backups(self.paths.backups)), default=0.0)
        return bool(self.log.chats()) and abs(time.time() - newest) > hours * 3600

    def _back_up(self) -> None:
        try:
            backup(self.log, self.paths.backups)
        except CompanionError as error:
            _log.warning("backup failed: %s", error.code)
            self._room.tell(error)


def _places(settings: Settings) -> tuple[str, ...]:
    """Return what decides which index is opened."""
    recall = settings.recall
    return recall.embedder, recall.store, recall.server_url, settings.mind.engine


def open_companion(home: Path | None, *, demo: bool = False) -> Companion:
    """Return a companion for the user's own folders, or for those below `home`."""
    return Companion.create(Paths.under(home) if home else Paths.for_user(), demo=demo)
