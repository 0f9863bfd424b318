from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from companion.gui.stage.motion import BREATH_S, Attention, Blinker, Life, Pose, Spring, breath, ease, toward

pytestmark = pytest.mark.unit


def frames(seconds: float, rate: float = 60.0) -> list[float]:
    return [i / rate for i in range(int(seconds * rate))]


def test_a_breath_takes_four_seconds_and_stays_within_its_range() -> None:
    values = [breath(t) for t in frames(8)]
    assert min(values) == pytest.approx(0.0, abs=1e-3)
    assert max(values) == pytest.approx(1.0, abs=1e-3)
    assert breath(1.3) == pytest.approx(breath(1.3 + BREATH_S))


def test_breath_has_no_jump() -> None:
    values = [breath(t) for t in frames(8.2)]
    assert max(abs(b - a) for a, b in pairwise(values)) < 0.03


def blink_starts(seed: int, seconds: float) -> list[float]:
    blinker = Blinker(Random(seed))
    starts, before = [], 0
    for t in frames(seconds):
        now = blinker.lids(t)
        if now and not before:
            starts.append(t)
        before = now
    return starts


def test_blinks_come_every_three_to_six_seconds_and_sometimes_twice() -> None:
    gaps = [b - a for seed in range(6) for a, b in _pairs(blink_starts(seed, 240))]
    single = [gap for gap in gaps if gap > 1]
    double = [gap for gap in gaps if gap <= 1]
    assert all(2.9 < gap < 6.4 for gap in single)
    assert 0 < len(double) < len(single) / 3


def _pairs(values: list[float]) -> list[tuple[float, float]]:
    return list(pairwise(values))


def test_a_blink_passes_half_shut_half() -> None:
    blinker = Blinker(Random(1))
    seen = [blinker.lids(i / 200) for i in range(200 * 12)]
    first = seen.index(1)
    run = seen[first : first + 60]
    changes = [run[0], *(b for a, b in pairwise(run) if a != b)]
    assert changes[:4] == [1, 2, 1, 0]


def test_a_spring_arrives_without_overshoot() -> None:
    spring = Spring(10.0)
    path = [spring.follow(1.0, 1 / 60) for _ in range(120)]
    assert path[-1] == pytest.approx(1.0, abs=1e-3)
    assert max(path) <= 1.0 + 1e-9


def test_a_look_never_exceeds_its_reach() -> None:
    assert toward(0, 0, 400) == (0, 0)
    assert toward(400, -400, 400) == (0.5, -0.5)
    assert all(-1 < part < 1 for part in toward(1e6, -1e6, 400))


def test_ease_is_bounded() -> None:
    assert [ease(-1), ease(0.5), ease(2)] == [0.0, 0.5, 1.0]


def test_the_gaze_turns_towards_what_is_looked_at() -> None:
    life = Life(Random(1))
    poses = [life.advance(t, Attention(look=(0.8, -0.5))) for t in frames(2)]
    assert poses[-1].gaze_x > 4
    assert poses[-1].gaze_y < -1
    assert life.is_settled


def test_a_long_gap_moves_the_body_by_a_tenth_of_a_second_only() -> None:
    steady, woken = Life(Random(1)), Life(Random(1))
    for life in (steady, woken):
        life.advance(0.0, Attention())
    short = steady.advance(0.1, Attention(look=(1, 0)))
    long = woken.advance(500.0, Attention(look=(1, 0)))
    assert short.gaze_x == pytest.approx(long.gaze_x)


def test_poses_closer_than_a_quarter_pixel_give_the_same_frame() -> None:
    assert Pose(head_x=1.0).rounded(0.4) == Pose(head_x=1.02).rounded(0.4)
    assert Pose(head_x=1.0).rounded(0.4) != Pose(head_x=3.0).rounded(0.4)


def test_a_resting_body_needs_few_frames() -> None:
    life = Life(Random(3))
    poses = [life.advance(t, Attention()).rounded(0.42) for t in frames(20, 22)]
    changes = sum(a != b for a, b in pairwise(poses))
    assert changes < len(poses) * 0.75
