"""The reader of foreign weights builds arrays and nothing else."""

from __future__ import annotations

import io
import os
import pickle
import runpy
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

SCRIPT = Path(__file__).parents[2] / "packaging" / "convert_speaker_encoder.py"
MAGIC = 0x1950A86A20F9469CFC6C


@pytest.fixture(scope="module")
def read_state() -> Callable[[io.BytesIO], Any]:
    found: Callable[[io.BytesIO], Any] = runpy.run_path(str(SCRIPT))["read_state"]
    return found


def file_of(*parts: object) -> io.BytesIO:
    return io.BytesIO(b"".join(pickle.dumps(part, protocol=2) for part in parts))


class Runs:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, ("/nowhere/at/all",)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_file_that_calls_something_is_refused(read_state: Callable[[io.BytesIO], Any], place: int) -> None:
    parts: list[object] = [MAGIC, 1001, {}, {"model_state": OrderedDict()}, []]
    assert read_state(file_of(*parts)) == {}
    parts[place] = Runs()
    with pytest.raises(pickle.UnpicklingError, match="mkdir"):
        read_state(file_of(*parts))


def test_another_format_is_refused(read_state: Callable[[io.BytesIO], Any]) -> None:
    with pytest.raises(SystemExit, match="old format"):
        read_state(file_of(1, 2, 3))
