"""What a turn takes from her documents within what it may cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from companion.conversation.gathering import Caps, Gathering
from companion.conversation.knowledge import Knowledge
from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.domain.messages import StoredMessage
from companion.domain.passages import FoundPassage, Passage

pytestmark = pytest.mark.unit
HER = Character(id="aqiao", name="阿桥", folder=Path())
SAID = StoredMessage(1, "c1", None, "user", "桥上说了什么？", 0.0)


def found(child: str, widened: str, at: int) -> FoundPassage:
    passage = Passage(f"p{at}", "d", "桥.txt", at + 10, at + 10 + len(child), child)
    return FoundPassage(passage, widened, at, at + len(widened), 1.0)


def count(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def taken(*passages: FoundPassage, cap: int) -> list[tuple[str, int, int]]:
    gathering = Gathering(Knowledge(passages=lambda *_: passages))
    standing = gathering.standing(HER, "c1", [SAID], "你")
    recalled = gathering.recall(
        standing, "c1", [SAID], [SAID], SAID.text,
        count=count, caps=Caps(lore=0, passages=cap, memories=0), cancel=CancelToken(),
    )  # fmt: skip
    return [(one.text, one.start, one.end) for one in recalled.passages]


LONG = found("她说不过桥。", "雨" * 40, 0)
SHORT = found("船来了。", "船来了。" * 3, 100)


def test_a_passage_stands_with_its_neighbours_where_there_is_room() -> None:
    assert taken(LONG, SHORT, cap=60) == [("雨" * 40, 0, 40), ("船来了。" * 3, 100, 112)]


def test_a_passage_that_is_too_long_stands_without_its_neighbours() -> None:
    assert taken(LONG, cap=20) == [("她说不过桥。", 10, 16)]


def test_one_that_does_not_fit_keeps_no_other_out() -> None:
    assert taken(found("河" * 30, "河" * 50, 0), SHORT, cap=12) == [("船来了。" * 3, 100, 112)]
