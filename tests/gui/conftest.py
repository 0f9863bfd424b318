"""The window's surroundings in tests: an offscreen Qt and a companion that answers by rule, with real values."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtWidgets import QApplication

from companion.conversation.bus import EventBus
from companion.conversation.slots import Engines
from companion.domain import commands as do
from companion.domain import events
from companion.domain.character import Character, Lorebook, PackReport, Problem
from companion.domain.lore import LoreIndex, Scan
from companion.domain.lore_scene import Scene
from companion.domain.memory import Recollected
from companion.domain.messages import Message, StoredMessage, TurnId
from companion.domain.state import State
from companion.engines.catalog import load_catalog
from companion.engines.weights_folder import InstalledModel
from companion.errors import PackError, UsageError
from companion.gui.application import make_application
from companion.gui.theme import Look
from companion.gui.translation import apply_language
from companion.gui.window import MainWindow
from companion.hardware import Hardware
from companion.packs import editor
from companion.packs.editor import CharacterDraft
from companion.packs.export import ExportReport
from companion.paths import Paths, bundled
from companion.ports import EchoTest
from companion.settings import Settings
from companion.storage.chat_log import SqliteChatLog
from companion.text.folding import fold_search
from companion.text.timed_regex import TimedRegex

NOON = 1_764_072_000.0  # 25 November 2025


HERE = Path(__file__).parent


def _beside(name: str) -> ModuleType:
    """Return the module `name` beside this file; tests are no packages."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


lore_world = _beside("lore_world")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let pass what the offscreen platform says of things that need a screen."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(
                pytest.mark.qt_log_ignore("This plugin does not support", "systemTrayWindowChanged")
            )


def character(id_: str = "xiaoman", name: str = "顾小满", **more: object) -> Character:
    values: dict[str, object] = {"first_mes": "你来啦。坐吧，茶刚泡好。", "accent": "#5f8f6a", **more}
    return Character(id=id_, name=name, folder=Path("."), **values)  # type: ignore[arg-type]


def message(id_: int, role: str, text: str, **more: object) -> StoredMessage:
    values: dict[str, object] = {
        "chat": "c1",
        "parent": id_ - 1 or None,
        "created_at": NOON + id_ * 60,
        **more,
    }
    return StoredMessage(message=id_, role=role, text=text, **values)  # type: ignore[arg-type]


class RuleCompanion:
    """Stands in for companion.app: a real chat log and bus; every `Say` is answered with `reply`, at once."""

    def __init__(self, home: Path) -> None:
        self.paths = Paths.under(home)
        self.paths.make()
        self.settings = Settings()
        self.echo: EchoTest | None = None
        self.settings.general.language = "zh_CN"
        self.settings.general.theme = "light"
        self.settings.general.first_run_done = True
        self.bus = EventBus()
        self.catalog = load_catalog(bundled("models") / "catalog.toml")
        self.engines = Engines()
        self.log = SqliteChatLog.open(self.paths.chat_log)
        self.posted: list[do.Command] = []
        self.lore = lore_world.RuleLore()
        self.books = lore_world.RuleBooks()
        self.removed: list[str] = []
        self.copies: list[Path] = []
        self.exported: list[tuple[str, Path, bool]] = []
        self.installed: list[Path] = []
        self.replaced: list[tuple[str, str]] = []
        self.saved = 0
        self.quiet = False
        self.closed = False
        self.reply = "（歪头）*笑了笑* 今天的龙井**特别**香，你要不要尝尝？"
        self.people = [
            character(),
            character("wren", "Wren", language="en", first_mes="Evening. Coffee?", accent="#456a96"),
        ]
        self._present = self.people[0]
        self._chat = ""
        self._turn = 0

    def start(self) -> None:
        self.state("asleep", "loading", "model")
        self.state("loading", "idle")

    def default_character(self) -> str:
        return self.settings.general.last_character or self.people[0].id

    def install_character(self, source: Path) -> PackReport:
        self.installed.append(source)
        if source.suffix == ".json":
            raise PackError("It is not a character.", "Choose another file.")
        id_ = f"{source.stem}-2" if self.present_character(source) else source.stem
        added = character(id_, source.stem)
        self.people.append(added)
        return PackReport(added.id, source, added)

    def present_character(self, source: Path) -> str | None:
        return source.stem if any(one.id == source.stem for one in self.people) else None

    def replace_character(self, old: str, new: str) -> PackReport:
        self.replaced.append((old, new))
        found = next(one for one in self.people if one.id == new)
        self.people = [one for one in self.people if one.id not in (old, new)]
        self.people.append(dataclasses.replace(found, id=old))
        return PackReport(old, Path(old), self.people[-1])

    def characters(self) -> list[PackReport]:
        found = [PackReport(one.id, one.folder, one) for one in self.people]
        broken = Problem("card.json", "It is not JSON.", "Check the file.", fatal=True)
        return [*found, PackReport("damaged", Path("damaged"), None, (broken,))]

    def save_character(self, draft: CharacterDraft) -> PackReport:
        return editor.save(draft, self.paths.characters, cache=self.paths.cache)

    def remove_character(self, id_: str) -> None:
        self.removed.append(id_)
        self.people = [one for one in self.people if one.id != id_]

    def purge_chat(self, chat: str) -> list[Path]:
        self.log.purge_chat(chat)
        self.bus.publish(events.ChatsChanged(self._present.id))
        return self.copies

    def export_character(self, id_: str, target: Path, *, with_lore: bool) -> ExportReport:
        self.exported.append((id_, target, with_lore))
        left = () if target.suffix == ".charx" else (Problem("assets[1]", "the form cannot hold it"),)
        return ExportReport(target, "json", 3, 2, 1, left)

    def try_lore(self, character: str, books: Sequence[Lorebook], text: str) -> Scan:
        scene = Scene((Message("user", text),))
        return LoreIndex(books, fold_search).scan(
            scene, TimedRegex(), lambda texts: [len(one) for one in texts], budget=1000
        )

    def devices(self, direction: str) -> list[str]:
        return ["USB", "HDMI"] if direction == "output" else ["USB"]

    def models(self, role: str) -> list[InstalledModel]:
        return [one for one in self.catalog.installed(self.paths.models) if one.role == role]

    def test_echo(self) -> EchoTest:
        if self.echo is None:
            raise UsageError("There is no sound yet.", "Wait a moment, then try again.", code="no_sound")
        return self.echo

    def hardware(self) -> Hardware:
        return Hardware(cores=2, ram_gb=16, ram_free_gb=12, disk_free_gb=60)

    def recollect_for_test(self, character: str, text: str) -> list[Recollected]:
        """Return the cards that share a letter with `text`."""
        cards = self.log.memories.cards(character)
        return [
            Recollected(card.text, card.created_at, card.memory, card.message, card.chat, 0.5)
            for card in cards
            if card.pinned or set(card.value) & set(text)
        ]

    def switch_lore(self, character: str, key: str, *, off: bool) -> None:
        self.log.memories.switch(character, "lore", key, off=off)

    def switch_passage(self, character: str, passage: str, *, off: bool) -> None:
        self.log.memories.switch(character, "passage", passage, off=off)

    def keep_quiet(self, on: bool) -> None:
        if on != self.quiet:
            self.quiet = on
            self.post(do.Listen("off" if on else self.settings.ears.mode))

    def save_settings(self) -> None:
        self.saved += 1

    def close(self) -> None:
        self.closed = True
        self.log.close()

    def state(self, old: State, new: State, why: str = "") -> None:
        self.bus.publish(events.StateChanged(old, new, why))

    def post(self, command: do.Command) -> None:
        self.posted.append(command)
        match command:
            case do.OpenCharacter(id_, chat):
                self._open(id_, chat)
            case do.NewChat():
                self._start_chat()
            case do.Say(text):
                self._say(text)
            case do.RenameChat(chat, title):
                self.log.rename_chat(chat, title)
                self.bus.publish(events.ChatsChanged(self._present.id))
            case do.DeleteChat(chat):
                self.log.delete_chat(chat)
                self.bus.publish(events.ChatsChanged(self._present.id))
            case do.RestoreChat(chat):
                self.log.restore_chat(chat)
                self.bus.publish(events.ChatsChanged(self._present.id))
            case do.Edit(id_, text):
                self.log.edit(id_, text)
                self.changed()
            case do.Delete(id_):
                self.log.delete(id_)
                self.changed()
            case do.Undo():
                self.log.undo(self._chat)
                self.changed()
            case do.Regenerate():
                self.answer(variant_of=self.path()[-1].message)
            case do.Listen(mode):
                self.bus.publish(events.ListeningChanged(mode, mode in ("hands_free", "on_call"), "USB"))
            case _:
                pass

    # ---- what a session would do

    @property
    def chat(self) -> str:
        return self._chat

    def path(self) -> list[StoredMessage]:
        return self.log.path(self._chat)

    def changed(self) -> None:
        self.bus.publish(events.ChatChanged(self.log.chat(self._chat), tuple(self.path())))

    def answer(
        self, variant_of: int | None = None, *, text: str | None = None, finish: bool = True
    ) -> TurnId:
        """Stream a reply; without `finish` it stays under way."""
        said = self.reply if text is None else text
        self._turn += 1
        turn = TurnId(self._turn)
        ack = (
            self.log.add_variant(variant_of, "") if variant_of else self.log.add(self._chat, "assistant", "")
        )
        row = next(one for one in self.log.siblings(ack.message) if one.message == ack.message)
        self.bus.publish(events.ReplyStarted(turn, row))
        for character_ in said:
            self.bus.publish(events.ReplyDelta(turn, character_))
        if finish:
            self.log.finalise(ack.message, said)
            done = next(one for one in self.log.siblings(ack.message) if one.message == ack.message)
            self.bus.publish(events.ReplyFinished(turn, done, False, events.TurnTimings()))
        return turn

    def _open(self, id_: str, chat: str | None) -> None:
        self._present = next(one for one in self.people if one.id == id_)
        known = self.log.chats(id_)
        if chat or known:
            self._chat = chat or known[0].chat
            self.bus.publish(events.ChatOpened(self.log.chat(self._chat), tuple(self.path())))
        else:
            self._start_chat()

    def _start_chat(self) -> None:
        self._chat = self.log.create_chat(self._present.id).chat
        if self._present.first_mes:
            self.log.add(self._chat, "assistant", self._present.first_mes)
        self.bus.publish(events.ChatsChanged(self._present.id))
        self.bus.publish(events.ChatOpened(self.log.chat(self._chat), tuple(self.path())))

    def _say(self, text: str) -> None:
        ack = self.log.add(self._chat, "user", text)
        said = next(one for one in self.path() if one.message == ack.message)
        self.bus.publish(events.UserSaid(TurnId(self._turn + 1), said))
        self.state("idle", "thinking")
        self.answer()
        self.state("thinking", "idle")


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    return make_application()


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    apply_language(qapp, "zh_CN")
    yield
    apply_language(qapp, "en")


@pytest.fixture
def look(qapp: QApplication) -> Look:
    apply_language(qapp, "en")
    look = next(iter(qapp.findChildren(Look)), None) or Look(qapp)
    look.set(choice="light", zoom=100, accent="", reduced_motion=False)
    look.apply()
    return look


@pytest.fixture
def companion(tmp_path: Path) -> Iterator[RuleCompanion]:
    made = RuleCompanion(tmp_path)
    yield made
    if not made.closed:
        made.close()


@pytest.fixture
def window(qtbot: object, look: Look, companion: RuleCompanion) -> Iterator[MainWindow]:
    made = MainWindow(companion, look)
    qtbot.addWidget(made)  # type: ignore[attr-defined]
    made.show()
    made.begin()
    qtbot.waitUntil(lambda: made.director.character is not None, timeout=5000)  # type: ignore[attr-defined]
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def make_message() -> Callable[..., StoredMessage]:
    return message


@pytest.fixture
def make_character() -> Callable[..., Character]:
    return character
