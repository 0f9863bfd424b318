"""The command line in this process, below a home of its own."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from companion.cli import main


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document that was printed."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """What was printed, one JSON document a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    logger = logging.getLogger("companion")
    kept = (logger.level, list(logger.handlers), logger.propagate)
    before = set(threading.enumerate())
    children = {child.pid for child in psutil.Process().children()}
    yield
    logger.setLevel(kept[0])
    logger.handlers[:] = kept[1]
    logger.propagate = kept[2]
    assert [thread.name for thread in threading.enumerate() if thread not in before] == []
    assert [child for child in psutil.Process().children() if child.pid not in children] == []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a way to run a command; `typed` is what comes over standard input."""

    def run_(*arguments: str, typed: str = "") -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        capsys.readouterr()
        try:
            code = main([*arguments, "--home", str(home)])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return run_
