from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from companion.engines.recognisers.spans import Span, speech_spans, windows

pytestmark = pytest.mark.unit


def bounds(spans: list[Span]) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in spans]


def speech(pattern: str) -> np.ndarray:
    """`#` speech, `-` doubtful, `.` silence."""
    return np.array([{"#": 0.9, "-": 0.4, ".": 0.1}[mark] for mark in pattern], np.float32)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("....", []),
        ("----", []),
        ("..####..", [(2, 6)]),
        ("..##--##..", [(2, 8)]),
        ("##....##", [(0, 8)]),
        ("##.........##", [(0, 2), (11, 13)]),
        ("", []),
    ],
)
def test_speech_begins_clearly_and_short_pauses_belong_to_it(
    pattern: str, expected: list[tuple[int, int]]
) -> None:
    assert bounds(speech_spans(speech(pattern))) == expected


def test_windows_join_neighbours_and_add_padding_inside_the_clip() -> None:
    spans = [Span(2, 10, 0.9, 1.0), Span(20, 30, 0.7, 0.9), Span(200, 210, 0.8, 0.8)]
    joined = windows(spans, most=60, padding=5, n_frames=212)
    assert bounds(joined) == [(0, 35), (195, 212)]
    assert joined[0].peak == 1.0
    assert joined[0].mean == pytest.approx((8 * 0.9 + 10 * 0.7) / 18)


def test_no_speech_gives_no_window() -> None:
    assert windows([], most=60, padding=5, n_frames=100) == []


def test_ten_minutes_without_a_pause_are_cut_and_nothing_is_lost() -> None:
    n_frames = 18_750
    cut = windows([Span(0, n_frames, 0.9, 1.0)], most=875, padding=7, n_frames=n_frames)
    assert all(span.frames <= 875 for span in cut)
    assert cut[0].start == 0
    assert cut[-1].end == n_frames
    assert all(after.start == before.end for before, after in pairwise(cut))
