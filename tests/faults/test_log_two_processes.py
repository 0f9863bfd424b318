"""Several processes open one chat log at the same moment: one writes, the others are told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from companion.storage.chat_log import SqliteChatLog

pytestmark = pytest.mark.fault

_OPEN = """
import sys
from pathlib import Path
from companion.errors import StorageError
from companion.storage.chat_log import SqliteChatLog
print("ready", flush=True)
sys.stdin.readline()
try:
    log = SqliteChatLog.open(Path(sys.argv[1]))
except StorageError as error:
    print(error.code, flush=True)
else:
    log.add(log.chats()[0].chat, "user", "von hier")
    print("writes", flush=True)
    sys.stdin.readline()
    {end}
"""


def _start(path: Path, end: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _OPEN.format(end=end), str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _tell(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def _heard(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def _finish(children: list[subprocess.Popen[str]]) -> None:
    for child in children:
        child.communicate("\n", timeout=30)


@pytest.mark.parametrize(
    "end", ["log.close()", "import os, signal; os.kill(os.getpid(), 9)"], ids=["closed", "killed"]
)
def test_exactly_one_of_many_writes_and_the_next_may_after_it(tmp_path: Path, end: str) -> None:
    path = tmp_path / "chats.sqlite3"
    log = SqliteChatLog.open(path)
    chat = log.create_chat("aria").chat
    log.close()
    for round_ in range(3):
        children = [_start(path, end) for _ in range(4)]
        assert [_heard(child) for child in children] == ["ready"] * 4
        for child in children:
            _tell(child)
        heard = sorted(_heard(child) for child in children)
        assert heard == ["in_use", "in_use", "in_use", "writes"]
        _finish(children)
        log = SqliteChatLog.open(path)
        assert len(log.path(chat)) == round_ + 1
        assert log.check() == []
        log.close()


def test_control_after_the_writer_has_gone_anyone_may_write(tmp_path: Path) -> None:
    path = tmp_path / "chats.sqlite3"
    for _ in range(2):
        log = SqliteChatLog.open(path)
        log.create_chat("aria")
        log.close()
    child = _start(path, "log.close()")
    assert _heard(child) == "ready"
    _tell(child)
    assert _heard(child) == "writes"
    _finish([child])
