from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from companion.domain.messages import StoredMessage, TurnId
from companion.gui.chat.entries import ConversationModel
from companion.gui.notices import NoticeText

pytestmark = pytest.mark.gui
Make = Callable[..., StoredMessage]
TURN = TurnId(1)


@pytest.fixture
def model(qapp: object) -> ConversationModel:
    made = ConversationModel()
    # Fails the test at the first call that breaks the rules of Qt's models.
    made.tester = QAbstractItemModelTester(  # type: ignore[attr-defined]
        made, QAbstractItemModelTester.FailureReportingMode.Warning
    )
    return made


def texts(model: ConversationModel) -> list[str]:
    return [model.entry(row).text for row in range(model.rowCount())]


def path(make: Make, *words: str) -> list[StoredMessage]:
    return [make(n + 1, "user" if n % 2 else "assistant", text) for n, text in enumerate(words)]


def test_a_reply_grows_and_is_replaced_by_what_is_on_disk(
    model: ConversationModel, make_message: Make
) -> None:
    model.show(path(make_message, "你好", "在吗"), fresh=True)
    model.start_reply(TURN, make_message(3, "assistant", ""))
    model.append(TURN, "（想）", thought=True)
    model.append(TURN, "在", thought=False)
    model.append(TURN, "呢。", thought=False)
    assert texts(model) == ["你好", "在吗", "在呢。"]
    assert model.entry(2).thought == "（想）"
    assert model.entry(2).streaming
    model.finish(TURN, make_message(3, "assistant", "在呢。", unheard="你说。"))
    assert not model.entry(2).streaming
    assert model.entry(2).message == make_message(3, "assistant", "在呢。", unheard="你说。")


def test_text_of_a_turn_that_is_over_is_dropped(model: ConversationModel, make_message: Make) -> None:
    model.show(path(make_message, "你好"), fresh=True)
    model.append(TurnId(9), "late", thought=False)
    assert texts(model) == ["你好"]


def test_another_variant_takes_the_place_of_what_followed_its_parent(
    model: ConversationModel, make_message: Make
) -> None:
    model.show(path(make_message, "a", "b", "c", "d"), fresh=True)
    model.start_reply(TURN, make_message(9, "assistant", "", parent=2, variant=1, n_variants=2))
    model.append(TURN, "new", thought=False)
    assert texts(model) == ["a", "b", "new"]


def test_a_continued_reply_goes_on_after_what_was_not_heard(
    model: ConversationModel, make_message: Make
) -> None:
    cut = make_message(3, "assistant", "我想", unheard="说的是")
    model.show([*path(make_message, "a", "b"), cut], fresh=True)
    model.start_reply(TURN, cut)
    model.append(TURN, "这个。", thought=False)
    assert texts(model)[-1] == "我想说的是这个。"


def test_rows_that_stay_are_not_built_anew(
    model: ConversationModel, make_message: Make, qtbot: QtBot
) -> None:
    model.show(path(make_message, "a", "b", "c"), fresh=True)
    removed: list[tuple[int, int]] = []
    model.rowsRemoved.connect(lambda _, first, last: removed.append((first, last)))
    changed: list[int] = []
    model.dataChanged.connect(lambda first, last: changed.append(first.row()))
    with qtbot.assertNotEmitted(model.modelReset):
        model.show([make_message(1, "assistant", "a"), make_message(2, "user", "edited")], fresh=False)
    assert removed == [(2, 2)]
    assert changed == [1]


def test_heard_words_waiting_and_notices_follow_the_messages(
    model: ConversationModel, make_message: Make
) -> None:
    model.show(path(make_message, "a"), fresh=True)
    model.add_notice(NoticeText("broken", ""))
    model.set_waiting(on=True, reason="r")
    model.set_partial("我想")
    model.set_partial("我想说")
    kinds = [model.entry(row).kind for row in range(model.rowCount())]
    assert kinds == ["message", "partial", "waiting", "notice"]
    assert model.entry(1).text == "我想说"
    model.set_partial("")
    model.set_waiting(on=False)
    assert [model.entry(row).kind for row in range(model.rowCount())] == ["message", "notice"]


def test_a_new_word_of_the_user_clears_old_notices(model: ConversationModel, make_message: Make) -> None:
    model.show(path(make_message, "a"), fresh=True)
    model.add_notice(NoticeText("broken", ""))
    model.add_notice(NoticeText("broken", ""))
    assert model.rowCount() == 2
    model.add_user(make_message(2, "user", "你好"))
    assert texts(model) == ["a", "你好"]


def test_messages_of_one_speaker_are_grouped_and_days_are_marked(
    model: ConversationModel, make_message: Make
) -> None:
    day = 86_400
    messages = [
        make_message(1, "user", "a", created_at=0.0),
        make_message(2, "user", "b", created_at=60.0),
        make_message(3, "assistant", "c", created_at=120.0),
        make_message(4, "assistant", "d", created_at=3.0 * day),
    ]
    model.show(messages, fresh=True)
    assert [model.entry(row).starts_group for row in range(4)] == [True, False, True, True]
    assert [model.entry(row).day is not None for row in range(4)] == [True, False, False, True]


@pytest.mark.parametrize(("language", "expected"), [("zh", "小满：在呢。"), ("en", "小满: 在呢。")])
def test_a_screen_reader_hears_who_says_what(
    model: ConversationModel, make_message: Make, language: str, expected: str, request: pytest.FixtureRequest
) -> None:
    if language == "zh":
        request.getfixturevalue("chinese")
    model.names = ("小满", "你")
    model.show([make_message(1, "assistant", "**在**呢。")], fresh=True)
    assert model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole).startswith(expected)
