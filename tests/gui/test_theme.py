from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from companion.gui.theme import SCALE, Look, families

pytestmark = pytest.mark.gui


def test_zoom_scales_type_and_stays_within_80_to_200(look: Look) -> None:
    look.set(zoom=500)
    assert look.zoom == 200
    assert look.font("body").pixelSize() == 2 * SCALE["body"]
    look.set(zoom=10)
    assert look.zoom == 80


def test_a_change_is_told_once_and_no_change_not_at_all(look: Look, qtbot: QtBot) -> None:
    told: list[int] = []
    look.changed.connect(lambda: told.append(1))
    look.set(choice="dark")
    look.set(choice="dark")
    assert len(told) == 1
    assert look.tokens.dark


def test_the_accent_reaches_the_stylesheet(look: Look, qapp: object) -> None:
    look.set(accent="#5a3a8a")
    assert look.tokens.accent.name() in qapp.styleSheet()  # type: ignore[attr-defined]


def test_there_is_always_a_font_family_to_fall_back_to(qapp: object) -> None:
    assert families()[-1] == "sans-serif"
