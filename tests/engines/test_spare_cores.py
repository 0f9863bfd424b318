"""Threads give way to other programs and come back."""

from __future__ import annotations

import pytest

from companion.engines.spare_cores import Pace, SpareCores, others_busy_s, others_running

pytestmark = pytest.mark.unit


class Machine:
    """A computer whose clock and load the test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.busy = 0.0
        self.running: int | None = 0

    def spend(self, seconds: float, *, load: float) -> None:
        self.now += seconds
        self.busy += seconds * load

    def cores(self, n: int) -> SpareCores:
        return SpareCores(n, clock=lambda: self.now, busy_s=lambda: self.busy, running=lambda: self.running)


@pytest.mark.parametrize(("load", "expected"), [(0.0, 2), (0.3, 2), (0.5, 1), (1.0, 1), (2.0, 1), (5.0, 1)])
def test_threads_follow_what_others_use(load: float, expected: int) -> None:
    machine = Machine()
    cores = machine.cores(2)
    machine.spend(0.5, load=load)
    assert cores.threads(2) == expected


def test_threads_come_back_when_the_load_goes() -> None:
    machine = Machine()
    cores = machine.cores(4)
    machine.spend(0.5, load=3.0)
    assert cores.threads(4) == 1
    machine.spend(0.5, load=0.0)
    assert cores.threads(4) == 4


def test_no_new_look_within_a_quarter_second() -> None:
    machine = Machine()
    cores = machine.cores(2)
    machine.spend(0.1, load=2.0)
    assert cores.threads(2) == 2


def test_after_a_long_pause_only_this_moment_counts() -> None:
    machine = Machine()
    cores = machine.cores(2)
    machine.spend(60.0, load=0.0)
    machine.running = 2
    assert cores.threads(2) == 1
    machine.spend(60.0, load=2.0)
    machine.running = 0
    assert cores.threads(2) == 2


def test_the_real_figures_can_be_read() -> None:
    assert others_busy_s() > 0
    running = others_running()
    assert running is None or running >= 0


def test_a_pace_tells_only_changes() -> None:
    machine = Machine()
    pace = Pace(1, 2, machine.cores(2))
    assert pace.changed() is None
    machine.spend(0.5, load=1.0)
    assert pace.changed() == (1, 1)
    assert pace.changed() is None
    machine.spend(0.5, load=0.0)
    assert pace.changed() == (1, 2)


def test_who_begins_anew_counts_what_runs_now_and_not_what_has_run() -> None:
    machine = Machine()
    cores = machine.cores(2)
    machine.spend(0.5, load=2.0)
    assert cores.threads(2) == 1
    pace = Pace(1, 2, cores)
    pace.begin()
    assert cores.threads(2) == 2
    machine.running = 2
    pace.begin()
    assert cores.threads(2) == 1
