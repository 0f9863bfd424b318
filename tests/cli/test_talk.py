"""`companion talk`: a spoken question, recognised, answered and recorded, in the demo with a real ear for speech."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.audio.wav import read_wav

pytestmark = pytest.mark.engine

Run = Callable[..., Any]


def test_what_is_said_into_the_microphone_is_answered_aloud(run: Run, tmp_path: Path) -> None:
    said = run("say", "你好，今天过得怎么样？", "--json", "--out", str(tmp_path / "said.wav"))
    if said.code:
        pytest.skip(f"{said.json['error']} Run with --extra starter-small")
    out = tmp_path / "recorded.wav"
    done = run("talk", "--demo", "--json", "--wav", str(tmp_path / "said.wav"), "--out", str(out))
    assert done.code == 0
    (turn,) = done.json["turns"]
    assert turn["transcript"]
    assert turn["reply"]
    assert turn["interrupted"] is False
    assert turn["timings"]["first_audio_s"] > 0
    assert float(np.abs(read_wav(out).samples).max()) > 0.05


def test_the_program_itself_runs_as_a_module(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "companion", "characters", "list", "--json", "--home", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True)
    assert {one["id"] for one in json.loads(done.stdout)} == {"xiaoman", "wren"}
