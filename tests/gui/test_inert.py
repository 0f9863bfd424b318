"""G-01, G-04, G-05: nothing that a text says is loaded or obeyed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QColor, QImage, QTextDocument
from PySide6.QtWidgets import QTextBrowser
from pytestqt.qtbot import QtBot

import companion.gui
from companion.gui.inert import LONGEST_WORD, InertBrowser, InertDocument, plain_label, plain_name, tame

pytestmark = pytest.mark.gui


@pytest.fixture
def red(tmp_path: Path) -> Path:
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff0000"))
    path = tmp_path / "red.png"
    assert image.save(str(path))
    return path


def payloads(red: Path) -> list[str]:
    ways = [red.as_uri(), str(red), f"file://{red}", f"file:{red}"]
    made = []
    for way in ways:
        made += [f"![x]({way})", f"![x](<{way}>)", f"<img src='{way}'>", f'<img src="{way}" width=100>']
        made += [f"[![x]({way})]({way})", f"<table background='{way}'><tr><td>x</td></tr></table>"]
        made += [f"<p style=\"background-image: url('{way}')\">x</p>", f"<body background='{way}'>x"]
    return made


def shows_red(widget: QTextBrowser) -> bool:
    widget.resize(200, 120)
    image = widget.grab().toImage()
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return any(one.red() > 240 and one.green() < 15 and one.blue() < 15 for one in pixels)


def test_control_an_ordinary_browser_shows_the_planted_picture(qtbot: QtBot, red: Path) -> None:
    browser = QTextBrowser()
    qtbot.addWidget(browser)
    browser.setHtml(f"<img src='{red}' width=100 height=100>")
    assert shows_red(browser)


def test_an_inert_browser_never_shows_it_even_when_given_markup(qtbot: QtBot, red: Path) -> None:
    browser = InertBrowser()
    qtbot.addWidget(browser)
    for payload in payloads(red):
        for give in (browser.setPlainText, browser.setMarkdown, browser.setHtml):
            give(payload)
            assert not shows_red(browser), payload


def test_control_an_ordinary_document_loads_the_file(qapp: object, red: Path) -> None:
    loaded = QTextDocument().resource(QTextDocument.ResourceType.ImageResource, QUrl.fromLocalFile(str(red)))
    assert loaded is not None


def test_an_inert_document_gives_an_empty_picture(qapp: object, red: Path) -> None:
    document = InertDocument()
    document.setHtml(f"<img src='{red}'>")
    found = document.resource(QTextDocument.ResourceType.ImageResource, QUrl.fromLocalFile(str(red)))
    assert isinstance(found, QImage)
    assert found.isNull()


def test_a_label_shows_markup_as_it_is(qtbot: QtBot) -> None:
    label = plain_label("<b>小满</b> <img src='x'>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == "<b>小满</b> <img src='x'>"


def test_every_label_of_the_window_comes_from_the_one_factory() -> None:
    folder = Path(companion.gui.__file__).parent
    guilty = []
    for path in folder.rglob("*.py"):
        if path.name == "inert.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in {"QLabel", "QTextBrowser", "QTextEdit", "QMessageBox"}:
                guilty.append(f"{path.name}:{node.lineno} {name}")  # type: ignore[attr-defined]
    assert guilty == []


def test_names_lose_what_cannot_be_seen_or_turns_the_text_round() -> None:
    assert plain_name("小\u202e满\u200b\n顾\U000e0041") == "小满 顾"
    assert plain_name("Wren\u2066 Ash\u00addown") == "Wren Ashdown"


def test_a_long_name_is_cut() -> None:
    assert plain_name("名" * 100, 10) == "名" * 9 + "…"


def test_endless_words_are_broken_and_nothing_else_is() -> None:
    assert max(len(word) for word in tame("a" * 7_000).split("\n")) == LONGEST_WORD
    assert tame("你好，世界。\nHello, world.") == "你好，世界。\nHello, world."


def test_control_characters_are_made_visible() -> None:
    assert tame("a\x00b\x1b[31m") == "a\ufffdb\ufffd[31m"
