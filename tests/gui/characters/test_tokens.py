from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from companion.domain.character import LoreEntry
from companion.errors import ModelError
from companion.gui.characters.counting import Counting
from companion.gui.characters.token_bar import TokenBar
from companion.gui.characters.tokens import TokenCounts, count_draft, texts_of
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.packs.editor import CharacterDraft
from companion.ports import ModelInfo

pytestmark = pytest.mark.gui
DRAFT = CharacterDraft(
    description="你叫小满。",
    first_mes="你来啦。",
    mes_example="<START>\n{{user}}: 你好",
    lore=(
        LoreEntry(("茶",), "龙井很香"),
        LoreEntry((), "她怕打雷", constant=True),
        LoreEntry((), "没有用的", enabled=False),
    ),
)


@dataclass
class LetterModel:
    """Counts letters, or fails."""

    info: ModelInfo = field(default_factory=lambda: _info(2048))
    fails: bool = False
    n_calls: int = 0

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self.n_calls += 1
        if self.fails:
            raise ModelError("It ended.", code="worker")
        return [len(text) for text in texts]


def _info(context: int) -> ModelInfo:
    from dataclasses import fields

    values: dict[str, Any] = {"name": "m", "context_tokens": context}
    for one in fields(ModelInfo):
        if one.name not in values:
            values[one.name] = "" if "str" in str(one.type) else 0
    return ModelInfo(**values)


def test_lore_counts_where_it_is_used() -> None:
    texts = texts_of(DRAFT)
    assert texts["lore"] == "她怕打雷"
    assert texts["on_mention"] == "龙井很香"


def test_what_comes_only_when_mentioned_is_not_in_every_prompt() -> None:
    counts = count_draft(DRAFT, 100, lambda texts: [len(text) for text in texts])
    assert counts.is_exact
    assert counts.always == sum(
        len(texts_of(DRAFT)[name]) for name in ("person", "lore", "examples", "opening")
    )
    assert counts.left == 100 - counts.always


def test_without_a_model_the_count_is_an_estimate(qtbot: QtBot, companion: Any) -> None:
    tasks = Tasks()
    counting = Counting(companion, tasks, tasks)
    seen: list[TokenCounts] = []
    counting.counted.connect(seen.append)
    counting.count(DRAFT)
    assert [one.is_exact for one in seen] == [False]
    assert seen[0].context == companion.settings.mind.context_tokens
    tasks.close()


def test_with_a_model_the_last_draft_is_counted_exactly(qtbot: QtBot, companion: Any) -> None:
    tasks, model = Tasks(), LetterModel()
    companion.engines.language.put(model)
    counting = Counting(companion, tasks, tasks)
    seen: list[TokenCounts] = []
    counting.counted.connect(seen.append)
    for n in range(1, 6):
        counting.count(CharacterDraft(description="茶" * n))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[-1].by_section["person"] == 5
    assert seen[-1].context == 2048
    assert model.n_calls == 1
    tasks.close()


def test_a_model_that_ends_leaves_an_estimate(qtbot: QtBot, companion: Any) -> None:
    tasks = Tasks()
    companion.engines.language.put(LetterModel(fails=True))
    counting = Counting(companion, tasks, tasks)
    with qtbot.waitSignal(counting.counted) as signal:
        counting.count(DRAFT)
    assert not signal.args[0].is_exact  # type: ignore[index]
    tasks.close()


def test_the_bar_says_about_only_for_an_estimate_and_warns_when_nothing_is_left(
    qtbot: QtBot, look: Look
) -> None:
    bar = TokenBar(look)
    qtbot.addWidget(bar)
    bar.show_counts(count_draft(DRAFT, 4096))
    assert "about" in bar.total.text()
    bar.show_counts(count_draft(DRAFT, 4096, lambda texts: [len(text) for text in texts]))
    assert "about" not in bar.total.text()
    bar.show_counts(count_draft(DRAFT, 4))
    assert bar.total.text().startswith("Too long")
