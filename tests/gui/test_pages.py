from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from companion.gui.pages import PageStack
from companion.gui.theme import Look

pytestmark = pytest.mark.gui


class Stubborn(QWidget):
    may_leave = False

    def can_leave(self) -> bool:
        return self.may_leave


@pytest.fixture
def stack(qtbot: QtBot, look: Look) -> PageStack:
    made = PageStack(look, QWidget())
    qtbot.addWidget(made)
    made.show()
    return made


def test_pages_pile_up_and_back_goes_down_one_by_one(stack: PageStack) -> None:
    titles: list[str] = []
    stack.page_changed.connect(titles.append)
    stack.open_page(QWidget(), "设置")
    stack.open_page(QLineEdit(), "声音")
    assert not stack.is_home
    assert stack.back()
    assert stack.back()
    assert stack.is_home
    assert not stack.back()
    assert titles == ["设置", "声音", "设置", ""]


def test_a_page_that_wants_to_stay_stays(stack: PageStack) -> None:
    content = Stubborn()
    stack.open_page(content, "Editor")
    assert not stack.back()
    content.may_leave = True
    assert stack.back()


def test_a_title_is_a_plain_name(stack: PageStack) -> None:
    page = stack.open_page(QWidget(), "小满\u202e\n" + "长" * 200)
    assert "\u202e" not in page.title.text()
    assert len(page.title.text()) <= 60
