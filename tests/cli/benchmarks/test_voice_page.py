"""The page of the voice benchmark stands alone and shows each turn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.cli.benchmarks.voice.clips import SpokenTurn, UserClip
from companion.cli.benchmarks.voice.goals import judged
from companion.cli.benchmarks.voice.page import mu_law
from companion.cli.benchmarks.voice.recording import Recording
from companion.cli.benchmarks.voice.script import ScriptedTurn
from companion.cli.benchmarks.voice.timeline import drawn
from companion.cli.benchmarks.voice.turns import MeasuredTurn

pytestmark = pytest.mark.unit

_RATE = 24_000
_NONE: dict[str, Any] = {"n": 0}


def _turn() -> tuple[MeasuredTurn, Recording]:
    n = 6 * _RATE
    user, hers = np.zeros(n, np.float32), np.zeros(n, np.float32)
    user[_RATE : 2 * _RATE] = 0.2
    hers[3 * _RATE : 5 * _RATE] = 0.2
    told = [
        {"name": "PlaybackStarted", "sample": 3 * _RATE, "at": 3 * _RATE, "turn": 1, "revision": 0},
        {"name": "Ducked", "sample": 4 * _RATE, "turn": 1, "revision": 0},
        {"name": "Resumed", "sample": int(4.2 * _RATE), "turn": 1, "revision": 0},
    ]
    log = {"told": told, "made": [], "outcomes": [], "origin_s": 0.0, "underruns": 0, "late_ms": {}}
    clip = UserClip(Path("a.wav"), "好<b>。", _RATE, 0, _RATE, ((_RATE // 2, int(0.7 * _RATE)),))
    spoken = SpokenTurn(ScriptedTurn("zh-<one>", "zh", "pause", ("好", "<b>。"), (200,)), clip, None)
    marks = {"soft end": 0.14, "recognised": 0.5, "first token": 0.6, "committed": 0.7, "first sound": 1.0}
    turn = MeasuredTurn(spoken, 0, _RATE, _RATE, 2 * _RATE, n, 1.0, marks=marks)
    return turn, Recording(user, hers, hers[:0], log, _RATE)


def test_a_turn_is_drawn_as_well_formed_svg_with_every_mark() -> None:
    turn, recording = _turn()
    root = ET.fromstring(drawn(turn, recording))
    texts = " ".join(text.text or "" for text in root.iter("text"))
    classes = {element.get("class") for element in root.iter()}
    assert all(name in texts for name in turn.marks)
    assert {"user", "hers", "pause", "ducked", "end", "first"} <= classes


def _figures(**other: Any) -> dict[str, Any]:
    none = dict.fromkeys(
        (
            "voice_to_voice_s",
            "naive_voice_to_voice_s",
            "ratio_to_naive",
            "voice_to_voice_first_turn_s",
            "heard_text_end_error",
            "gap_between_clauses_s",
            "hearing_error_zh",
            "hearing_error_en",
            "stamps_differ_s",
        ),
        _NONE,
    )
    names = ("stopped_by_noise", "stopped_by_backchannel", "stopped_by_herself", "resumed")
    rates = {name: {"n": 0, "count": 0, "rate": None} for name in names}
    return {
        "model": "qwen-1.5b",
        "launches": [],
        "false_cuts": {"heard_rate": None, "pauses": 0, "taken_for_complete": 0},
        "barge_in": {"n": 0, "missed": 0, "duck_s": _NONE, "stop_s": _NONE},
        "gaps_inside_clauses": 0,
        "underruns": 0,
        **none,
        **rates,
        **other,
    }


@pytest.mark.parametrize(("model", "p50", "reached"), [("qwen-1.5b", 1.1, True), ("qwen-0.5b", 1.1, False)])
def test_the_goal_depends_on_the_mind(model: str, p50: float, reached: bool) -> None:
    out = _figures(model=model, voice_to_voice_s={"n": 9, "p50": p50, "p95": 1.8})
    assert judged(out)[0].reached is reached


def test_what_was_not_measured_is_neither_reached_nor_missed() -> None:
    rows = {row.name: row for row in judged(_figures())}
    assert rows["voice to voice, p50 / p95"].reached is None
    assert rows["barge-ins missed"].reached is None
    assert rows["underruns"].reached is True


@pytest.mark.parametrize(
    ("sample", "code"),
    [(0.0, 0xFF), (1.0, 0x80), (-1.0, 0x00), (0.5, 0x8F), (-0.5, 0x0F), (0.01, 0xE3)],
)
def test_sound_is_packed_as_the_standard_says(sample: float, code: int) -> None:
    assert mu_law(np.array([sample], np.float32)).tolist() == [code]
