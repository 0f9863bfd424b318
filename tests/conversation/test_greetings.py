"""What a chat begins with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from companion.conversation.greetings import greetings_of
from companion.domain.character import Character
from companion.domain.messages import ChatInfo

pytestmark = pytest.mark.unit

CHAT = ChatInfo("c1", "a", "", 1_772_700_000.0, 1_772_700_000.0, 0, 0)


@pytest.mark.parametrize(
    ("language", "greeting"),
    [
        ("zh", "{{random:早,晚,午,夜}}好，{{user}}，{{date}}"),
        ("en", "{{random:Hi,Hey,Yo,Oh}} {{user}}, {{date}}"),
    ],
)
def test_a_greeting_is_the_same_in_its_chat_and_may_be_another_in_the_next(
    language: str, greeting: str
) -> None:
    her = Character("a", "A", Path(), language="zh" if language == "zh" else "en", first_mes=greeting)
    (first,) = greetings_of(her, "明", CHAT)
    assert greetings_of(her, "明", CHAT) == [first]
    assert "明" in first
    assert "{{" not in first
    assert len({greetings_of(her, "明", replace(CHAT, chat=f"c{n}"))[0] for n in range(20)}) > 1
