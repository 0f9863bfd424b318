"""The whole program is killed while it talks: what it acknowledged is there, and it starts again by itself."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from companion.paths import Paths
from companion.storage.chat_log import SqliteChatLog

pytestmark = pytest.mark.fault

_GOOD = (sys.executable, "-X", "utf8", "-m", "companion")
_EARLY_ACK = (sys.executable, "-X", "utf8", str(Path(__file__).with_name("kill_child.py")))
_STARTING_S = 0.7
_LONGEST_S = 3.0
_LINES = 6
_SINCE: tuple[Literal["start", "word", "reply"], ...] = ("start", "word", "word", "reply")


@dataclass
class Told:
    """What a run has told: texts by message id, as acknowledged and as answered."""

    acked: dict[int, str] = field(default_factory=dict)
    replied: dict[int, str] = field(default_factory=dict)


def _talk_until_killed(
    command: tuple[str, ...],
    home: Path,
    name: str,
    after_s: float,
    told: Told,
    *,
    since: Literal["start", "word", "reply"] = "word",
) -> None:
    """Let the program answer line after line and kill it `after_s` after its start, its first word or first reply."""
    lines = [f"{name}的第{n}句，今天下雨吗？" for n in range(_LINES)]
    process = subprocess.Popen(
        [*command, "chat", "--demo", "--json", "--character", "xiaoman", "--home", str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    timer = threading.Timer(after_s, process.kill)
    with process, process.stdout as stdout:
        if since == "start":
            timer.start()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write("".join(f"{line}\n" for line in lines))
            process.stdin.flush()
        unanswered = iter(lines)
        for line in stdout:
            _take(line, unanswered, told)
            if timer.ident is None and (since == "word" or '"message"' in line):
                timer.start()
    timer.cancel()
    assert process.returncode == -signal.SIGKILL


def _take(line: str, lines: object, told: Told) -> None:
    if not line.endswith("\n"):
        return
    said = json.loads(line)
    if "acked" in said:
        told.acked[said["acked"]] = next(lines)  # type: ignore[call-overload]
    elif "message" in said:
        told.replied[said["message"]] = said["reply"]


def _lost(home: Path, told: Told) -> list[str]:
    """Open the log as the next start does, and return what is missing or damaged."""
    log = SqliteChatLog.open(Paths.under(home).chat_log)
    try:
        wrong = [f"damaged: {log.report.damaged}"] if log.report.damaged else []
        wrong += log.check()
        kept = {one.message: one for chat in log.chats() for one in log.path(chat.chat)}
    finally:
        log.close()
    for what, texts in (("said", told.acked), ("answered", told.replied)):
        wrong += [
            f"{what} {id_} is lost"
            for id_, text in texts.items()
            if id_ not in kept or kept[id_].text != text
        ]
    return wrong


def _kill_often(command: tuple[str, ...], home: Path, n: int, seed: int) -> tuple[list[str], Told]:
    rng, told, wrong = random.Random(seed), Told(), []
    for run in range(n):
        # On a busy machine a time since the first word alone might never reach a reply.
        since = _SINCE[run % len(_SINCE)]
        after_s = rng.uniform(0.0, _STARTING_S) if since == "start" else rng.triangular(0.0, _LONGEST_S, 0.0)
        _talk_until_killed(command, home, f"第{run}次", after_s, told, since=since)
        wrong += _lost(home, told)
    return wrong, told


@pytest.mark.parametrize("n", [20, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_a_killed_conversation_loses_nothing_that_was_acknowledged(tmp_path: Path, n: int) -> None:
    wrong, told = _kill_often(_GOOD, tmp_path, n, seed=1)
    assert wrong == []
    assert len(told.acked) >= n * 3 // 4
    assert told.replied


def test_a_reply_that_was_cut_off_is_marked_and_the_chat_goes_on(tmp_path: Path) -> None:
    # The second reply takes a second, of which neither end can be told beforehand to the tenth.
    for after_s in (0.5, 0.7, 0.9, 0.4, 1.1, 0.3):
        home = tmp_path / str(after_s)
        _talk_until_killed(_GOOD, home, "甲", after_s, Told(), since="reply")
        log = SqliteChatLog.open(Paths.under(home).chat_log)
        (chat,) = log.chats()
        cut = log.path(chat.chat)[-1]
        log.close()
        if cut.role == "assistant" and cut.partial:
            break
    assert (cut.role, cut.partial) == ("assistant", True)
    again = subprocess.run(
        [*_GOOD, "chat", "--demo", "--json", "--once", "你还好吗", "--home", str(home)],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    answer = json.loads(again.stdout)
    assert answer["chat"] == chat.chat
    assert answer["reply"]
    assert answer["notices"] == []


def test_control_acknowledging_before_the_commit_is_caught(tmp_path: Path) -> None:
    told = Told()
    _talk_until_killed(_EARLY_ACK, tmp_path, "甲", 0.6, told)
    assert told.acked
    assert _lost(tmp_path, told) != []
