"""A scripted user talks with a small program, and what was recorded tells when."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from companion.audio.wav import write_wav
from companion.cli.benchmarks.voice.manners import Entry, read_entries, write_entries
from companion.cli.benchmarks.voice.recording import Recording
from companion.cli.benchmarks.voice.user import Baton, ScriptedUser, underruns
from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.engines.detectors.energy import Energy
from companion.ports import AudioPlan, UtteranceEnded

pytestmark = pytest.mark.unit

_RATE = 24_000


def _sound(seconds: float, seed: int) -> np.ndarray:
    dice = np.random.default_rng(seed)
    return (0.1 * dice.standard_normal(int(seconds * _RATE))).astype(np.float32)


def _answer(audio: ScriptedUser) -> None:
    n = 0
    for signal in audio.signals():
        if isinstance(signal, UtteranceEnded):
            n += 1
            audio.enqueue(TurnId(n), Speech(AudioClip(_sound(1.0, 50 + n), _RATE), "好。"))
            audio.finish(TurnId(n))


def test_the_recording_tells_when_each_spoke(tmp_path: Path) -> None:
    clip = tmp_path / "said.wav"
    write_wav(clip, _sound(0.6, 1), _RATE)
    script, baton = tmp_path / "script.json", tmp_path / "baton"
    write_entries(script, [Entry(0, "one", str(clip)), Entry(1, "two", str(clip))])
    baton.write_text("0", encoding="ascii")
    audio = ScriptedUser.load(script, tmp_path, detector=Energy.load(), baton=baton)
    program = threading.Thread(target=_answer, args=(audio,))
    program.start()
    audio.open(AudioPlan(end_silence_ms=300, duplex="half"))
    audio.listen("hands_free")
    program.join(timeout=60)
    audio.close()

    recording = Recording.read(tmp_path)
    said = [row["sample"] for row in recording.told if row["name"] == "user"]
    assert [row["outcome"] for row in recording.outcomes] == ["answered", "answered"]
    assert len(said) == len(recording.replies) == 2
    for begin, reply in zip(said, recording.replies, strict=True):
        end = begin + int(0.6 * _RATE)
        first = recording.first_sound(end)
        assert first is not None
        assert recording.seconds(first - end) >= 0.3
        assert abs(first - reply.start) < 0.02 * _RATE
        assert recording.gaps(reply) == []
    assert baton.read_text(encoding="ascii") == "2"


def test_entries_survive_the_way_to_another_process(tmp_path: Path) -> None:
    entries = [Entry(0, "一", "a.wav"), Entry(4, "二", "b.wav", "c.wav", 1.5, asks_again=True)]
    write_entries(tmp_path / "script.json", entries)
    assert read_entries(tmp_path / "script.json") == entries


def test_a_baton_keeps_the_order_of_two_programs(tmp_path: Path) -> None:
    file = tmp_path / "baton"
    file.write_text("0", encoding="ascii")
    ours, theirs = Baton(file), Baton(file)
    assert ours.may_begin(0)
    assert not theirs.may_begin(1)
    ours.done(0)
    assert theirs.may_begin(1)
    assert json.loads(file.read_text(encoding="ascii")) == 1


def test_catching_up_after_a_late_step_counts_once() -> None:
    assert underruns(np.array([0.0, 200.0, 190.0, 180.0, 3.0, 0.0, 151.0, 20.0])) == 2
    assert underruns(np.array([140.0, 30.0])) == 0


def test_the_worker_that_loads_the_user_meets_no_window() -> None:
    code = (
        "import sys, companion.cli.benchmarks.voice.user; "
        "from companion.workers.confinement import forbidden_modules; "
        "print(forbidden_modules(), 'companion.app' in sys.modules, 'companion.gui' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False False"
