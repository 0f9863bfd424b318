from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from companion.domain.character import LoreEntry
from companion.gui.characters.lore_model import CONSTANT, ENABLED, LoreModel, keys_of, keys_text

pytestmark = pytest.mark.gui


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("铺子、茶书铺，半日闲", ("铺子", "茶书铺", "半日闲")),
        ("shop, tea house ,, shop", ("shop", "tea house")),
        ("", ()),
    ],
)
def test_keys_are_read_in_chinese_and_english(text: str, keys: tuple[str, ...]) -> None:
    assert keys_of(text, use_regex=False) == keys


def test_an_expression_is_not_cut_at_its_commas() -> None:
    entry = LoreEntry((r"茶{1,2}", r"tea|cup"), "", use_regex=True)
    assert keys_of(keys_text(entry), use_regex=True) == entry.keys


@pytest.mark.parametrize("keys", [("铺子", "茶书铺"), ("shop", "tea house")])
def test_keys_survive_being_shown(keys: tuple[str, ...]) -> None:
    assert keys_of(keys_text(LoreEntry(keys, "")), use_regex=False) == keys


def test_boxes_switch_entries_on_off_and_always(qtbot: QtBot) -> None:
    model = LoreModel()
    model.show_entries((LoreEntry(("茶",), "龙井"),))
    with qtbot.waitSignal(model.edited):
        model.setData(model.index(0, ENABLED), Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    model.setData(model.index(0, CONSTANT), Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    assert not model.entry(0).enabled
    assert model.entry(0).constant


def test_entries_are_added_and_removed(qtbot: QtBot) -> None:
    model = LoreModel()
    row = model.append()
    model.change(row, LoreEntry(("a",), "b"))
    assert model.rowCount() == 1
    model.remove(0)
    assert model.entries == ()
