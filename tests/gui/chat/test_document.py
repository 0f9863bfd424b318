from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from companion.gui.chat.document import Ink, message_document
from companion.gui.inert import InertDocument
from companion.gui.theme import Look

pytestmark = pytest.mark.gui
INK = Ink(QColor("#111111"), QColor("#888888"))


def formats(document: InertDocument) -> dict[str, tuple[bool, str]]:
    found = {}
    block = document.begin()
    while block.isValid():
        for part in block.textFormats():
            text = block.text()[part.start : part.start + part.length]
            found[text] = (part.format.fontItalic(), part.format.foreground().color().name())
        block = block.next()
    return found


def test_spoken_words_are_full_and_directions_muted_italic(look: Look) -> None:
    found = formats(message_document("（歪头）好呀。*nods*", look, INK, 300))
    assert found["（歪头）"] == (True, "#888888")
    assert found["好呀。"] == (False, "#111111")
    assert found["nods"] == (True, "#888888")


def test_markup_in_a_message_is_never_parsed_by_qt(look: Look) -> None:
    document = message_document("<b>x</b> ![p](file:///tmp/p.png) &amp;", look, INK, 300)
    assert document.toPlainText() == "<b>x</b> p &amp;"
    assert "\ufffc" not in document.toPlainText()


@pytest.mark.parametrize("text", ["测" * 4_000, "x" * 4_000])
def test_text_without_any_space_is_wrapped(look: Look, text: str) -> None:
    document = message_document(text, look, INK, 300)
    assert document.idealWidth() <= 301


def test_lines_stand_one_and_a_half_apart(look: Look) -> None:
    one, two = (message_document(text, look, INK, 300).size().height() for text in ("一", "一\n二"))
    assert two - one == pytest.approx(1.55 * 15, abs=1)
