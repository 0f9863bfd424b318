from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from companion.gui.icons import NAMES, icon, pixmap

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_draws_something_in_the_colour_asked_for(qapp: object, name: str) -> None:
    image = pixmap(name, "#ff0000", 24).toImage()
    inks = [
        image.pixelColor(x, y) for x in range(24) for y in range(24) if image.pixelColor(x, y).alpha() > 200
    ]
    assert inks
    assert all(ink.red() > 240 and ink.green() < 20 for ink in inks)


def test_an_icon_is_sharp_on_a_dense_screen(qapp: object) -> None:
    sizes = icon("send", QColor("black"), size=20).availableSizes()
    assert max(size.width() for size in sizes) == 40
