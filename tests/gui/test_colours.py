from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from companion.gui.colours import contrast, dominant, ink_on, mix, readable
from companion.gui.theme import tokens

pytestmark = pytest.mark.gui


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21.0)


def test_mix_at_the_ends_gives_each_colour() -> None:
    red, blue = QColor("#ff0000"), QColor("#0000ff")
    assert mix(red, blue, 1.0).name() == "#ff0000"
    assert mix(red, blue, 0.0).name() == "#0000ff"


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize(
    "accent", ["#ffff00", "#000000", "#ffffff", "#5f8f6a", "#ff00ff", "#00ffff", "#808080", "not"]
)
def test_any_accent_can_be_read_in_both_themes(accent: str, dark: bool) -> None:
    made = tokens(dark=dark, accent=accent)
    for surface in (made.surface, made.raised, made.sunken, made.tint):
        assert contrast(made.accent, surface) >= 4.5
    assert contrast(made.on_accent, made.accent) >= 4.5


@pytest.mark.parametrize("dark", [True, False])
def test_text_muted_and_danger_can_be_read_on_every_surface(dark: bool) -> None:
    made = tokens(dark=dark)
    for surface in (made.surface, made.raised, made.sunken, made.tint):
        for ink in (made.text, made.muted, made.danger):
            assert contrast(ink, surface) >= 4.5


def test_a_readable_colour_is_left_alone() -> None:
    assert readable(QColor("#204020"), QColor("white")).name() == "#204020"


def test_ink_is_light_on_dark_and_dark_on_light() -> None:
    assert ink_on(QColor("#103050")).lightnessF() > 0.9
    assert ink_on(QColor("#ffe080")).lightnessF() < 0.2


def test_the_dominant_colour_is_the_coloured_one_not_the_grey_background() -> None:
    samples = [QColor("#c0c0c0")] * 50 + [QColor("#208050")] * 10
    found = dominant(samples)
    assert found is not None
    assert found.name() == "#208050"


def test_a_grey_picture_has_no_dominant_colour() -> None:
    assert dominant([QColor("#777777"), QColor("white")]) is None
