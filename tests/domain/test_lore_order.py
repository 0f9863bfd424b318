"""The checks come in the order that SillyTavern's authors rely on: each line names two, and the first decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from companion.domain.character import LoreEntry
from companion.domain.lore import Scan
from companion.domain.messages import Message

pytestmark = pytest.mark.unit

Scanner = Callable[..., Scan]
SAID = [Message("user", "茶"), Message("assistant", "嗯"), Message("user", "喝 tea 吗")]
FIRED_BEFORE = [frozenset({":a"})]


def verdict(scan: Scanner, content: str = "内容", budget: int = 100, **more: Any) -> str:
    one = LoreEntry(**{"keys": ("tea", "茶"), "content": content, "id": "a", **more})
    told = scan([one], messages=SAID, past=FIRED_BEFORE, budget=budget, book={"scan_depth": 1})
    (result,) = [*told.fired, *told.prefix, *told.passed]
    return result.reason


@pytest.mark.parametrize(
    ("decides", "more"),
    [
        ("disabled", {"enabled": False, "delay": 9}),
        ("delay", {"delay": 9, "cooldown": 9}),
        ("delay", {"delay": 9, "sticky": 9}),
        ("delay", {"delay": 9, "content": "@@activate\n内容"}),
        ("sticky", {"sticky": 9, "cooldown": 9}),
        ("sticky", {"sticky": 9, "delay_until_recursion": 1}),
        ("cooldown", {"cooldown": 9, "delay_until_recursion": 1}),
        ("cooldown", {"cooldown": 9, "content": "@@activate\n内容"}),
        ("recursion", {"delay_until_recursion": 1, "content": "@@activate\n内容"}),
        ("recursion", {"delay_until_recursion": 1, "content": "@@dont_activate\n内容"}),
        ("activated", {"content": "@@activate\n@@dont_activate\n内容", "constant": True}),
        ("activated", {"content": "@@activate\n内容", "probability": 0}),
        ("decorator", {"content": "@@dont_activate\n内容", "constant": True}),
        ("decorator", {"content": "@@dont_activate\n内容", "sticky": 9}),
        ("constant", {"constant": True, "sticky": 9, "delay": 1}),
        ("constant", {"constant": True, "selective": True, "secondary_keys": ("没有",)}),
        ("sticky", {"sticky": 9, "selective": True, "secondary_keys": ("没有",)}),
        ("sticky", {"sticky": 9, "probability": 0}),
        ("secondary", {"selective": True, "secondary_keys": ("没有",), "probability": 0}),
        ("probability", {"probability": 0, "budget": 0}),
        ("budget", {"budget": 0}),
        ("key", {}),
    ],
)
def test_the_earlier_check_decides(scan: Scanner, decides: str, more: dict[str, Any]) -> None:
    assert verdict(scan, **more) == decides
