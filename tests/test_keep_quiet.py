"""Being left in peace, in the whole program: its workers run, its sounds go into a file."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from companion.app import Companion
from companion.audio.wav import write_wav
from companion.domain import commands as do
from companion.domain import events
from companion.domain.cancel import CancelToken
from companion.paths import Paths
from companion.workers.spec import EngineSpec

pytestmark = pytest.mark.unit
E = TypeVar("E")
_PATIENCE_S = 40.0


class Running:
    def __init__(self, folder: Path) -> None:
        write_wav(folder / "silence.wav", np.zeros(16_000 * 120, np.float32), 16_000)
        self.companion = Companion.create(Paths.under(folder), demo=True)
        self.companion.settings.ears.mode = "hands_free"
        self.seen: list[events.Event] = []
        self._arriving: queue.Queue[events.Event] = queue.Queue()
        self.companion.bus.subscribe(self._take)

    def start(self, folder: Path) -> None:
        options = {"inputs": [str(folder / "silence.wav")], "output": str(folder / "out.wav"), "speed": 4.0}
        self.companion.start(audio=EngineSpec("wav", options))
        self.companion.post(do.OpenCharacter("xiaoman"))
        for slot in (
            self.companion.engines.audio,
            self.companion.engines.language,
            self.companion.engines.voice,
        ):
            slot.get(CancelToken())

    def _take(self, event: events.Event) -> None:
        self.seen.append(event)
        self._arriving.put(event)

    def expect(self, kind: type[E], where: Callable[[E], bool] = lambda event: True) -> E:
        end_s = time.monotonic() + _PATIENCE_S
        while (left_s := end_s - time.monotonic()) > 0:
            event = self._arriving.get(timeout=left_s)
            if isinstance(event, kind) and where(event):
                return event
        raise AssertionError(f"no {kind.__name__}")

    def say(self, text: str) -> bool:
        """Say `text` and wait for the whole answer; return whether it was to be heard."""
        n = len(self.seen)
        self.companion.post(do.Say(text))
        self.expect(events.ReplyFinished)
        return any(isinstance(one, events.SpeechReady) for one in self.seen[n:])


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.companion.close()


def test_while_it_is_quiet_the_microphone_is_closed_and_answers_are_written(
    running: Running, tmp_path: Path
) -> None:
    running.start(tmp_path)
    running.expect(events.ListeningChanged, lambda one: one.is_open)
    assert running.say("你好")  # otherwise the silence below would show nothing
    running.companion.keep_quiet(True)
    running.expect(events.ListeningChanged, lambda one: not one.is_open)
    assert not running.say("你在吗")
    running.companion.keep_quiet(False)
    running.expect(events.ListeningChanged, lambda one: one.is_open)
    assert running.say("说吧")


def test_a_program_that_starts_in_a_quiet_time_opens_no_microphone(running: Running, tmp_path: Path) -> None:
    running.companion.keep_quiet(True)
    running.start(tmp_path)
    running.companion.settings.ears.mode = "on_call"
    running.companion.save_settings()
    assert not running.say("你好")
    assert not any(isinstance(one, events.ListeningChanged) and one.is_open for one in running.seen)
    running.companion.keep_quiet(False)
    assert running.expect(events.ListeningChanged, lambda one: one.is_open).mode == "on_call"
