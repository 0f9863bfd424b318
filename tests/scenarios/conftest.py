"""A scene: a whole conversation on shipped engines without weights, in virtual time."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from companion.archive import Archive
from companion.audio.virtual_clock import VirtualAudio
from companion.conversation.bus import EventBus
from companion.conversation.options import SessionOptions
from companion.conversation.session import Session
from companion.conversation.slots import Engines
from companion.domain import commands as do
from companion.domain import events
from companion.domain.audio import AudioClip
from companion.domain.character import Adapter, Character, Sampling, VoiceSpec
from companion.domain.messages import StoredMessage
from companion.engines.detectors.energy import Energy
from companion.engines.language_models.scripted import Scripted
from companion.engines.recognisers.scripted import ScriptedRecogniser
from companion.engines.voices.bank import VoiceBank
from companion.errors import CompanionError, UsageError
from companion.packs.library import Library
from companion.paths import Paths
from companion.ports import (
    AudioPlan,
    Cancel,
    GenerationDone,
    ModelInfo,
    Prompt,
    RecallIndex,
    TextDelta,
    Warmed,
)
from companion.settings import Settings
from companion.storage.chat_log import SqliteChatLog

E = TypeVar("E")
PATIENCE_S = 20.0
_STEP_S = 0.04
_TONES = VoiceSpec("tones")

XIAOMAN = Character(
    id="xiaoman",
    name="小满",
    folder=Path("xiaoman"),
    description="{{char}}开茶馆，{{user}}是客人。",
    first_mes="你来啦，{{user}}。",
    alternate_greetings=("外面下雨了吧？", "茶刚泡好。"),
    voice=_TONES,
)
WREN = Character(
    id="wren",
    name="Wren",
    folder=Path("wren"),
    language="en",
    description="{{char}} keeps a lighthouse and knows {{user}}.",
    first_mes="Hello {{user}}.",
    voice=VoiceSpec("tones", language="en"),
)


class HeldMind:
    """The demo mind under the test's control: it stops before delta number `hold_at` until `go`, or fails there.

    It keeps what it was asked and how each generation went.
    """

    def __init__(self, scripted: Scripted, *, slow_reading: bool = False) -> None:
        self._scripted = scripted
        self.reading = threading.Event()
        self._may_read = threading.Event()
        self.is_reading = False
        if not slow_reading:
            self._may_read.set()
        self.hold_at: int | None = None
        self.fail_at: int | None = None
        self.error = CompanionError("The mind broke.", "Write the reply again.", code="broken")
        self.held = threading.Event()
        self._go = threading.Event()
        self.prompts: list[Prompt] = []
        self.warmed: list[Warmed] = []
        self.done: list[GenerationDone] = []

    @property
    def info(self) -> ModelInfo:
        return self._scripted.info

    def go(self) -> None:
        """Let the writing go on, now and in later replies."""
        self.hold_at = None
        self._go.set()

    def read_on(self) -> None:
        """End the slow reading of personas."""
        self._may_read.set()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._scripted.count_tokens(texts)

    def warm(self, prompt: Prompt, cancel: Cancel, *, keep_as: str | None = None) -> Warmed:
        self.is_reading = True
        self.reading.set()
        while not cancel.requested and not self._may_read.wait(0.002):
            pass
        self.is_reading = False
        self.warmed.append(self._scripted.warm(prompt, cancel, keep_as=keep_as))
        return self.warmed[-1]

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        self.prompts.append(prompt)
        n = 0
        for item in self._scripted.generate(prompt, sampling, cancel):
            if isinstance(item, GenerationDone):
                self.done.append(item)
            else:
                self._wait_or_fail(n, cancel)
                n += 1
                if cancel.requested:
                    continue
            yield item

    def _wait_or_fail(self, n: int, cancel: Cancel) -> None:
        if n == self.fail_at:
            self.fail_at = None
            raise self.error
        if n == self.hold_at:
            self.held.set()
            while not cancel.requested and not self._go.wait(0.002):
                pass
            self._go.clear()

    def attach(self, adapters: Sequence[Adapter]) -> None:
        self._scripted.attach(adapters)

    def close(self) -> None:
        self._scripted.close()


class Scene:
    """One session and what it publishes. Virtual time passes only while `expect` waits, or by `let_pass`.

    With `knows` it draws on lorebooks, documents and memories as in the program; `now` is the date, set by hand.
    """

    def __init__(
        self,
        folder: Path,
        *,
        replies: Sequence[str] = (),
        lines: Sequence[str] = (),
        context_tokens: int = 4096,
        voice: bool = False,
        half_duplex: bool = True,
        slow_reading: bool = False,
        language_loads_later: bool = False,
        characters: Sequence[Character] = (XIAOMAN, WREN),
        log: SqliteChatLog | None = None,
        knows: bool = False,
        recall: RecallIndex | None = None,
    ) -> None:
        self.now = time.time()
        self.options = SessionOptions(user_name="阿明", speak=voice, default_voice=_TONES)
        self.characters = {one.id: one for one in characters}
        scripted = Scripted.load(replies=replies, context_tokens=context_tokens)
        self.mind = HeldMind(scripted, slow_reading=slow_reading)
        self.recogniser = ScriptedRecogniser.load(lines or ("你好",))
        self.voice = VoiceBank.load()
        self.audio = VirtualAudio(Energy.load())
        self.audio.open(AudioPlan(duplex="half" if half_duplex else "full"))
        self.log = log or SqliteChatLog.open(folder / "chats.sqlite3", clock=lambda: self.now)
        self.bus = EventBus()
        self.seen: list[events.Event] = []
        self._arriving: queue.Queue[events.Event] = queue.Queue()
        self.bus.subscribe(self._take)
        self.engines = Engines()
        self.engines.audio.put(self.audio)
        self.engines.voice.put(self.voice)
        self.engines.recogniser.put(self.recogniser)
        if not language_loads_later:
            self.engines.language.put(self.mind)
        if recall is not None:
            self.engines.recall.put(recall)
        self.settings = Settings()
        self.archive = Archive(
            Paths.under(folder / "home"),
            lambda: self.settings,
            self.log,
            Library([], bundled=folder / "bundled", cache=folder / "cache"),
            self.engines,
            self.bus.publish,
            clock=lambda: self.now,
        )
        self.session = Session(
            self.engines,
            self.log,
            self.bus,
            character=self._character,
            options=lambda: self.options,
            knowledge=self.archive.knowledge() if knows else None,
        )
        self.session.listen_to(self.audio)
        self.chat = ""

    def _character(self, id_: str) -> Character:
        if id_ not in self.characters:
            raise UsageError(f"There is no character '{id_}'.", "Look at the list.", code="unknown_character")
        return self.characters[id_]

    def _take(self, event: events.Event) -> None:
        if isinstance(event, events.ChatOpened):
            self.chat = event.chat.chat
        self.seen.append(event)
        self._arriving.put(event)

    # ---- doing

    def post(self, command: do.Command) -> None:
        self.session.post(command)

    def opens(self, character: str = "xiaoman", chat: str | None = None) -> events.ChatOpened:
        """Open a character and wait until she is ready."""
        self.post(do.OpenCharacter(character, chat))
        opened = self.expect(events.ChatOpened)
        if self.engines.language.ready is not None:
            self.expect(events.StateChanged, lambda event: event.new in ("idle", "listening"))
        return opened

    def user_types(self, text: str) -> None:
        self.post(do.Say(text))

    def user_speaks(self, seconds: float = 0.8, *, in_s: float = 0.0) -> None:
        """Let a voice sound before the microphone; the recogniser's next line is what was said."""
        rng = np.random.default_rng(1)
        noise = rng.uniform(-0.4, 0.4, int(seconds * 16_000)).astype(np.float32)
        self.audio.speak(AudioClip(noise, 16_000), in_s=in_s)

    def let_pass(self, seconds: float) -> None:
        self.audio.advance(seconds)

    def answered(self, text: str) -> events.ReplyFinished:
        """Say `text` and return the reply, once all of the turn is over."""
        self.user_types(text)
        finished = self.expect(events.ReplyFinished)
        self.expect(events.SpeakingFinished)
        return finished

    # ---- seeing

    def expect(self, kind: type[E], where: Callable[[E], bool] = lambda event: True) -> E:
        """Return the next event of this kind, others skipped; virtual time passes meanwhile."""
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            try:
                event = self._arriving.get(timeout=0.002)
            except queue.Empty:
                self.audio.advance(_STEP_S)
                continue
            if isinstance(event, kind) and where(event):
                return event
        tail = [type(event).__name__ for event in self.seen[-12:]]
        raise AssertionError(f"no {kind.__name__} came; the last events were {tail}")

    def forget(self) -> None:
        """Skip what has been published so far."""
        while not self._arriving.empty():
            self._arriving.get_nowait()

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.seen if isinstance(event, kind)]

    def path(self) -> list[StoredMessage]:
        return self.log.path(self.chat)

    def texts(self) -> list[str]:
        return [message.text for message in self.path()]

    def handled(self) -> None:
        """Wait until the session has handled every command so far."""
        self.post(do.OpenCharacter("?"))
        self.expect(events.Notice, lambda event: event.code == "unknown_character")

    @contextlib.contextmanager
    def standing_time(self) -> Iterator[None]:
        """Virtual time stands until what is posted within stops her: a busy computer is not measured."""
        active = self.session._floor.active
        assert active is not None
        yield
        end_s = time.monotonic() + PATIENCE_S
        while not active._cancel.requested:
            assert time.monotonic() < end_s
            time.sleep(0.0005)
        # The loudspeaker is told in the same breath.
        time.sleep(0.002)

    def close(self) -> None:
        self.mind.go()
        self.audio.close()
        self.session.close()
        self.session.join_signals()
        self.archive.close()
        self.log.close()


@pytest.fixture(autouse=True)
def _no_thread_is_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert [thread.name for thread in threading.enumerate() if thread not in before] == []


@pytest.fixture
def stage(tmp_path: Path, _no_thread_is_left_behind: None) -> Iterator[Callable[..., Scene]]:
    """Return a maker of scenes; they are closed after the test."""
    scenes: list[Scene] = []

    def make(**wishes: object) -> Scene:
        scenes.append(Scene(tmp_path, **wishes))  # type: ignore[arg-type]
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.close()
