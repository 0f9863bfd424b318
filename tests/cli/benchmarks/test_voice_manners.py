"""The scripted user waits for his turn, comes in when the script says so, and never waits for ever."""

from __future__ import annotations

import pytest

from companion.cli.benchmarks.voice.manners import Entry, Manners, Started

pytestmark = pytest.mark.unit

_STEP_S = 0.01


class _World:
    """Time in steps of 10 ms; she speaks when told to."""

    def __init__(self, *entries: Entry, talk_s: float = 0.5) -> None:
        self.manners = Manners(entries, seed=1, reply_timeout_s=5.0)
        self.now_s = 0.0
        self.started: list[tuple[float, Started]] = []
        self.may_begin = True
        self._talk_s = talk_s
        self._talks_until_s = -1.0
        self._speaks_until_s = -1.0

    def pass_s(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += _STEP_S
            speaks = self.now_s < self._speaks_until_s
            if not speaks and self._speaks_until_s > 0:
                self._speaks_until_s = -1.0
                self.manners.ended(self.now_s, stopped=False)
            started = self.manners.step(
                self.now_s,
                mic_is_open=True,
                has_speech=speaks,
                is_audible=speaks,
                is_talking=self.now_s < self._talks_until_s,
                may_begin=lambda order: self.may_begin,
            )
            if started is not None:
                self.started.append((self.now_s, started))
                self._talks_until_s = self.now_s + self._talk_s

    def she_speaks(self, seconds: float) -> None:
        self._speaks_until_s = self.now_s + seconds

    def she_is_stopped(self) -> None:
        self._speaks_until_s = -1.0
        self.manners.ended(self.now_s, stopped=True)

    @property
    def outcomes(self) -> list[str]:
        return [row["outcome"] for row in self.manners.outcomes]


def test_the_next_turn_follows_her_reply_and_a_pause() -> None:
    world = _World(Entry(0, "a", "a.wav"), Entry(1, "b", "b.wav"))
    world.pass_s(2.5)
    world.she_speaks(3.0)
    world.pass_s(3.0)
    assert [one.order for _, one in world.started] == [0]
    world.pass_s(2.5)
    assert [one.order for _, one in world.started] == [0, 1]
    assert world.outcomes == ["answered"]


def test_a_reply_that_does_not_come_is_not_waited_for_for_ever() -> None:
    world = _World(Entry(0, "a", "a.wav"))
    world.pass_s(9.0)
    assert world.outcomes == ["silent"]
    assert world.manners.is_over


def test_a_sound_comes_into_her_reply_when_the_script_says() -> None:
    world = _World(Entry(0, "a", "a.wav", "cough.wav", 1.2))
    world.pass_s(2.5)
    begun_s = world.now_s
    world.she_speaks(4.0)
    world.pass_s(4.5)
    [_, (came_s, came)] = world.started
    assert came.what == "during"
    assert came_s - begun_s == pytest.approx(1.2, abs=0.05)
    world.pass_s(3.0)
    assert world.outcomes == ["answered"]


def test_a_chance_that_did_not_come_is_told() -> None:
    world = _World(Entry(0, "a", "a.wav", "cough.wav", 3.0))
    world.pass_s(2.5)
    world.she_speaks(1.0)
    world.pass_s(2.0)
    assert world.outcomes == ["missed"]


def test_a_question_into_her_reply_waits_for_its_own_answer() -> None:
    world = _World(Entry(0, "a", "a.wav", "wait.wav", 0.5, asks_again=True))
    world.pass_s(2.5)
    world.she_speaks(9.0)
    world.pass_s(0.8)
    world.she_is_stopped()
    world.pass_s(4.0)
    assert world.outcomes == []
    world.she_speaks(1.0)
    world.pass_s(3.5)
    assert world.outcomes == ["answered"]


def test_stop_is_not_answered_and_the_talk_goes_on() -> None:
    world = _World(Entry(0, "a", "a.wav", "stop.wav", 0.5))
    world.pass_s(2.5)
    world.she_speaks(9.0)
    world.pass_s(0.8)
    world.she_is_stopped()
    world.pass_s(9.0)
    assert world.outcomes == ["answered"]


def test_nothing_begins_while_it_is_the_others_turn() -> None:
    world = _World(Entry(3, "a", "a.wav"))
    world.may_begin = False
    world.pass_s(5.0)
    assert not world.started
    world.may_begin = True
    world.pass_s(0.1)
    assert [one.order for _, one in world.started] == [3]
