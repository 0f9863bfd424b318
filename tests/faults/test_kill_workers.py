"""Each worker process is killed while she answers: the turn ends, the message is kept, the next turn works."""

from __future__ import annotations

import os
import queue
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import psutil
import pytest

from companion.app import Companion
from companion.audio.wav import write_wav
from companion.domain import commands as do
from companion.domain import events
from companion.paths import Paths
from companion.workers.spec import EngineSpec

pytestmark = pytest.mark.fault

E = TypeVar("E")
Role = Literal["language", "speech", "audio"]
_PATIENCE_S = 40.0


class Running:
    """A companion with its three workers, on a loudspeaker of its own that plays eight times as fast."""

    def __init__(self, folder: Path) -> None:
        write_wav(folder / "silence.wav", np.zeros(1_600, np.float32), 16_000)
        options = {"inputs": [str(folder / "silence.wav")], "output": str(folder / "out.wav"), "speed": 8.0}
        self.companion = Companion.create(Paths.under(folder), demo=True)
        self.companion.settings.ears.mode = "off"
        self.seen: list[events.Event] = []
        self._arriving: queue.Queue[events.Event] = queue.Queue()
        self.companion.bus.subscribe(self._take)
        self.companion.start(audio=EngineSpec("wav", options))
        self.companion.post(do.OpenCharacter("xiaoman"))
        for wanted in ("audio", "language", "voice"):
            self._await_engine(wanted)

    def _await_engine(self, name: str) -> None:
        cancel = threading.Event()
        slot = getattr(self.companion.engines, name)
        slot.get(type("Never", (), {"requested": property(lambda _: cancel.is_set())})())

    def _take(self, event: events.Event) -> None:
        self.seen.append(event)
        self._arriving.put(event)

    def say(self, text: str) -> events.UserSaid:
        self.companion.post(do.Say(text))
        return self.expect(events.UserSaid)

    def expect(self, kind: type[E], where: Callable[[E], bool] = lambda event: True) -> E:
        end_s = time.monotonic() + _PATIENCE_S
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                event = self._arriving.get(timeout=left_s)
            except queue.Empty:
                break
            if isinstance(event, kind) and where(event):
                return event
        raise AssertionError(f"no {kind.__name__}; last: {[type(one).__name__ for one in self.seen[-12:]]}")

    def kill(self, role: Role) -> None:
        """Kill the worker of `role`, which serves now."""
        for child in psutil.Process().children():
            if role in child.cmdline():
                os.kill(child.pid, signal.SIGKILL)
                return
        raise AssertionError(f"no {role} worker runs")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    before = set(threading.enumerate())
    started = Running(tmp_path)
    yield started
    started.companion.close()
    assert [thread.name for thread in threading.enumerate() if thread not in before] == []


MOMENTS: dict[Role, tuple[type[events.Event], int]] = {
    "language": (events.ReplyDelta, 30),
    "speech": (events.ClauseReady, 3),
    "audio": (events.HeardTo, 20),
}


def _kill_during_an_answer(running: Running, role: Role, rng: random.Random) -> None:
    kind, most = MOMENTS[role]
    said = running.say("讲点什么吧")
    for _ in range(rng.randint(1, most)):
        running.expect(kind)
    running.kill(role)
    wanted = {events.WorkerLost, events.SpeakingFinished}
    while wanted:  # the two come in any order
        wanted.discard(type(running.expect(events.WorkerLost | events.SpeakingFinished)))  # type: ignore[arg-type]
    kept = running.companion.log.path(said.message.chat)
    assert said.message in kept
    reply = kept[-1]
    shown = "".join(
        one.text for one in running.seen if isinstance(one, events.ReplyDelta) and one.turn == said.turn
    )
    assert shown.startswith(reply.text)
    if role != "language":
        assert reply.text == shown


def _answer_is_whole(running: Running) -> None:
    said = running.say("还在吗？")
    finished = running.expect(events.ReplyFinished, lambda event: event.turn == said.turn)
    assert finished.message.text
    running.expect(events.SpeakingFinished, lambda event: event.turn == said.turn)
    assert not [one for one in running.seen if isinstance(one, events.TurnFailed) and one.turn == said.turn]
    heard = [one for one in running.seen if isinstance(one, events.HeardTo) and one.turn == said.turn]
    assert heard[-1].char >= len(finished.message.text) - 2


# The fifth crash in five minutes is the last: a program takes four. Five rounds make 60 moments.
_SLOW = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("role", ["language", "speech", "audio"])
@pytest.mark.parametrize(("round_", "n"), [(0, 2), *(pytest.param(i, 4, marks=_SLOW) for i in range(1, 6))])
def test_a_killed_worker_ends_the_turn_but_not_the_conversation(
    running: Running, role: Role, round_: int, n: int
) -> None:
    rng = random.Random(f"{role}{round_}")
    for _ in range(n):
        _kill_during_an_answer(running, role, rng)
        _answer_is_whole(running)
    assert running.companion.log.check() == []
    notices = [one for one in running.seen if isinstance(one, events.Notice) and one.code == "fault"]
    assert notices == []


def test_control_without_a_kill_no_worker_is_lost(running: Running) -> None:
    _answer_is_whole(running)
    assert not [one for one in running.seen if isinstance(one, events.WorkerLost)]
    with pytest.raises(AssertionError, match="no memory worker runs"):
        running.kill("memory")  # type: ignore[arg-type]
