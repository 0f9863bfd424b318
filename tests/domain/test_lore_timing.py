"""Sticky, cooldown and delay count messages and follow from what took part on the path alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from companion.domain.character import LoreEntry
from companion.domain.lore import Scan, Scene
from companion.domain.lore_scene import timing
from companion.domain.messages import Message

pytestmark = pytest.mark.unit

Scanner = Callable[..., Scan]


def reasons(scan: Scanner, said: Sequence[str], **more: Any) -> list[str]:
    """Return why the entry took part, or what kept it out, in each turn of a chat; "" if it was not near."""
    one = LoreEntry(("茶", "tea"), "龙井", **more)
    messages: list[Message] = []
    past: list[frozenset[str]] = []
    out: list[str] = []
    for text in said:
        messages.append(Message("user", text))
        told = scan([one], messages=messages, past=past, book={"scan_depth": 1})
        past.append(frozenset(hit.id for hit in told.fired))
        verdicts: list[str] = [one.reason for one in (*told.fired, *told.passed)]
        out.append(verdicts[0] if verdicts else "")
        messages.append(Message("assistant", "嗯。"))
    return out


def test_a_sticky_entry_holds_for_so_many_messages(scan: Scanner) -> None:
    assert reasons(scan, ["喝茶", "嗯", "嗯", "嗯"], sticky=5) == ["key", "sticky", "sticky", ""]
    assert reasons(scan, ["tea?", "m", "m"], sticky=2) == ["key", "", ""]


def test_matching_while_it_holds_prolongs_nothing(scan: Scanner) -> None:
    assert reasons(scan, ["茶", "茶", "嗯", "嗯"], sticky=4) == ["key", "sticky", "", ""]


def test_an_entry_rests_for_its_cooldown(scan: Scanner) -> None:
    assert reasons(scan, ["茶"] * 5, cooldown=3) == ["key", "cooldown", "key", "cooldown", "key"]


def test_the_cooldown_begins_when_it_no_longer_holds(scan: Scanner) -> None:
    assert reasons(scan, ["茶"] * 6, sticky=4, cooldown=4) == [
        "key",
        "sticky",
        "cooldown",
        "cooldown",
        "key",
        "sticky",
    ]


def test_a_delay_waits_for_so_many_messages(scan: Scanner) -> None:
    assert reasons(scan, ["茶"] * 3, delay=3) == ["delay", "key", "key"]


def test_a_sticky_entry_needs_no_draw(scan: Scanner) -> None:
    one = LoreEntry(("茶",), "龙井", sticky=9, probability=0, id="a")
    messages = [Message("user", "茶"), Message("assistant", "嗯"), Message("user", "嗯")]
    assert len(scan([one], messages=messages, past=[frozenset({":a"})]).fired) == 1


def test_a_constant_may_rest(scan: Scanner) -> None:
    assert reasons(scan, ["嗯"] * 3, constant=True, cooldown=3) == ["constant", "cooldown", "constant"]


def test_a_greeting_before_the_first_reply_does_not_shift_the_count() -> None:
    messages = [Message(role, "") for role in ("assistant", "user", "assistant", "user")]  # type: ignore[arg-type]
    scene = Scene(messages, [frozenset({"a"})])
    assert timing(scene, {"a": (2, 0)}).sticky == frozenset()
    assert timing(scene, {"a": (3, 0)}).sticky == frozenset({"a"})


def test_replies_that_are_not_given_count_as_two_messages() -> None:
    scene = Scene([Message("user", "嗯")], [frozenset({"a"}), frozenset()])
    assert timing(scene, {"a": (4, 0)}).sticky == frozenset()
    assert timing(scene, {"a": (5, 0)}).sticky == frozenset({"a"})


def test_a_draw_stays_the_same_in_one_turn_and_changes_between_turns(scan: Scanner) -> None:
    entries = [LoreEntry(("茶",), f"{i}", probability=50) for i in range(40)]
    first, again, other = ({hit.text for hit in scan(entries, "茶", seed=seed).fired} for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert 5 < len(first) < 35


@pytest.mark.parametrize(("chance", "n"), [(0, 0), (100, 10)])
def test_never_and_always_are_exact(scan: Scanner, chance: float, n: int) -> None:
    entries = [LoreEntry(("tea",), f"{i}", probability=chance) for i in range(10)]
    assert len(scan(entries, "tea").fired) == n
