"""The list of engines: every line leads to an adapter."""

from __future__ import annotations

import importlib

import pytest

from companion.engines.registry import ENTRIES, Entry, find, load
from companion.errors import ModelError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.role}-{entry.name}")
def test_an_entry_leads_to_an_adapter_that_loads(entry: Entry) -> None:
    module, _, attribute = entry.target.partition(":")
    adapter = getattr(importlib.import_module(module), attribute)
    assert callable(adapter.load)


def test_names_are_unique_within_a_role() -> None:
    assert len(ENTRIES) == len({(entry.role, entry.name) for entry in ENTRIES})


def test_an_unknown_engine_is_named_with_the_known_ones() -> None:
    with pytest.raises(ModelError) as caught:
        find("voice", "parrot")
    assert (caught.value.code, "parrot" in caught.value.what, "bank" in caught.value.hint) == (
        "engine",
        True,
        True,
    )


def test_a_target_is_taken_only_where_it_is_allowed() -> None:
    target = "companion.engines.voices.tones:Tones"
    assert type(load("voice", target, {}, allow_targets=True)).__name__ == "Tones"
    with pytest.raises(ModelError):
        load("voice", target, {})


def test_a_library_that_is_missing_is_a_typed_error() -> None:
    with pytest.raises(ModelError) as caught:
        load("voice", "no_such_library:Voice", {}, allow_targets=True)
    assert caught.value.code == "engine"
    assert "no_such_library" in caught.value.what
