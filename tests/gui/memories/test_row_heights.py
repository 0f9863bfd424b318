"""Heights told without laying out are those that are painted."""

from __future__ import annotations

import pytest

from companion.domain.memory import Memory
from companion.gui.memories.collection import Card
from companion.gui.memories.layout import RowHeights, lay_out
from companion.gui.memories.model import Row
from companion.gui.theme import Look

pytestmark = pytest.mark.gui
TEXTS = (
    "用户喜欢喝龙井。",
    "那天下着雨，他们在茶馆里坐了很久，一直聊到打烊。" * 6,
    "The user would like to drink tea every day in the old town. " * 4,
    "一\n二\n三",
    "مرحبا " * 60,
    "x" * 300,
    "。，！" * 60,
)


def memory(text: str, **more: object) -> Memory:
    return Memory(1, "xiaoman", "user", text, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("width", [300.0, 464.0, 720.0, 1131.0])
@pytest.mark.parametrize("zoom", [80, 100, 200])
def test_a_row_is_as_high_as_it_is_painted(text: str, width: float, zoom: int, look: Look) -> None:
    look.set(choice="light", zoom=zoom, accent="", reduced_motion=False)
    corrected = Card(memory(text), earlier=(memory("旧的"),))
    for row in (
        Row("user", Card(memory(text))),
        Row("user", Card(memory(text, pinned=True))),
        Row("user", corrected),
        Row("user", corrected, opened=True),
        Row("forgotten", Card(memory(text, state="forgotten"))),
        Row("user", n=3),
    ):
        assert RowHeights(width, look).of(row) == pytest.approx(lay_out(row, width, look).height, abs=0.6)
