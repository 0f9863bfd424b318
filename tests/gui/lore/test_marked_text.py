"""A text that is read keeps its place when the window gets another size."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from companion.gui.lore.marked_text import MarkedText
from companion.gui.theme import Look

pytestmark = pytest.mark.gui

_CHINESE = "\n".join(f"第{n}段。黛玉把落花装进绢袋，埋在花冢里，又念了一首诗。" * 3 for n in range(200))
_ENGLISH = "\n".join(
    f"Part {n}. She buried the fallen flowers and said a poem over them. " * 3 for n in range(200)
)


@pytest.fixture(params=[_CHINESE, _ENGLISH], ids=["zh", "en"])
def view(request: pytest.FixtureRequest, qtbot: QtBot, look: Look) -> MarkedText:
    made = MarkedText(look)
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    qtbot.waitExposed(made)
    start = len(request.param) // 2
    made.show_text(request.param, ground=((start, start + 40),))
    return made


def top_of(view: MarkedText, at: int) -> int:
    return view.cursorRect(view._cursor(at, at)).top()


@pytest.mark.parametrize("size", [(320, 400), (900, 400), (600, 250), (480, 800)])
def test_the_marked_passage_stays_in_sight(view: MarkedText, size: tuple[int, int]) -> None:
    start = view._ground[0][0]
    view.go_to(start)
    before = top_of(view, start)
    view.resize(*size)
    assert top_of(view, start) == pytest.approx(before, abs=2)


def test_many_small_resizes_move_the_text_no_further_than_one(view: MarkedText) -> None:
    start = view._ground[0][0]
    view.go_to(start)
    before = top_of(view, start)
    for width in [*range(600, 350, -13), *range(350, 600, 13), 600]:
        view.resize(width, 400)
    assert top_of(view, start) == pytest.approx(before, abs=2)


def test_away_from_the_mark_the_topmost_line_stays(view: MarkedText) -> None:
    at = len(view._text) // 5
    view.go_to(at)
    bar = view.verticalScrollBar()
    bar.setValue(bar.value() + top_of(view, at))
    assert top_of(view, at) == 0
    for width in (400, 500, 330):
        view.resize(width, 400)
    # Of a line that was broken elsewhere its part with the place is seen.
    assert abs(top_of(view, at)) <= 3 * view.cursorRect().height()


def test_who_scrolls_on_after_a_resize_keeps_the_new_place(view: MarkedText) -> None:
    view.go_to(view._ground[0][0])
    view.resize(500, 400)
    bar = view.verticalScrollBar()
    bar.setValue(bar.value() + 3_000)
    at = view.cursorForPosition(view.viewport().rect().topLeft()).position()
    view.resize(520, 400)
    assert abs(top_of(view, at)) <= 3 * view.cursorRect().height()
