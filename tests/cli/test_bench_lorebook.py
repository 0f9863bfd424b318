"""The bench of lorebooks tells its figures beside their reference, each with n."""

from __future__ import annotations

import pytest

from companion.cli.benchmarks.lorebook import measure

pytestmark = pytest.mark.unit


def test_a_scan_stands_beside_looking_for_each_key_in_turn() -> None:
    told = measure(n_entries=200, n_scans=3)
    assert told["entries"] == 200
    assert 400 <= told["keys"] <= 800
    assert told["scan_ms"]["n"] == told["each_key_in_turn_ms"]["n"] == 3
    assert told["fired"]["min"] > 0
    assert told["hostile_regex_ms"]["n"] == 5
