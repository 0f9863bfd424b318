from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

import companion.gui
from companion.gui.translation import Texts, apply_language, chosen_language, load_catalogue, tr
from companion.paths import bundled

pytestmark = pytest.mark.gui
CHINESE = load_catalogue(bundled("assets") / "translations" / "zh_CN.json")
# Words a user never meets in the window itself.
_JARGON = ("TTS", "RAG", "LoRA", "ASR", "LLM", "GGUF", "token", "词元")


def source_strings() -> Iterator[tuple[str, ast.expr]]:
    """Yield where a text is taken for the window, and the expression that gives it."""
    for path in sorted(Path(companion.gui.__file__).parent.rglob("*.py")):
        if path.name in {"translation.py", "buttons.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            at = {"tr": 0, "put": 1, "icon_button": 3}.get(name)
            if at is not None and len(node.args) > at:
                yield f"{path.name}:{node.lineno}", node.args[at]


def test_texts_are_literals_so_that_they_can_be_found() -> None:
    assert [place for place, text in source_strings() if not isinstance(text, ast.Constant)] == []


def test_every_text_of_the_window_has_a_chinese_translation() -> None:
    texts = {str(text.value) for _, text in source_strings() if isinstance(text, ast.Constant)}
    assert len(texts) > 100
    assert sorted(texts - set(CHINESE["companion"])) == []


def test_translations_keep_the_fields() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert [one for one, said in CHINESE["companion"].items() if fields(one) != fields(said)] == []


def test_chinese_uses_full_width_punctuation_and_no_jargon() -> None:
    for source, said in CHINESE["companion"].items():
        if "(*" in source or "MMMM" in source or source.startswith("{who}"):
            continue
        assert not set(said.replace("Ctrl+,", "")) & set(",;!?"), said
        assert not any(word.lower() in said.lower() for word in _JARGON), said
        assert "！" not in said


def test_the_language_is_switched_while_the_window_is_open(qtbot: QtBot, qapp: QApplication) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    texts = Texts(button)
    texts.put(button.setText, "Send")
    apply_language(qapp, "zh_CN")
    qtbot.waitUntil(lambda: button.text() == "发送")
    apply_language(qapp, "en")
    qtbot.waitUntil(lambda: button.text() == "Send")


def test_values_stand_in_the_translation(chinese: None) -> None:
    assert tr("Say something to {name}", name="小满") == "对小满说点什么"


def test_words_of_qt_itself_are_translated(chinese: None, qapp: QApplication, qtbot: QtBot) -> None:
    field = QLineEdit("x")
    qtbot.addWidget(field)
    menu = field.createStandardContextMenu()
    words = " ".join(action.text() for action in menu.actions())
    assert "粘贴" in words
    menu.deleteLater()


@pytest.mark.parametrize(("setting", "language"), [("zh_CN", "zh_CN"), ("en", "en")])
def test_a_chosen_language_wins_over_the_system(setting: str, language: str) -> None:
    assert chosen_language(setting) == language


def test_a_missing_catalogue_leaves_the_source_texts(tmp_path: Path) -> None:
    assert load_catalogue(tmp_path / "none.json") == {}
