"""Turns of a sitting whose truth is known by construction are measured as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.cli.benchmarks.voice.clips import SpokenTurn, UserClip
from companion.cli.benchmarks.voice.endurance import endurance
from companion.cli.benchmarks.voice.recording import Recording
from companion.cli.benchmarks.voice.script import During, ScriptedTurn
from companion.cli.benchmarks.voice.sitting import Sitting, naive_places, orders
from companion.cli.benchmarks.voice.summary import figures
from companion.cli.benchmarks.voice.turns import measured_turns
from companion.cli.benchmarks.voice.watch import Sample, leaked
from companion.domain import events
from companion.domain.messages import StoredMessage, TurnId

pytestmark = pytest.mark.unit

_RATE = 24_000
_ORIGIN_S = 500.0


def _spoken(name: str, seconds: float, *, pause: bool = False, during: During = "") -> SpokenTurn:
    n = int(seconds * _RATE)
    pauses = ((n // 3, n // 2),) if pause else ()
    turn = ScriptedTurn(name, "zh", "pause" if pause else "question", ("今天天气很好。",), (), during)
    came_in = UserClip(Path("b.wav"), "", _RATE // 2, 0, _RATE // 2) if during else None
    return SpokenTurn(turn, UserClip(Path("a.wav"), "今天天气很好。", n, 0, n, pauses), came_in)


def _message(id_: int, role: Any, text: str) -> StoredMessage:
    return StoredMessage(id_, "chat", None, role, text, 0.0)


class _Talk:
    """Builds a sitting: what the user says begins at `at_s`, her reply of one second at `reply_s`."""

    def __init__(self, length_s: float) -> None:
        self.hers = np.zeros(int(length_s * _RATE), np.float32)
        self.told: list[dict[str, Any]] = []
        self.made: list[dict[str, Any]] = []
        self.sounds: list[np.ndarray] = []
        self.spoken: list[SpokenTurn] = []
        self.stamps: list[tuple[float, events.Event]] = []
        self.stored: dict[int, StoredMessage] = {}
        self.recognised: dict[tuple[int, int], str] = {}

    def turn(
        self, spoken: SpokenTurn, at_s: float, reply_s: float, *, said_s: float, text: str = "好的。"
    ) -> None:
        order, n = len(self.spoken), len(self.spoken) + 1
        self.spoken.append(spoken)
        at, reply = int(at_s * _RATE), int(reply_s * _RATE)
        self.told.append({"name": "user", "what": "said", "order": order, "sample": at})
        self.told.append({"name": "PlaybackStarted", "sample": reply, "at": reply, "turn": n, "revision": 0})
        sound = (0.1 * np.random.default_rng(n).standard_normal(_RATE)).astype(np.float32)
        self.hers[reply : reply + _RATE] = sound
        begin = sum(map(len, self.sounds))
        self.sounds.append(sound)
        self.made.append(
            {"turn": n, "revision": 0, "begin": begin, "n": _RATE, "last": True, "at_s": reply_s - 0.1}
        )
        user, hers = _message(2 * n, "user", "今天天气很好"), _message(2 * n + 1, "assistant", text)
        self.stamps.append((_ORIGIN_S + said_s, events.UserSaid(TurnId(n), user, True)))
        finished = events.ReplyFinished(TurnId(n), hers, False, events.TurnTimings())
        self.stamps.append((_ORIGIN_S + reply_s + 1, finished))
        self.stored[hers.message] = hers
        self.recognised[n, 0] = text

    def sitting(self, *, outcomes: tuple[str, ...] = (), samples: tuple[Sample, ...] = ()) -> Sitting:
        log = {
            "told": self.told,
            "made": self.made,
            "outcomes": [{"order": i, "outcome": one} for i, one in enumerate(outcomes)],
            "origin_s": _ORIGIN_S,
            "underruns": 0,
            "late_ms": {"p99": 1.0, "max": 2.0},
        }
        recording = Recording(np.zeros_like(self.hers), self.hers, np.concatenate(self.sounds), log, _RATE)
        watched = list(samples) or [Sample(_ORIGIN_S, {"sum": 1.0}, (), 1)]
        places = list(range(len(self.spoken)))
        return Sitting(
            "zh",
            self.spoken,
            places,
            recording,
            self.stamps,
            1.0,
            2.0,
            500,
            self.stored,
            self.recognised,
            "listening",
            watched,
        )


def test_voice_to_voice_runs_from_the_acoustic_end_to_her_first_sound() -> None:
    talk = _Talk(8)
    talk.turn(_spoken("one", 1.5), 1.0, 3.25, said_s=3.0)
    [turn] = measured_turns(talk.sitting())
    assert turn.voice_to_voice_s == pytest.approx(0.75, abs=0.001)
    assert not turn.is_cut
    assert turn.hearing_error == 0.0
    assert turn.marks["committed"] == pytest.approx(0.5, abs=0.001)
    assert turn.replies[0].heard is not None
    assert turn.replies[0].heard.end == 0


def test_an_answer_before_the_end_is_a_false_cut_and_no_fast_answer() -> None:
    talk = _Talk(8)
    talk.turn(_spoken("one", 3.0, pause=True), 1.0, 2.4, said_s=2.2)
    talk.told.append({"name": "SoftEnd", "sample": int(2.1 * _RATE), "at": 2 * _RATE})
    sitting = talk.sitting()
    turns = measured_turns(sitting)
    assert turns[0].is_cut
    assert turns[0].voice_to_voice_s is None
    cuts = figures([sitting], [turns], [])["false_cuts"]
    assert (cuts["pauses"], cuts["heard"], cuts["taken_for_complete"]) == (1, 1, 1)


def test_a_late_answer_to_the_turn_before_is_no_false_cut() -> None:
    talk = _Talk(8)
    talk.turn(_spoken("one", 3.0, pause=True), 1.0, 1.4, said_s=4.5)
    talk.told.append({"name": "SoftEnd", "sample": int(2.1 * _RATE), "at": 2 * _RATE})
    [turn] = measured_turns(talk.sitting())
    assert turn.is_crossed
    assert not turn.is_cut
    assert turn.voice_to_voice_s is None


def test_a_turn_taken_for_complete_but_not_heard_is_told_apart() -> None:
    talk = _Talk(8)
    talk.turn(_spoken("one", 2.0, pause=True), 1.0, 4.0, said_s=1.9)
    sitting = talk.sitting()
    cuts = figures([sitting], [measured_turns(sitting)], [])["false_cuts"]
    assert (cuts["heard"], cuts["taken_for_complete"]) == (0, 1)


def test_the_first_turn_after_launch_stands_apart() -> None:
    talk = _Talk(20)
    talk.turn(_spoken("one", 1.0), 1.0, 5.0, said_s=2.5)
    talk.turn(_spoken("two", 1.0), 8.0, 10.0, said_s=9.5)
    sitting = talk.sitting()
    out = figures([sitting], [measured_turns(sitting)], [])
    assert out["voice_to_voice_first_turn_s"]["p50"] == pytest.approx(3.0, abs=0.001)
    assert out["voice_to_voice_s"]["p50"] == pytest.approx(1.0, abs=0.001)


def test_the_controls_turns_follow_ours_of_the_same_words() -> None:
    spoken = [_spoken(str(i), 1.0, during="cough" if i % 2 else "") for i in range(10)]
    chosen = naive_places(spoken)
    ours, theirs = orders(len(spoken), chosen)
    assert len(chosen) == 2
    assert all(spoken[place].during is None for place in chosen)
    assert sorted(order for _, order in (*ours, *theirs)) == list(range(12))
    mine = dict(ours)
    assert all(order == mine[place] + 1 for place, order in theirs)


def test_a_soak_tells_what_is_stuck_leaked_and_grown() -> None:
    talk = _Talk(20)
    talk.turn(_spoken("one", 1.0), 1.0, 3.0, said_s=2.5)
    talk.turn(_spoken("two", 1.0), 6.0, 8.0, said_s=7.5)
    samples = tuple(
        Sample(_ORIGIN_S + second, {"main": 100.0 + 2 * second, "sum": 300.0}, names, 9)
        for second, names in ((1.5, ("conversation", "turn-1")), (19.0, ("conversation", "turn-2", "lost-4")))
    )
    sitting = talk.sitting(outcomes=("answered", "silent"), samples=samples)
    out = endurance(sitting, measured_turns(sitting))
    assert out["turns_without_reply"] == 1
    assert out["threads_leaked"] == ["lost-"]
    assert out["memory_grown_mb"]["main"] == pytest.approx(35.0)
    assert out["voice_to_voice_second_half_s"]["n"] == 1


def test_a_thread_that_takes_the_place_of_another_is_no_leak() -> None:
    before, after = Sample(0.0, {}, ("turn-1", "hearing"), 2), Sample(1.0, {}, ("turn-7", "hearing"), 2)
    assert leaked(before, after) == []
