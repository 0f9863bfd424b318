"""Tells the parts of the window what happened, and the program what the user wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject, Signal

from companion.domain import commands as do
from companion.domain import events
from companion.domain.character import Character, PackReport
from companion.domain.messages import ChatInfo, SearchHit
from companion.domain.state import ListenMode
from companion.errors import CompanionError
from companion.gui.attention import Attention
from companion.gui.home import Home
from companion.gui.inert import plain_name
from companion.gui.notices import Help, NoticeText, help_label, worker_lost_text
from companion.gui.portraits import Portraits
from companion.gui.stage_slot import Stage
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import tr

_QUIET: Final = "quiet"


class Director(QObject):
    """Holds which character is open; everything else is in the parts. `named` carries her name.

    `attention` is what she and the microphone do; `quiet_chosen` carries that the user wants peace, or its end.
    """

    named = Signal(str)
    quiet_chosen = Signal(bool)
    problems_wanted = Signal(object)
    purge_asked = Signal(str)

    def __init__(
        self, companion: Surface, home: Home, stage: Stage, look: Look, tasks: Tasks, portraits: Portraits
    ) -> None:
        super().__init__(home)
        self._companion, self._home, self._stage = companion, home, stage
        self._look, self._tasks, self._portraits = look, tasks, portraits
        self._reports: list[PackReport] = []
        self._character: Character | None = None
        self._wanted_message: int | None = None
        self._opened = ""
        self._asking = ""
        self.attention = Attention(self)
        self._connect()

    def _connect(self) -> None:
        side, panel, search = self._home.sidebar, self._home.panel, self._home.search
        post = self._companion.post
        side.characters.chosen.connect(lambda id_: post(do.OpenCharacter(id_)))
        side.characters.broken.connect(self._show_problems)
        side.chats.chosen.connect(self.open_chat)
        side.chats.renamed.connect(lambda chat, title: post(do.RenameChat(chat, title)))
        side.chats.deleted.connect(self.delete_chat)
        side.chats.purge_wanted.connect(self.ask_to_purge)
        side.restore_wanted.connect(lambda chat: post(do.RestoreChat(chat)))
        side.new_chat_wanted.connect(self.new_chat)
        search.hit_chosen.connect(self._open_hit)
        search.left.connect(lambda: self._home.show_search(on=False))
        panel.composer.microphone.mode_chosen.connect(self.listen)
        panel.composer.microphone.held.connect(lambda held: post(do.Talk(held)))
        panel.composer.microphone.quiet_chosen.connect(self.quiet_chosen)
        panel.composer.microphone.refused.connect(self._refuse)
        panel.banner.chosen.connect(self._on_banner)
        self.attention.changed.connect(self._show_attention)
        self._portraits.arrived.connect(self._on_portrait)

    # ---- reading

    @property
    def character(self) -> Character | None:
        return self._character

    @property
    def names(self) -> dict[str, str]:
        """The characters' names by id."""
        usable = (one.character for one in self._reports)
        return {one.id: one.shown_name for one in usable if one is not None}

    # ---- intentions

    def refresh(self) -> None:
        """Read the list of characters anew."""
        self._tasks.run(self._companion.characters, self._show_characters)

    def open_first(self) -> None:
        """Open the character one talked to last."""
        self._tasks.run(self._companion.default_character, self._open_character)

    def save_settings(self) -> None:
        """Keep the settings; if they cannot be written that is said, and they hold until the end."""
        try:
            self._companion.save_settings()
        except CompanionError as error:
            self._home.panel.show_notice(error.what, error.hint, error.code)

    def _open_character(self, id_: str) -> None:
        if id_:
            self._companion.post(do.OpenCharacter(id_))

    def open_chat(self, chat: str) -> None:
        if self._character is not None:
            self._companion.post(do.OpenCharacter(self._character.id, chat))

    def open_message(self, character: str, chat: str, message: int) -> None:
        """Open a chat where `message` stands and mark it for a moment."""
        self._home.show_search(on=False)
        self._wanted_message = message
        if chat == self._home.panel.chat:
            self._point_out()
        else:
            self._companion.post(do.OpenCharacter(character, chat))

    def new_chat(self) -> None:
        self._home.show_search(on=False)
        self._companion.post(do.NewChat())
        self._home.panel.composer.field.setFocus()

    def delete_chat(self, chat: str) -> None:
        self._companion.post(do.DeleteChat(chat))
        self._home.sidebar.offer_undo(chat)

    def ask_to_purge(self, chat: str) -> None:
        """Delete a chat, then ask whether it shall go for good."""
        self._asking = chat
        self._companion.post(do.DeleteChat(chat))

    def listen(self, mode: ListenMode) -> None:
        """Use the microphone this way from now on."""
        self._companion.settings.ears.mode = mode
        self.save_settings()
        self._companion.post(do.Listen(mode))
        self.show_mode(mode)

    def show_mode(self, mode: ListenMode) -> None:
        """Show how the microphone is meant to be used."""
        self.attention.set_mode(mode)
        self._home.panel.composer.microphone.set_mode(mode)

    def show_quiet(self, on: bool) -> None:
        """Show that she is not to be disturbed, or that she may be again."""
        self._home.panel.banner.clear(_QUIET)
        self._home.panel.rows.can_speak = self._companion.settings.voice.speak and not on
        self.attention.set_quiet(on)
        self.show_mode(self._companion.settings.ears.mode)

    def search(self, text: str = "") -> None:
        self._home.show_search(on=True)
        self._home.search.open(text, self._character.id if self._character is not None else "", self.names)

    # ---- events

    def take(self, event: events.Event) -> None:
        """Show an event; called on the GUI thread."""
        self.attention.take(event)
        match event:
            case events.ChatOpened(chat, _):
                self._opened = chat.chat
                self._show_character(chat.character)
                self._home.panel.take(event)
                self._refresh_chats()
                self._point_out()
            case events.ChatChanged() | events.ReplyFinished():
                self._home.panel.take(event)
                self._refresh_chats()
            case events.ChatsChanged(character):
                if self._character is not None and character == self._character.id:
                    self._refresh_chats()
                asking, self._asking = self._asking, ""
                if asking:
                    self.purge_asked.emit(asking)
            case events.CharactersChanged():
                self.refresh()
            case events.WorkerLost(role, _, restarts):
                button = "" if restarts else help_label("retry")
                self._home.panel.banner.say(role, worker_lost_text(role, restarts=restarts), button=button)
            case events.WorkerReady(role, _):
                self._home.panel.banner.clear(role)
                self._home.panel.take(event)
            case events.Preparing(_, fraction):
                self._on_preparing(fraction)
            case events.DeviceChanged(direction, name, why):
                self._on_device(direction, name, why)
            case _:
                self._home.panel.take(event)
                self._take_live(event)

    def _take_live(self, event: events.Event) -> None:
        microphone = self._home.panel.composer.microphone
        match event:
            case events.StateChanged(_, new, _):
                self._stage.set_state(new)
            case events.ListeningChanged(mode, is_open, device):
                if not self.attention.is_quiet:
                    self.show_mode(mode)
                microphone.set_stream(is_open=is_open, device=device)
            case events.HearingLevel(level_db, speech):
                microphone.set_level(level_db, speech)
                self._stage.set_level(level_db)
            case events.UserPaused():
                self._stage.nod()
            case events.EmotionChanged(_, emotion):
                self._stage.set_emotion(emotion)
            case events.SpeechReady():
                self._stage.speech_ready(event)
            case events.HeardTo(_, seconds, _):
                self._stage.heard_to(seconds)
            case events.SpeakingFinished():
                self._stage.speaking_finished()
            case _:
                pass

    # ---- parts

    def _show_characters(self, reports: Sequence[PackReport]) -> None:
        self._reports = list(reports)
        self._home.sidebar.characters.rows.show(self._reports)
        if self._character is not None:
            self._show_character(self._character.id)

    def _show_character(self, id_: str) -> None:
        found = next((one.character for one in self._reports if one.id == id_), None)
        if found is None or found == self._character:
            if found is None and not self._reports:
                self._tasks.run(self._companion.characters, lambda reports: self._found_late(id_, reports))
            return
        self._character = found
        user = self._companion.settings.general.user_name
        self._home.panel.set_character(found, user)
        self._home.sidebar.characters.set_current(found.id)
        accent = self._portraits.accent(found)
        self._look.set(accent=accent)
        self._stage.set_character(found.face, accent, plain_name(found.shown_name))
        if self._companion.settings.general.last_character != id_:
            self._companion.settings.general.last_character = id_
            self.save_settings()
        self.attention.set_name(plain_name(found.shown_name))
        self.named.emit(plain_name(found.shown_name))

    def _found_late(self, id_: str, reports: Sequence[PackReport]) -> None:
        self._show_characters(reports)
        if self._reports:
            self._show_character(id_)

    def _on_portrait(self, id_: str) -> None:
        if self._character is not None and id_ == self._character.id:
            accent = self._portraits.accent(self._character)
            self._look.set(accent=accent)
            self._stage.set_character(self._character.face, accent, plain_name(self._character.shown_name))

    def _show_problems(self, id_: str) -> None:
        report = next((one for one in self._reports if one.id == id_), None)
        if report is not None:
            self.problems_wanted.emit(report)

    def _refresh_chats(self) -> None:
        if self._character is not None:
            self._tasks.run(self._companion.log.chats, self._show_chats)

    def _show_chats(self, chats: Sequence[ChatInfo]) -> None:
        mine = [one for one in chats if self._character is not None and one.character == self._character.id]
        latest = sorted(chats, key=lambda one: one.last_seq)
        self._home.sidebar.characters.rows.set_previews({one.character: one.preview for one in latest})
        self._home.sidebar.chats.rows.show(mine)
        self._home.sidebar.chats.set_current(self._opened)

    def _open_hit(self, hit: SearchHit) -> None:
        self.open_message(hit.character, hit.chat, hit.message)

    def _point_out(self) -> None:
        if self._wanted_message is not None:
            self._home.panel.view.point_out(self._wanted_message)
            self._home.panel.view.setFocus()
            self._wanted_message = None

    def _on_device(self, direction: str, name: str, why: str) -> None:
        if name or not why:
            return
        hears = direction == "input"
        what = tr("No microphone can be used.") if hears else tr("No loudspeaker can be used.")
        help_: Help = "microphone" if hears else "settings"
        hint = tr("A device that returns is taken up by itself. Until then you can go on in writing.")
        self._home.panel.model.add_notice(NoticeText(what, hint, help_, help_label(help_), calm=True))

    def _on_preparing(self, fraction: float) -> None:
        if fraction < 1.0:
            said = tr("Preparing the models for the first time: {percent} %", percent=round(fraction * 100))
            self._home.panel.banner.say("preparing", said, tone="info")
        else:
            self._home.panel.banner.clear("preparing")

    def _show_attention(self) -> None:
        now, panel = self.attention, self._home.panel
        panel.header.set_ears(is_quiet=now.is_quiet, awaits_name=now.awaits_name)
        panel.composer.microphone.set_quiet(now.is_quiet)
        panel.composer.microphone.set_awaits_name(now.awaits_name)

    def _refuse(self) -> None:
        """Say why the key to talk does nothing."""
        said = tr("Do not disturb is on: she neither speaks nor listens.")
        self._home.panel.banner.say(_QUIET, said, button=tr("Switch it off"), tone="info")

    def _on_banner(self, key: str) -> None:
        self._home.panel.banner.clear(key)
        if key == _QUIET:
            self.quiet_chosen.emit(False)
        else:
            self._companion.post(do.Reload())
