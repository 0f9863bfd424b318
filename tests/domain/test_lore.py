"""Entries take part by keys, logic and decorators, in Chinese, English and Japanese, and never beyond the budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.character import Lorebook, LoreEntry
from companion.domain.lore import LoreIndex, Scan, Scene
from companion.domain.messages import Message
from companion.text.folding import fold_search

pytestmark = pytest.mark.unit

Scanner = Callable[..., Scan]


def entry(*keys: str, content: str = "", **more: Any) -> LoreEntry:
    return LoreEntry(keys=keys, content=content or "".join(keys) or "内容", **more)


def keys_of(scan: Scan) -> list[str]:
    return [hit.key for hit in scan.fired]


def left_out(scan: Scan) -> list[tuple[str, str]]:
    return [(one.reason, one.detail) for one in scan.passed]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("铜板", "那只銅板呢"),
        ("cat", "我的Cat呢"),
        ("AI少女", "ＡＩ 少女"),
        ("桜", "さくら、櫻"),
        ("ﾈｺ", "クロネコ"),
    ],
)
def test_an_entry_fires_by_its_key(scan: Scanner, key: str, text: str) -> None:
    (hit,) = scan([entry("别的", key)], text).fired
    assert (hit.key, hit.reason, hit.id, hit.text) == (key, "key", ":e0", f"别的{key}")


def test_aliases_count_as_keys(scan: Scanner) -> None:
    assert keys_of(scan([entry("顾小满", aliases=("满满", "Mandy"))], "Hi Mandy")) == ["Mandy"]


def test_names_in_keys_stand_for_the_character_and_the_user(scan: Scanner) -> None:
    assert keys_of(scan([entry("{{char}}的茶馆"), entry("<user>")], "阿远去小滿的茶馆")) == [
        "{{char}}的茶馆",
        "<user>",
    ]


def test_notes_in_a_message_are_not_scanned(scan: Scanner) -> None:
    assert keys_of(scan([entry("猫")], "你好{{// 猫}}")) == []


@pytest.mark.parametrize(
    ("logic", "text", "fires"),
    [
        ("and_any", "茶", False),
        ("and_any", "茶和外婆", True),
        ("and_all", "茶和外婆", False),
        ("and_all", "茶、外婆、rain", True),
        ("not_any", "茶", True),
        ("not_any", "茶和rain", False),
        ("not_all", "茶和外婆", True),
        ("not_all", "茶、外婆、RAIN", False),
        ("and_any", "外婆", False),
    ],
)
def test_secondary_keys_follow_their_logic(scan: Scanner, logic: str, text: str, fires: bool) -> None:
    one = entry("茶", selective=True, secondary_keys=("外婆", "rain"), secondary_logic=logic)
    assert bool(scan([one], text).fired) is fires


def test_secondary_keys_count_only_when_selective(scan: Scanner) -> None:
    assert keys_of(scan([entry("茶", secondary_keys=("外婆",))], "喝茶吗")) == ["茶"]
    told = scan([entry("茶", selective=True, secondary_keys=("外婆",))], "喝茶吗")
    assert left_out(told) == [("secondary", "外婆")]


def test_disabled_and_switched_off_entries_never_fire_and_say_so(scan: Scanner) -> None:
    entries = [entry("a", enabled=False), entry("b", id="x"), entry("c"), entry(constant=True, enabled=False)]
    told = scan(entries, "a b c", off=frozenset({":x"}))
    assert keys_of(told) == ["c"]
    assert left_out(told) == [("disabled", ""), ("off", ""), ("disabled", "")]


@pytest.mark.parametrize(
    ("pattern", "text", "fires"),
    [
        ("/小(满|滿)/", "小滿", True),
        ("/tea ?house/i", "TeaHouse", True),
        ("/猫{2}/", "猫猫", True),
        ("/猫{2}/", "猫", False),
    ],
)
def test_a_regex_key_is_left_to_the_searcher(scan: Scanner, pattern: str, text: str, fires: bool) -> None:
    assert bool(scan([entry(pattern, use_regex=True)], text).fired) is fires


def test_a_plain_key_stays_plain_under_use_regex(scan: Scanner) -> None:
    assert keys_of(scan([entry("C++", "A.B", use_regex=True)], "A.B")) == ["A.B"]
    assert keys_of(scan([entry("A.B", use_regex=True)], "AxB")) == []
    assert keys_of(scan([entry("/a.b/")], "axb")) == []


def test_a_slow_regex_is_named(scan: Scanner, regex_with: Any) -> None:
    told = scan([entry("/(a+)+$/", use_regex=True), entry("b")], "b", regex=regex_with("/(a+)+$/"))
    assert keys_of(told) == ["b"]
    assert left_out(told) == [("regex_slow", "/(a+)+$/")]


def test_case_counts_only_where_asked(scan: Scanner) -> None:
    assert keys_of(scan([entry("Iris", case_sensitive=True), entry("iris")], "iris")) == ["iris"]


# ---- how far back


def test_only_the_newest_messages_are_scanned(scan: Scanner) -> None:
    told = scan([entry("猫")], "猫", "一", "二", book={"scan_depth": 2})
    assert told.fired == ()
    assert keys_of(scan([entry("猫")], "猫", "一", "二", book={"scan_depth": 3})) == ["猫"]


def test_an_entry_may_look_farther_or_less_far_than_its_book(scan: Scanner) -> None:
    entries = [
        entry("猫"),
        entry("狗", scan_depth=3),
        entry("鸟", content="@@scan_depth 3\n鸟", scan_depth=1),
        entry("鱼", scan_depth=0),
    ]
    told = scan(entries, "猫狗鸟", "一", "鱼", book={"scan_depth": 2})
    assert keys_of(told) == ["狗", "鸟"]
    assert left_out(told) == [("depth", "猫"), ("depth", "鱼")]


# ---- constants and order


def test_constants_belong_to_the_prefix_unless_something_changes_them(scan: Scanner) -> None:
    entries = (
        entry(content="永远", constant=True, insertion_order=5),
        entry(content="@@activate\n也永远", insertion_order=1),
        entry(content="有时", constant=True, probability=50),
        entry(content="@@activate_only_every 2\n隔次", constant=True),
        entry("/x/", content="不算", constant=True, use_regex=True),
        entry(content="不", constant=True, enabled=False),
        entry(content="@@dont_activate\n从不", constant=True),
    )
    index = LoreIndex([Lorebook(entries)], fold_search)
    assert [(one.text, one.reason, one.constant_prefix) for one in index.constants()] == [
        ("也永远", "activated", True),
        ("永远", "constant", True),
    ]
    assert [one.text for one in index.constants(off=frozenset({":e0"}))] == ["也永远"]
    told = scan(entries, "你好")
    assert [one.text for one in told.prefix] == ["也永远", "永远"]
    assert not {one.text for one in told.fired} & {"也永远", "永远"}


def test_constants_keep_to_a_budget_where_one_is_given() -> None:
    own = Lorebook(
        (entry(content="茶" * 9, constant=True, priority=1), entry(content="猫" * 9, constant=True))
    )
    world = Lorebook((entry(content="城" * 5, constant=True, priority=999),), id="w")
    index = LoreIndex([own, world], fold_search)
    told = index.constants(count=lambda texts: [len(text) for text in texts], budget=15)
    assert [(one.text, one.n_tokens) for one in told] == [("猫" * 9, 9), ("城" * 5, 5)]


def test_an_entry_tells_which_prompts_it_wants_off(scan: Scanner) -> None:
    one = entry("茶", content="@@disable_ui_prompt post_history_instructions\n龙井")
    assert scan([one], "茶").fired[0].disables == ("post_history_instructions",)


def test_a_constant_with_a_condition_fires_in_its_turn(scan: Scanner) -> None:
    one = entry(content="@@activate_only_every 2\n隔次", constant=True)
    assert [hit.reason for hit in scan([one], "a", "b", "c", "d", "e").fired] == ["constant"]
    assert left_out(scan([one], "b", "c")) == [("decorator", "activate_only_every")]


def test_insertion_order_decides_and_books_break_ties(scan: Scanner) -> None:
    own = Lorebook((entry("茶", insertion_order=9), entry("猫", insertion_order=3)), id="")
    world = Lorebook((entry("城", insertion_order=3), entry("山", insertion_order=1)), id="w")
    told = scan([own, world], "茶猫城山")
    assert [hit.id for hit in told.fired] == ["w:e1", ":e1", "w:e0", ":e0"]


def test_each_book_keeps_its_own_depth(scan: Scanner) -> None:
    own = Lorebook((entry("茶"),), scan_depth=1)
    world = Lorebook((entry("茶", content="世界的茶"),), scan_depth=3, id="w")
    assert [hit.id for hit in scan([own, world], "茶", "二", "三").fired] == ["w:e0"]


def test_the_same_text_is_told_once(scan: Scanner) -> None:
    own = Lorebook((entry("茶", content="龙井很香"), entry(content="总是", constant=True)))
    world = Lorebook((entry("茶", content="龙井很香"), entry("茶", content="总是")), id="w")
    told = scan([own, world], "茶")
    assert [hit.id for hit in told.fired] == [":e0"]
    assert left_out(told) == [("duplicate", ""), ("duplicate", "")]


def test_an_entry_without_text_adds_nothing(scan: Scanner) -> None:
    told = scan([LoreEntry(("茶",), "@@depth 2\n")], "茶")
    assert told.fired == ()
    assert left_out(told) == [("empty", "")]


# ---- budget


def test_over_budget_the_lowest_priority_leaves_and_order_stays(scan: Scanner) -> None:
    entries = [entry("a" * 10, priority=1), entry("b" * 10, priority=9), entry("c" * 10, priority=5)]
    told = scan(entries, " ".join(one.keys[0] for one in entries), budget=20)
    assert keys_of(told) == ["b" * 10, "c" * 10]
    assert (told.n_tokens, left_out(told)) == (20, [("budget", "10")])


def test_without_priority_the_lowest_insertion_order_leaves(scan: Scanner) -> None:
    entries = [entry("茶" * 9, insertion_order=1), entry("猫" * 9, insertion_order=2)]
    assert keys_of(scan(entries, "茶" * 9 + "猫" * 9, budget=9)) == ["猫" * 9]


def test_what_asks_to_be_ignored_leaves_first_of_all(scan: Scanner) -> None:
    entries = [
        entry("茶", content="@@ignore_on_max_context\n" + "茶" * 9, priority=99),
        entry("猫", content="猫" * 9, priority=1),
    ]
    assert keys_of(scan(entries, "茶猫", budget=10)) == ["猫"]
    assert keys_of(scan(entries, "茶猫", budget=18)) == ["茶", "猫"]


def test_each_book_keeps_its_budget_and_her_own_comes_first(scan: Scanner) -> None:
    own = Lorebook((entry("茶", content="茶" * 8), entry("猫", content="猫" * 8)), token_budget=10)
    world = Lorebook((entry("城", content="城" * 8, priority=999),), id="w", token_budget=100)
    assert [hit.id for hit in scan([own, world], "茶猫城").fired] == [":e0", "w:e0"]
    assert [hit.id for hit in scan([own, world], "茶猫城", budget=8).fired] == [":e0"]


def test_a_decorator_sets_the_priority(scan: Scanner) -> None:
    entries = [entry("茶", content="@@priority 50\n" + "茶" * 9), entry("猫", content="猫" * 9, priority=10)]
    assert keys_of(scan(entries, "茶猫", budget=9)) == ["茶"]


_KEYS = st.sampled_from(["猫", "茶", "cat", "国王", "AI少女", "ネコ"])
_ENTRIES = st.lists(
    st.builds(
        LoreEntry,
        keys=st.lists(_KEYS, max_size=3).map(tuple),
        content=st.text("茶猫ab", max_size=30),
        enabled=st.booleans(),
        constant=st.booleans(),
        probability=st.sampled_from([100, 50, 0]),
        priority=st.none() | st.integers(0, 5),
        group=st.sampled_from(["", "", "g", "g,h"]),
        sticky=st.integers(0, 4),
        cooldown=st.integers(0, 4),
        delay=st.integers(0, 3),
        delay_until_recursion=st.integers(0, 2),
    ),
    max_size=12,
)


@given(
    _ENTRIES, st.integers(0, 60), st.integers(0, 60), st.lists(_KEYS, min_size=1, max_size=8), st.booleans()
)
def test_the_budget_is_never_exceeded_and_disabled_never_fires(
    entries: list[LoreEntry], budget: int, book_budget: int, texts: list[str], recursive: bool
) -> None:
    book = Lorebook(tuple(entries), token_budget=book_budget, recursive_scanning=recursive)
    messages = [Message("assistant" if i % 2 else "user", text) for i, text in enumerate(texts)]
    past = [frozenset({":e0", ":e1"}), frozenset({":e2"})]

    class NoRegex:
        culprits = ()

        def begin(self) -> None: ...

        def search(self, pattern: str, text: str, case_sensitive: bool) -> bool:
            return False

    told = LoreIndex([book], fold_search).scan(
        Scene(messages, past), NoRegex(), lambda ts: [len(t) for t in ts], budget=budget
    )
    assert told.n_tokens == sum(len(hit.text) for hit in told.fired) <= min(budget, book_budget)
    assert all(hit.entry.enabled for hit in (*told.fired, *told.prefix))
    assert len({hit.id for hit in told.fired}) == len(told.fired)
    assert not {hit.id for hit in told.fired} & {one.id for one in told.passed}
