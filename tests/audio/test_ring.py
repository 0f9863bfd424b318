"""Buffers between callback and thread."""

from __future__ import annotations

import numpy as np
import pytest

from companion.audio.ring import CaptureRing, History, PlayRing, SampleRing

pytestmark = pytest.mark.unit


def ramp(first, until):
    return np.arange(first, until, dtype=np.float32)


def test_samples_come_out_in_order_over_the_edge():
    ring = SampleRing(10)
    out = np.zeros(10, np.float32)
    got = []
    for first in range(0, 40, 4):
        assert ring.write(ramp(first, first + 4)) == 4
        got += list(out[: ring.read_into(out)])
    assert got == list(range(40))


def test_full_ring_takes_what_fits():
    ring = SampleRing(10)
    assert ring.write(ramp(0, 15)) == 10
    assert ring.fill == 10


def test_capture_counts_what_was_lost():
    ring = CaptureRing(1000, seconds=0.01)
    ring.write(ramp(0, 15), 1.0)
    assert (ring.overflows, len(ring.read())) == (5, 10)


def test_late_callbacks_do_not_move_the_microphones_clock():
    ring = CaptureRing(1000)
    for n, late_s in enumerate((0.0, 0.004, 0.009, 0.0, 0.007)):
        ring.write(ramp(0, 10), 5.01 + n * 0.01 + late_s)
    ring.read()
    assert ring.read_at_s == pytest.approx(5.05, abs=1e-3)


def test_heard_follows_the_time_at_which_blocks_become_audible():
    ring = PlayRing(1000)
    ring.write(ramp(0, 20))
    out = np.zeros(10, np.float32)
    ring.fill_out(out, 1.0)
    ring.fill_out(out, 1.01)
    assert [ring.heard(at_s) for at_s in (0.9, 1.0, 1.0051, 1.0101, 1.0151, 2.0)] == [0, 0, 5, 10, 15, 20]


def test_position_stands_still_while_the_ring_is_empty():
    ring = PlayRing(1000)
    ring.write(ramp(0, 5))
    out = np.zeros(10, np.float32)
    ring.fill_out(out, 1.0)
    ring.fill_out(out, 1.01)
    assert ring.heard(1.015) == 5
    assert list(out) == [0.0] * 10


def test_underruns_count_only_while_there_is_sound():
    ring = PlayRing(1000)
    out = np.zeros(10, np.float32)
    ring.fill_out(out, 1.0)
    ring.write(ramp(0, 15))
    ring.is_fed = True
    ring.fill_out(out, 1.01)
    assert ring.underruns == 0
    ring.fill_out(out, 1.02)
    assert ring.underruns == 1


def test_cut_fades_out_and_drops_the_rest():
    ring = PlayRing(10_000)
    ring.write(np.ones(500, np.float32))
    out = np.zeros(100, np.float32)
    ring.fill_out(out, 1.0)
    ring.cut()
    ring.fill_out(out, 1.01)
    assert np.all(np.diff(out[:50]) < 0)
    assert not out[50:].any()
    assert (ring.take_cut(), ring.take_cut()) == (150, None)
    assert ring.fill == 0


def test_sound_written_after_a_cut_is_played():
    ring = PlayRing(10_000)
    ring.write(np.ones(500, np.float32))
    ring.cut()
    ring.write(np.full(100, 0.5, np.float32))
    out = np.zeros(100, np.float32)
    ring.fill_out(out, 1.0)
    ring.fill_out(out, 1.01)
    assert np.array_equal(out, np.full(100, 0.5, np.float32))
    assert ring.heard(2.0) == 600


def test_history_keeps_the_latest_samples_under_their_positions():
    history = History(100)
    for first in range(0, 1000, 40):
        history.append(ramp(first, first + 40))
    assert list(history.slice(950, 960)) == list(range(950, 960))
    assert list(history.slice(0, 10)) == []
    assert history.end == 1000
