"""How a training is asked to stop: it saves at its next step, and only then ends."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def stop_requests(folder: Path) -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether somebody asked to stop: Ctrl-C, SIGTERM, or a file `stop` in `folder`."""
    asked: list[int] = []

    def ask(number: int, _: object) -> None:
        asked.append(number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, ask) for number in numbers]
    try:
        yield lambda: bool(asked) or (folder / "stop").exists()
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
