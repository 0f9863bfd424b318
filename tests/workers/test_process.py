"""One worker process: how it starts, what it gives up, and that it never outlives the program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from companion.workers.exchange import Exchange
from companion.workers.frames import Frame
from companion.workers.process import LAUNCH, Launch, command

pytestmark = pytest.mark.fault

_ORPHAN_MAKER = """
import os, signal, sys, time
from companion.workers.exchange import Exchange
from companion.workers.process import LAUNCH
exchange = Exchange("language", LAUNCH, on_signal=lambda frame: None, on_end=lambda: None)
exchange.hello.wait(30)
if sys.argv[1] == "stopped":
    os.kill(exchange.process.pid, signal.SIGSTOP)
print(exchange.process.pid, flush=True)
time.sleep(600)
"""


def _exchange(role: str = "language", launch: Launch = LAUNCH) -> Exchange:
    exchange = Exchange(role, launch, on_signal=lambda frame: None, on_end=lambda: None)
    assert exchange.hello.wait(30)
    return exchange


@pytest.mark.parametrize("role", ["language", "speech", "audio"])
def test_hello_names_the_worker_and_no_forbidden_library(role: str) -> None:
    exchange = _exchange(role)
    hello = exchange.hello_header
    next(exchange.call("libraries", timeout_s=100))
    answer = next(exchange.call("libraries", timeout_s=100)).header
    exchange.process.close(4)
    assert (hello["role"], hello["pid"], hello["modules_forbidden"]) == (role, exchange.process.pid, [])
    assert answer["modules_forbidden"] == []
    assert answer["found"]


def test_a_worker_beats_with_its_size() -> None:
    beats: list[float] = []
    came = threading.Event()

    class Counting(Exchange):
        def _take(self, frame: Frame) -> None:
            super()._take(frame)
            if frame.op == "beat":
                beats.append(self.rss)
                came.set()

    exchange = Counting("language", LAUNCH, on_signal=lambda frame: None, on_end=lambda: None)
    assert came.wait(30)
    memory = psutil.Process(exchange.process.pid).memory_info()
    exchange.process.close(4)
    assert 0 < beats[0] < memory.rss


def test_closing_ends_the_process_in_order() -> None:
    exchange = _exchange()
    exchange.process.close(10)
    assert exchange.process.cause == "ended with code 0"


def test_an_operation_that_does_not_exist_ends_the_process() -> None:
    exchange = _exchange()
    exchange.send("eval", {"text": "1+1"})
    assert exchange.process.ended.wait(30)
    exchange.process.join()
    assert exchange.process.cause == "ended with code 4"
    assert exchange.process.last_words == "There is no operation eval."


@pytest.mark.skipif(sys.platform != "linux", reason="needs the parent-death signal or a pipe's end")
@pytest.mark.parametrize("how", ["running", "stopped"])
def test_a_worker_ends_with_the_program(how: str, has_ended: Any) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", _ORPHAN_MAKER, how], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert program.stdout is not None
    worker = int(program.stdout.readline())
    assert not has_ended(worker, 0.5)  # control: it lives while the program lives
    program.kill()
    program.wait()
    program.stdout.close()
    assert has_ended(worker, 30)


@pytest.mark.skipif(sys.platform != "linux", reason="the end of standard input alone, as on other systems")
def test_a_worker_ends_when_its_input_ends() -> None:
    worker = subprocess.Popen(
        command("language", network=True),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    assert worker.stdout.read(8)
    worker.stdin.close()
    assert worker.wait(30) == 0
    worker.stdout.close()
    assert worker.stderr is not None
    worker.stderr.close()


def test_ctrl_c_in_the_terminal_does_not_end_a_worker() -> None:
    exchange = _exchange()
    os.kill(exchange.process.pid, signal.SIGINT)
    assert next(exchange.call("libraries", timeout_s=100)).op == "done"
    exchange.process.close(10)
    assert exchange.process.cause == "ended with code 0"


def test_a_bundle_starts_its_console_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(Path("/opt/companion/companion")))
    assert command("speech", network=False) == ["/opt/companion/companion-cli", "worker", "speech"]
    assert command("audio", network=True)[-1] == "--network"


def test_secrets_are_never_on_the_command_line() -> None:
    assert command("language", network=True)[1:] == [
        "-P",
        "-m",
        "companion.workers.serve",
        "language",
        "--network",
    ]
