"""Each decorator does in a scan what it says, alone and as the fallback of another program's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from companion.domain.character import LoreEntry
from companion.domain.lore import Scan

pytestmark = pytest.mark.unit

Scanner = Callable[..., Scan]


def decorated(line: str, **more: Any) -> LoreEntry:
    return LoreEntry(**{"keys": ("茶", "tea"), "content": f"@@{line}\n内容", **more})


CASES: list[tuple[str, dict[str, Any], bool]] = [
    ("activate_only_after 2", {"texts": ("你好", "茶")}, False),
    ("activate_only_after 2", {"texts": ("你好", "嗯", "哦", "tea")}, True),
    ("activate_only_every 2", {"texts": ("你好", "茶")}, False),
    ("activate_only_every 2", {"texts": ("你好", "嗯", "哦", "茶")}, True),
    ("keep_activate_after_match", {"texts": ("没有",), "past": [frozenset({":e0"})]}, True),
    ("keep_activate_after_match", {"texts": ("没有",)}, False),
    ("dont_activate_after_match", {"texts": ("茶",), "past": [frozenset({":e0"})]}, False),
    ("dont_activate_after_match", {"texts": ("茶",)}, True),
    ("scan_depth 1", {"texts": ("tea", "嗯")}, False),
    ("scan_depth 2", {"texts": ("tea", "嗯")}, True),
    ("is_greeting 1", {"texts": ("茶",), "greeting": 0}, False),
    ("is_greeting 1", {"texts": ("茶",), "greeting": None}, False),
    ("is_greeting 1", {"texts": ("茶",), "greeting": 1}, True),
    ("is_user_icon 阿远", {"texts": ("茶",), "user_icon": "阿明"}, False),
    ("is_user_icon 阿远", {"texts": ("茶",), "user_icon": "阿远"}, True),
    ("additional_keys 外婆,granny", {"texts": ("茶",)}, False),
    ("additional_keys 外婆,granny", {"texts": ("Granny's tea",)}, True),
    ("exclude_keys 咖啡,coffee", {"texts": ("茶和coffee",)}, False),
    ("exclude_keys 咖啡,coffee", {"texts": ("茶",)}, True),
    ("exclude_keys_all 咖啡,coffee", {"texts": ("茶和coffee",)}, True),
    ("exclude_keys_all 咖啡,coffee", {"texts": ("茶、咖啡、coffee",)}, False),
    ("dont_activate", {"texts": ("茶",)}, False),
    ("probability 0", {"texts": ("茶",)}, False),
    ("probability 100", {"texts": ("茶",), "entry": {"probability": 0}}, True),
    ("match_partial_word", {"texts": ("steam",)}, True),
    ("match_full_word", {"texts": ("steam",), "entry": {"match_whole_words": False}}, False),
    ("match_full_word", {"texts": ("喝茶去",), "entry": {"match_whole_words": False}}, True),
]


@pytest.mark.parametrize("prefix", ["", "someone_elses_only 1\n@@@"], ids=["plain", "fallback"])
@pytest.mark.parametrize(("line", "scene", "fires"), CASES)
def test_a_decorator_decides(
    scan: Scanner, line: str, scene: dict[str, Any], fires: bool, prefix: str
) -> None:
    scene = dict(scene)
    texts, more = scene.pop("texts"), scene.pop("entry", {})
    told = scan([decorated(prefix + line, **more)], *texts, **scene)
    assert [hit.text for hit in told.fired] == (["内容"] if fires else [])


@pytest.mark.parametrize(
    ("line", "position", "depth", "role"),
    [
        ("depth 1", "at_depth", 1, "system"),
        ("depth -3", "at_depth", 0, "system"),
        ("depth 900", "at_depth", 3, "system"),
        ("end", "at_depth", 0, "system"),
        ("reverse_depth 1", "at_depth", 2, "system"),
        ("reverse_depth 1\n@@depth 3", "at_depth", 3, "system"),
        ("depth 1\n@@position before_desc", "before_char", 7, "system"),
        ("role assistant", "after_examples", 7, "assistant"),
        ("unknown", "after_examples", 7, "system"),
    ],
)
def test_a_decorator_decides_where_it_stands(
    scan: Scanner, line: str, position: str, depth: int, role: str
) -> None:
    (hit,) = scan([decorated(line, position="after_examples", depth=7)], "一", "二", "茶").fired
    assert (hit.position, hit.depth, hit.role) == (position, depth, role)


def test_activate_outdoes_everything_but_switches(scan: Scanner) -> None:
    always = "activate\n@@dont_activate\n@@is_greeting 5\n@@exclude_keys 茶"
    told = scan([decorated(always), decorated(always, enabled=False)], "茶", greeting=0)
    assert [hit.reason for hit in (*told.fired, *told.prefix)] == ["activated"]


def test_keys_of_decorators_leave_out_constants_too(scan: Scanner) -> None:
    told = scan([decorated("exclude_keys 咖啡", constant=True)], "咖啡")
    assert [(one.reason, one.detail) for one in told.passed] == [("excluded", "咖啡")]
    assert [hit.reason for hit in scan([decorated("exclude_keys 咖啡", constant=True)], "水").fired] == [
        "constant"
    ]


def test_excluded_keys_are_ignored_where_keys_are_regular_expressions(scan: Scanner) -> None:
    one = decorated("exclude_keys 茶", keys=("/茶+/",), use_regex=True)
    assert len(scan([one], "茶").fired) == 1


def test_additional_keys_may_be_regular_expressions(scan: Scanner) -> None:
    one = decorated("additional_keys /外.婆/", keys=("茶",), use_regex=True)
    assert len(scan([one], "茶 外阿婆").fired) == 1
    assert scan([one], "茶 外婆").fired == ()


def test_what_kept_an_entry_out_is_named(scan: Scanner) -> None:
    told = scan(
        [decorated("is_greeting 1"), decorated("additional_keys 外婆"), decorated("dont_activate")], "茶"
    )
    assert [(one.reason, one.detail) for one in told.passed] == [
        ("decorator", "is_greeting"),
        ("decorator", "additional_keys"),
        ("decorator", "dont_activate"),
    ]
