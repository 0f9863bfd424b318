"""Lines that mean something alone, and those that hang on what came before."""

from __future__ import annotations

import pytest

from companion.forge.datasets.context import context_dependence
from companion.text.phonemes import Language

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("你瞧宝丫头疯了！审问我什么？", "zh"),
        ("我喜欢雨天，因为可以在铺子里看一整天的书。", "zh"),
        ("昨天晚上你到哪里去了？", "zh"),
        ("I have lived in this village for thirty years.", "en"),
        ("Do you take sugar in your tea?", "en"),
    ],
)
def test_lines_that_stand_alone_score_low(text: str, language: Language) -> None:
    assert context_dependence(text, language) < 0.35


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("也是。", "zh"),
        ("他那里知道这个。", "zh"),
        ("那这个呢？", "zh"),
        ("……", "zh"),
        ("So it is.", "en"),
        ("And then he did that too.", "en"),
        ("...", "en"),
    ],
)
def test_lines_that_need_what_came_before_score_high(text: str, language: Language) -> None:
    assert context_dependence(text, language) > 0.5
