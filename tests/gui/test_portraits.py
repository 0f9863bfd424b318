from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from companion.domain.character import Character, FaceAssets
from companion.gui.portraits import Portraits, read_portrait
from companion.gui.tasks import Tasks
from companion.gui.theme import Look

pytestmark = pytest.mark.gui


@pytest.fixture
def portraits(qapp: object, look: Look) -> Iterator[Portraits]:
    tasks = Tasks()
    yield Portraits(look, tasks)
    tasks.close()


def green_picture(path: Path) -> Path:
    image = QImage(300, 400, QImage.Format.Format_RGB32)
    image.fill(QColor("#2a8a55"))
    assert image.save(str(path))
    return path


def test_a_picture_gives_a_square_and_an_accent(tmp_path: Path) -> None:
    found = read_portrait(green_picture(tmp_path / "her.png"))
    assert found.image is not None
    assert (found.image.width(), found.image.height()) == (160, 160)
    assert found.accent == "#2a8a55"


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50])
def test_a_damaged_picture_gives_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    assert read_portrait(tmp_path / "bad.png").image is None
    assert read_portrait(tmp_path / "absent.png").image is None
    assert read_portrait(None).image is None


def test_the_pack_names_the_accent_or_the_picture_gives_it(
    qtbot: QtBot, portraits: Portraits, tmp_path: Path, make_character: Callable[..., Character]
) -> None:
    face = FaceAssets(portrait=green_picture(tmp_path / "her.png"))
    assert portraits.accent(make_character(accent="#123456", face=face)) == "#123456"
    plain = make_character(accent="", face=face)
    with qtbot.waitSignal(portraits.arrived):
        portraits.accent(plain)
    assert portraits.accent(plain) == "#2a8a55"


def test_a_character_without_a_picture_has_her_letter(
    portraits: Portraits, make_character: Callable[..., Character]
) -> None:
    image = portraits.round(make_character(name="顾小满"), 44, 1.0).toImage()
    colours = {image.pixelColor(x, y).name() for x in range(14, 30) for y in range(14, 30)}
    assert len(colours) > 3
    assert image.pixelColor(0, 0).alpha() == 0
