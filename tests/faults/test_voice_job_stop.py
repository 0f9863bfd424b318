"""A voice training that is interrupted, or whose window is gone, saves what it has and goes on later."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.audio.wav import write_wav

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(os.name != "posix", reason="sends a signal as a terminal does"),
]
_N_RECORDINGS = 10
_RATE_HZ = 22_050


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise that swells like speech: enough for the cutting to take a while."""
    folder = tmp_path_factory.mktemp("录音")
    noise = np.random.default_rng(1).normal(0, 0.1, 8 * _RATE_HZ)
    swell = 1 + np.sin(2 * np.pi * 3 * np.arange(len(noise)) / _RATE_HZ)
    for n in range(_N_RECORDINGS):
        write_wav(folder / f"{n:02d}.wav", (noise * swell * (0.5 + n / 50)).astype(np.float32), _RATE_HZ)
    return folder


def _command(home: Path, *arguments: str) -> list[str]:
    start = [sys.executable, "-P", "-m", "companion", "train-voice", "--home", str(home), "--json"]
    return [*start, *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "COMPANION_TRAIN_PYTHON": "/nowhere/python"}


class Started:
    """A training in a process of its own, followed until it cuts the third recording."""

    def __init__(self, home: Path, arguments: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            _command(home, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(),
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            if event.get("stage") == "cut" and event.get("done", 0) >= 2:
                break

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def close_input(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    def end(self) -> tuple[int, dict[str, Any], str]:
        """Return exit code, the last line and what was said on standard error."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        with self._process.stdout, self._process.stderr:
            last = self._process.stdout.read().splitlines()[-1]
            said = self._process.stderr.read()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return self._process.wait(60), json.loads(last), said


def _go_on(home: Path) -> dict[str, Any]:
    done = subprocess.run(
        _command(home, "--resume", "--to", "cut"),
        capture_output=True,
        text=True,
        env=_environment(),
        timeout=100,
        check=True,
    )
    end: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return end


def _clips(end: dict[str, Any]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path(end["folder"]).glob("clips/*.wav"))}


def test_ctrl_c_saves_and_the_rest_is_done_later(recordings: Path, tmp_path: Path) -> None:
    arguments = [str(recordings), "--character", "xiaoman", "--yes-i-have-permission"]
    started = Started(tmp_path / "one", arguments)
    started.interrupt()
    code, end, said = started.end()
    assert (code, end["outcome"]) == (130, "cancelled")
    assert "Saving what is done" in said
    whole = subprocess.run(
        _command(tmp_path / "two", *arguments, "--to", "cut"),
        capture_output=True,
        text=True,
        env=_environment(),
        timeout=100,
        check=True,
    )
    expected = _clips(json.loads(whole.stdout.splitlines()[-1]))
    assert expected
    assert _clips(_go_on(tmp_path / "one")) == expected


def test_a_window_that_is_gone_lets_it_save_and_stop(recordings: Path, tmp_path: Path) -> None:
    arguments = [str(recordings), "--character", "xiaoman", "--yes-i-have-permission", "--until-closed"]
    started = Started(tmp_path / "home", arguments)
    started.close_input()
    code, end, _ = started.end()
    assert (code, end["outcome"]) == (130, "cancelled")
    assert _go_on(tmp_path / "home")["outcome"] == "done"


def test_a_second_process_is_told_that_one_is_at_work(recordings: Path, tmp_path: Path) -> None:
    arguments = [str(recordings), "--character", "xiaoman", "--yes-i-have-permission"]
    started = Started(tmp_path / "home", arguments)
    second = subprocess.run(
        _command(tmp_path / "home", *arguments),
        capture_output=True,
        text=True,
        env=_environment(),
        timeout=100,
    )
    started.interrupt()
    assert started.end()[0] == 130
    assert json.loads(second.stdout.splitlines()[-1])["code"] == "in_use"
