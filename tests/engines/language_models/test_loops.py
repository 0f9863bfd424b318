"""Loops in a reply."""

from __future__ import annotations

import random

import pytest

from companion.engines.language_models.loops import LoopDetector

pytestmark = pytest.mark.unit

CHINESE = (
    "秋天的傍晚，她坐在窗边看雨。雨点打在旧书的封面上，像有人轻轻敲门。她想起小时候住过的那条街，卖糖炒栗子的老人总是笑着多给她一把。"
    "后来街拆了，老人不知去了哪里，只有栗子的香气每到这个时候还会回来。她合上书，给自己倒了一杯热茶，决定明天去看看新的街。"
    "“你也一起来吧。”她对屏幕前的人说，“我们可以一边走一边聊，也许能找到一家卖栗子的小店。要是找不到，就买两个烤红薯，回来坐在"
    "窗边慢慢吃。晚上如果放晴，还能看见月亮从对面的楼顶升起来，照得整条河都是银色的。”"
)
ENGLISH = (
    "On an autumn evening she sits by the window and listens to the rain. It knocks at the old book like a guest. "
    "She remembers the street of her childhood, where a man sold chestnuts and always gave her one more than she had "
    "paid for. The street is gone now, and nobody knows where he went, but the smell comes back every October."
)


def fed(tokens: list[int]) -> int | None:
    detector = LoopDetector()
    return next((index for index, token in enumerate(tokens) if detector.feed(token)), None)


@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
@pytest.mark.parametrize("period", [1, 2, 3, 7, 20, 60, 100, 150, 190, 240])
def test_a_loop_is_stopped_within_200_tokens_after_it_begins(text: str, period: int) -> None:
    start = [ord(char) for char in text]
    unit = [5000 + index for index in range(period)]
    stopped = fed(start + unit * 400)
    assert stopped is not None
    assert len(start) < stopped <= len(start) + period + 200


def test_a_loop_with_small_changes_is_stopped() -> None:
    dice = random.Random(3)
    tokens = [ord(char) for _ in range(60) for char in "我爱你" + dice.choice("。！，")]
    assert fed(tokens) is not None


@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
def test_ordinary_text_goes_on(text: str) -> None:
    assert fed([ord(char) for char in text]) is None


@pytest.mark.parametrize(
    "text", ["哈哈哈哈哈哈哈哈，你真有趣。", "no, no, no, no, no. Never!", "慢慢来，慢慢来，不着急，不着急。"]
)
def test_laughter_and_emphasis_go_on(text: str) -> None:
    assert fed([ord(char) for char in text]) is None
