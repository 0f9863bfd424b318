from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from companion.engines.weights_folder import InstalledModel
from companion.gui.welcome.findings import Findings, pace, parts_of, sentences_of
from companion.hardware import Hardware

pytestmark = pytest.mark.gui

PLAIN = Hardware(cores=2, ram_gb=16, ram_free_gb=12, disk_free_gb=60)


def model(n_bytes: int) -> InstalledModel:
    return InstalledModel("m", "language", "Model", Path("m.gguf"), n_bytes, ("zh",), True, True)


def findings(n_bytes: int, hardware: Hardware = PLAIN) -> Findings:
    return Findings(hardware, model(n_bytes), has_ears=True, has_voice=True)


@pytest.mark.parametrize(
    ("n_bytes", "hardware", "expected"),
    [
        (1_100_000_000, PLAIN, "steady"),
        (1_100_000_000, replace(PLAIN, cores=8), "quick"),
        (8_000_000_000, PLAIN, "slow"),
        (8_000_000_000, replace(PLAIN, gpu="RTX", vram_gb=12.0), "quick"),
        (8_000_000_000, replace(PLAIN, gpu="GT", vram_gb=2.0), "slow"),
    ],
)
def test_pace_follows_the_weights_per_core_or_the_graphics_card(
    n_bytes: int, hardware: Hardware, expected: str
) -> None:
    assert pace(findings(n_bytes, hardware)) == expected


def test_what_is_missing_is_marked_and_the_rest_is_not() -> None:
    found = Findings(replace(PLAIN, disk_free_gb=1.0), None, has_ears=False, has_voice=True)
    marks = [good for good, _ in sentences_of(found)]
    assert marks == [False, False, True, False]


def test_the_model_is_named_with_its_size() -> None:
    assert any("Model" in said and "1.1 GB" in said for _, said in sentences_of(findings(1_117_320_768)))


def test_a_computer_without_a_graphics_card_says_so() -> None:
    assert ("Graphics card", "none that can be used") in parts_of(PLAIN)
    assert ("Graphics card", "RTX · 12 GB") in parts_of(replace(PLAIN, gpu="RTX", vram_gb=12.0))
