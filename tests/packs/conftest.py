"""Cards and lorebooks as each program writes them, for every test of packs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_samples: Any = _load("card_samples")
_dialects: Any = _load("dialects")


@pytest.fixture(params=_dialects.DIALECTS, ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def cards() -> SimpleNamespace:
    """Return samples and dialects, for tests that make cards of their own."""
    return SimpleNamespace(**{**vars(_samples), **vars(_dialects)})
