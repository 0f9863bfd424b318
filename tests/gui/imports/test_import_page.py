"""The report after files were taken in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from companion.domain.character import FieldFate, PackReport, Problem
from companion.errors import PackError
from companion.gui.imports.fates import FateList
from companion.gui.imports.fields import field_name
from companion.gui.imports.intake import Taken, take_in
from companion.gui.imports.page import ImportPage
from companion.gui.tasks import Tasks
from companion.gui.theme import Look

pytestmark = pytest.mark.gui
NAMES = [("xiaoman", "顾小满"), ("wren", "Wren")]
FATES = (
    FieldFate("data.name", "kept"),
    FieldFate("data.character_book.entries[].keys", "kept", "2 entries"),
    FieldFate(
        "data.extensions.depth_prompt", "mapped", "stands after the history; depth and role are not used yet"
    ),
    FieldFate("data.extensions.odd", "unused", "of another program; comes back on export"),
    FieldFate("data.tags", "refused", "should be a list, is number"),
)


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.close()


def page_of(look: Look, companion: Any, tasks: Tasks, qtbot: QtBot, *taken: Taken) -> ImportPage:
    page = ImportPage(companion, look, tasks, taken, names=NAMES, present="xiaoman")
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    return page


def test_what_was_refused_stands_first_in_the_windows_language(
    look: Look, companion: Any, tasks: Tasks, qtbot: QtBot, make_character: Any, chinese: None
) -> None:
    taken = Taken("a.png", "character", report=PackReport("a", Path("a"), make_character("a", "阿桥")))
    refused = Taken(
        "坏卡.png", "character", error=PackError("坏卡.png is cut off.", "Download or copy it again.")
    )
    page = page_of(look, companion, tasks, qtbot, taken, refused)
    assert page.sum_text == "已添加 1 个，1 个没有添加。"
    assert page.cards[0].said == "坏卡.png 不完整，后面缺了一截。请重新下载或复制一份。"
    assert page.cards[1].said == "1 段开场白"


def test_every_field_is_told_by_a_name_a_reader_knows(look: Look, qtbot: QtBot, chinese: None) -> None:
    fates = FateList(look, FATES)
    qtbot.addWidget(fates)
    assert fates.fold.text() == "2 项原样保留 · 1 项换了形式 · 1 项保留但暂不起作用 · 1 项没有接受"
    assert fates.text.toPlainText().splitlines() == [
        "没有接受",
        "标签：应当是列表，却是数字",
        "保留以便再次导出，目前不起作用",
        "odd：别的软件用的，导出时原样写回",
        "换了形式保留",
        "对话中的提醒：放在聊天记录之后；深度和身份还没有用上",
        "原样保留",
        "名字、条目里的关键词",
    ]


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("data.first_mes", "first words"),
        ("name", "name"),
        ("data.assets[2]", "part 3"),
        ("data.character_book.scan_depth", "lorebook: how far it looks back"),
        ("entries[].extensions.probability", "each entry: chance"),
        ("book.entries[4]", "entry 5"),
        ("assets/run.py", "assets/run.py"),
    ],
)
def test_fields_have_names(where: str, name: str, look: Look) -> None:
    assert field_name(where) == name


def test_problems_name_their_field(
    look: Look, companion: Any, tasks: Tasks, qtbot: QtBot, make_character: Any
) -> None:
    problems = (
        Problem("assets[0]", "should be an object"),
        Problem("x.png", "x.png is no PNG, JPEG or WebP picture. It is not used."),
    )
    report = PackReport("a", Path("a"), make_character("a", "阿桥"), problems)
    page = page_of(look, companion, tasks, qtbot, Taken("a.charx", "character", report=report))
    assert page.cards[0]._problems.text().splitlines() == [
        "part 1: should be an object",
        "x.png is no PNG, JPEG or WebP picture. It is not used.",
    ]


def test_a_character_of_the_same_name_can_stand_in_for_the_old_one(
    look: Look, companion: Any, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "wren.png").write_bytes(b"\x89PNG")
    (taken,) = take_in(companion, [tmp_path / "wren.png"], "xiaoman")
    assert taken.twin == "wren"
    page = page_of(look, companion, tasks, qtbot, taken)
    card = page.cards[0]
    assert card.replace.isVisible()
    with qtbot.waitSignal(page.replaced) as caught:
        card.replace.click()
    assert companion.replaced == [("wren", "wren-2")]
    assert caught.args[0].id == "wren"
    assert not card.replace.isVisible()
    with qtbot.waitSignal(page.talk_wanted) as talk:
        card.first.click()
    assert talk.args[0].id == "wren"


def test_a_new_character_has_nothing_to_replace(
    look: Look, companion: Any, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "aqiao.png").write_bytes(b"\x89PNG")
    (taken,) = take_in(companion, [tmp_path / "aqiao.png"], "xiaoman")
    page = page_of(look, companion, tasks, qtbot, taken)
    assert not page.cards[0].replace.isVisible()


def test_a_lorebook_is_given_to_the_character_that_is_chosen(
    look: Look, companion: Any, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "book.json").write_text(
        '{"entries": {"0": {"key": ["茶"], "content": "龙井。"}}}', encoding="utf-8"
    )
    (taken,) = take_in(companion, [tmp_path / "book.json"], "xiaoman")
    page = page_of(look, companion, tasks, qtbot, taken)
    page.cards[0].who.set_value("wren")
    page.cards[0].first.click()
    qtbot.waitUntil(lambda: companion.books.given == {"wren": ["book-1"]})


@pytest.mark.parametrize(("name", "content"), [("x.xyz", "?"), ("空.txt", ""), ("chat.jsonl", "no chat")])
def test_a_file_that_cannot_be_taken_in_keeps_no_other_from_it(
    name: str, content: str, companion: Any, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "笔记.txt").write_text("那天下着雨。", encoding="utf-8")
    taken = take_in(companion, [tmp_path / name, tmp_path / "笔记.txt"], "xiaoman")
    assert [one.error is None for one in taken] == [False, True]
