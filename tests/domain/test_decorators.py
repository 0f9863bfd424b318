"""Decorators are read, cut from the text, and replaced by their fallbacks where they cannot be used."""

from __future__ import annotations

from typing import Any

import pytest

from companion.domain.decorators import Decorators, take_apart

pytestmark = pytest.mark.unit

DECORATORS: list[tuple[str, str, Any]] = [
    ("activate_only_after 3", "activate_only_after", 3),
    ("activate_only_every 2", "activate_only_every", 2),
    ("keep_activate_after_match", "keep_activate_after_match", True),
    ("dont_activate_after_match", "dont_activate_after_match", True),
    ("depth 5", "depth", 5),
    ("depth -1", "depth", -1),
    ("end", "depth", 0),
    ("reverse_depth 2", "reverse_depth", 2),
    ("role assistant", "role", "assistant"),
    ("scan_depth 7", "scan_depth", 7),
    ("is_greeting 1", "is_greeting", 1),
    ("position before_desc", "position", "before_char"),
    ("position after_desc", "position", "after_char"),
    ("position personality", "position", "after_char"),
    ("position scenario", "position", "after_char"),
    ("ignore_on_max_context", "ignore_on_max_context", True),
    ("additional_keys 茶,tea", "additional_keys", (("茶", "tea"),)),
    ("exclude_keys 猫，狗", "exclude_keys", ("猫", "狗")),
    ("exclude_keys_all cat,dog", "exclude_keys_all", ("cat", "dog")),
    ("is_user_icon 阿远", "is_user_icon", "阿远"),
    ("activate", "activate", True),
    ("activate true", "activate", True),
    ("dont_activate", "dont_activate", True),
    ("disable_ui_prompt system_prompt", "disable_ui_prompt", ("system_prompt",)),
    ("probability 12.5", "probability", 12.5),
    ("priority 9", "priority", 9.0),
    ("match_full_word", "whole_words", True),
    ("match_partial_word", "whole_words", False),
    ("recursive", "recursive", True),
    ("unrecursive", "recursive", False),
    ("no_recursive_search", "no_recursive_search", True),
]


@pytest.mark.parametrize(("line", "name", "value"), DECORATORS)
def test_a_decorator_is_read_and_cut_from_the_text(line: str, name: str, value: Any) -> None:
    taken = take_apart(f"@@{line}\n\n她怕打雷。\nShe fears thunder.\n")
    assert taken.text == "她怕打雷。\nShe fears thunder."
    assert getattr(taken.decorators, name) == value
    assert taken.unused == ()


@pytest.mark.parametrize(("line", "name", "value"), DECORATORS)
def test_each_decorator_serves_as_a_fallback(line: str, name: str, value: Any) -> None:
    taken = take_apart(f"@@someone_elses 4\n@@@{line}\n内容")
    assert getattr(taken.decorators, name) == value
    assert taken.text == "内容"
    assert taken.unused == ("@@someone_elses 4",)


@pytest.mark.parametrize(("line", "name", "value"), DECORATORS)
def test_a_fallback_is_not_used_when_the_decorator_before_it_is(line: str, name: str, value: Any) -> None:
    other = "role user" if name != "role" else "depth 1"
    plain = getattr(Decorators(), name)
    assert getattr(take_apart(f"@@{other}\n@@@{line}\n内容").decorators, name) == plain


def test_the_seventh_fallback_is_still_tried() -> None:
    lines = ["@@a 1", *(f"@@@{name} 1" for name in "bcdefg"), "@@@depth 3", "@@@depth 8", "内容"]
    assert take_apart("\n".join(lines)).decorators == Decorators(depth=3)


@pytest.mark.parametrize(
    "line",
    [
        "depth",
        "depth four",
        "depth 四",
        "depth 99999999",
        "role narrator",
        "position pt_top",
        "activate_only_every 0",
        "activate_only_after -1",
        "probability 101",
        "activate maybe",
        "additional_keys",
        "exclude_keys ,",
        "disable_ui_prompt everything",
        "instruct_depth 4",
        "reverse_instruct_depth 4",
        "instruct_scan_depth 4",
        "inject_lore here",
    ],
)
def test_an_invalid_or_unusable_decorator_gives_way_to_its_fallback(line: str) -> None:
    taken = take_apart(f"@@{line}\n@@@is_greeting 2\n内容")
    assert taken.decorators == Decorators(is_greeting=2)
    assert taken.unused == (f"@@{line}",)
    assert taken.text == "内容"


def test_of_two_with_one_name_the_first_counts_and_additional_keys_add_up() -> None:
    taken = take_apart(
        "@@depth 1\n@@depth 9\n@@@role user\n@@additional_keys 茶\n@@additional_keys tea\n内容"
    )
    assert taken.decorators == Decorators(depth=1, additional_keys=(("茶",), ("tea",)))


def test_a_switched_off_flag_counts_as_said() -> None:
    assert take_apart("@@activate false\n内容").decorators == Decorators()


def test_a_comma_can_be_part_of_a_key() -> None:
    assert take_apart("@@exclude_keys a\\,b,c\n.").decorators.exclude_keys == ("a,b", "c")


@pytest.mark.parametrize(
    "content",
    [
        "没有装饰器。",
        "Mail me @@ home",
        "内容\n@@depth 4",
        "@@@@@@@@\n内容",
        "@@小满\n内容",
        "",
        "  两格缩进",
    ],
)
def test_text_that_only_looks_similar_stays_whole(content: str) -> None:
    taken = take_apart(content)
    assert taken.text == content
    assert taken.decorators == Decorators()


def test_windows_line_ends_and_blank_lines_between_are_fine() -> None:
    taken = take_apart("\r\n@@depth 4\r\n\r\n@@role user\r\n\r\n第一行\r\n第二行")
    assert taken.decorators == Decorators(depth=4, role="user")
    assert taken.text == "第一行\r\n第二行"


def test_a_flood_of_decorators_ends_somewhere() -> None:
    taken = take_apart("@@unknown 1\n" * 5_000 + "内容")
    assert len(taken.unused) == 200
