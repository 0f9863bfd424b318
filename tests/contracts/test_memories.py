"""What every Memories must do, whatever keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from companion.domain.memory import Summary
from companion.errors import StorageError
from companion.ports import Memories
from companion.storage.chat_log import SqliteChatLog

pytestmark = pytest.mark.unit

Opener = Callable[[], SqliteChatLog]


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Opener]:
    """Return a function that opens the same log again, after closing what was open."""
    opened: list[SqliteChatLog] = []

    def open_again() -> SqliteChatLog:
        for one in opened:
            one.close()
        opened.append(SqliteChatLog.open(tmp_path / "chats.sqlite3"))
        return opened[-1]

    yield open_again
    assert all(one.check() == [] for one in opened[-1:])
    for one in opened:
        one.close()


@pytest.fixture
def log(reopen: Opener) -> SqliteChatLog:
    return reopen()


def said(log: SqliteChatLog, text: str, *, character: str = "aria", chat: str = "") -> tuple[str, int]:
    """Say something to a character; return the chat and the message."""
    chat = chat or log.create_chat(character).chat
    return chat, log.add(chat, "user", text).message


def texts(memories: Memories, character: str = "aria") -> list[str]:
    return [one.text for one in memories.cards(character)]


def test_a_card_keeps_where_it_was_said_over_a_restart(log: SqliteChatLog, reopen: Opener) -> None:
    chat, message = said(log, "我住在北京")
    made = log.memories.add(
        "aria", "用户住在北京", slot="home", value="北京", message=message, origin="conversation"
    )
    (kept,) = reopen().memories.cards("aria")
    assert kept == made
    assert (kept.message, kept.chat, kept.origin, kept.state) == (message, chat, "conversation", "active")


def test_pinned_cards_come_first_then_the_newest(log: SqliteChatLog) -> None:
    first = log.memories.add("aria", "一")
    log.memories.add("aria", "二")
    log.memories.add("aria", "三")
    assert log.memories.pin(first.memory, True).pinned
    assert texts(log.memories) == ["一", "三", "二"]
    log.memories.pin(first.memory, False)
    assert texts(log.memories) == ["三", "二", "一"]


def test_a_newer_card_about_the_same_thing_takes_the_place_of_the_old_one(log: SqliteChatLog) -> None:
    old = log.memories.add("aria", "用户住在北京", slot="home", value="北京")
    new = log.memories.add("aria", "用户住在上海", slot="home", value="上海")
    assert texts(log.memories) == ["用户住在上海"]
    was = log.memories.memory(old.memory)
    assert (was.state, was.replaced_by) == ("superseded", new.memory)


def test_what_is_no_longer_liked_supersedes_what_was(log: SqliteChatLog) -> None:
    log.memories.add("aria", "用户喜欢香菜", slot="likes:香菜", value="香菜")
    log.memories.add("aria", "用户喜欢茶", slot="likes:茶", value="茶")
    log.memories.add("aria", "用户不喜欢香菜", slot="dislikes:香菜", value="香菜")
    assert texts(log.memories) == ["用户不喜欢香菜", "用户喜欢茶"]


def test_the_same_fact_said_again_makes_no_second_card(log: SqliteChatLog) -> None:
    first = log.memories.add("aria", "The user's name is Lin", slot="name", value="Lin")
    again = log.memories.add("aria", "The user is called lin", slot="name", value="lin")
    assert again.memory == first.memory
    assert len(log.memories.cards("aria", all_states=True)) == 1


def test_a_corrected_card_is_kept_as_superseded(log: SqliteChatLog) -> None:
    old = log.memories.add("aria", "用户住在北京", slot="home", value="北京")
    new = log.memories.correct(old.memory, "用户住在上海")
    assert (new.text, new.slot, new.value, new.origin) == ("用户住在上海", "home", "上海", "user")
    assert log.memories.memory(old.memory).replaced_by == new.memory
    assert texts(log.memories) == ["用户住在上海"]


def test_a_corrected_thing_moves_to_its_own_slot(log: SqliteChatLog) -> None:
    old = log.memories.add("aria", "The user likes tea", slot="likes:tea", value="tea")
    new = log.memories.correct(old.memory, "The user likes coffee")
    assert (new.slot, new.value) == ("likes:coffee", "coffee")


def test_a_forgotten_card_is_not_proposed_again_but_the_user_may_write_it(log: SqliteChatLog) -> None:
    card = log.memories.add("aria", "用户怕黑", slot="fear", value="怕黑")
    log.memories.forget(card.memory)
    proposed = log.memories.add("aria", "用户怕黑", slot="fear", value="怕黑", origin="conversation")
    assert proposed.state == "forgotten"
    assert texts(log.memories) == []
    log.memories.add("aria", "用户怕黑", slot="fear", value="怕黑", origin="user")
    assert texts(log.memories) == ["用户怕黑"]


def test_a_restored_card_supersedes_what_took_its_place(log: SqliteChatLog) -> None:
    old = log.memories.add("aria", "用户住在北京", slot="home", value="北京")
    log.memories.add("aria", "用户住在上海", slot="home", value="上海")
    assert log.memories.restore(old.memory).state == "active"
    assert texts(log.memories) == ["用户住在北京"]


def test_each_character_has_its_own(log: SqliteChatLog) -> None:
    for n in range(100):
        log.memories.add(f"c{n}", f"秘密{n}", slot="secret", value=f"秘密{n}")
    for n in range(100):
        assert texts(log.memories, f"c{n}") == [f"秘密{n}"]
    _, message = said(log, "我叫小林", character="bo")
    with pytest.raises(StorageError) as refused:
        log.memories.add("aria", "用户叫小林", message=message)
    assert refused.value.code == "unknown_message"


def test_a_deleted_chat_hides_its_cards_and_a_purged_one_removes_them(
    log: SqliteChatLog, tmp_path: Path
) -> None:
    chat, message = said(log, "我的密码本在第三格抽屉")
    card = log.memories.add("aria", "密码本在第三格抽屉", message=message, origin="conversation")
    log.memories.add("aria", "用户自己写的")
    log.delete_chat(chat)
    assert texts(log.memories) == ["用户自己写的"]
    log.restore_chat(chat)
    assert "密码本在第三格抽屉" in texts(log.memories)
    log.delete_chat(chat)
    log.purge_chat(chat)
    with pytest.raises(StorageError):
        log.memories.memory(card.memory)
    on_disk = b"".join(file.read_bytes() for file in tmp_path.glob("chats.sqlite3*"))
    assert "第三格抽屉".encode() not in on_disk


def test_purging_a_correction_does_not_bring_the_old_form_back(log: SqliteChatLog, reopen: Opener) -> None:
    _, first = said(log, "我住在北京")
    second_chat, second = said(log, "我搬到上海了")
    log.memories.add("aria", "用户住在北京", slot="home", value="北京", message=first)
    log.memories.add("aria", "用户住在上海", slot="home", value="上海", message=second)
    log.delete_chat(second_chat)
    log.purge_chat(second_chat)
    assert texts(reopen().memories) == []


def test_a_deleted_message_hides_the_card_that_came_from_it(log: SqliteChatLog) -> None:
    chat, message = said(log, "我叫小林")
    log.memories.add("aria", "用户叫小林", slot="name", value="小林", message=message)
    log.delete(message)
    assert texts(log.memories) == []
    log.undo(chat)
    assert texts(log.memories) == ["用户叫小林"]


def test_what_states_a_corrected_value_is_silent_whoever_said_it(log: SqliteChatLog) -> None:
    chat, first = said(log, "我住在北京，房租很贵")
    hers = log.add(chat, "assistant", "北京的秋天很美。").message
    _, elsewhere = said(log, "北京今天下雪")
    _, other = said(log, "我喜欢喝茶")
    log.memories.add("aria", "用户住在北京", slot="home", value="北京", message=first)
    assert log.memories.silenced("aria") == frozenset()
    _, correction = said(log, "我从北京搬到上海了")
    log.memories.add("aria", "用户住在上海", slot="home", value="上海", message=correction)
    _, later = said(log, "下个月去北京玩")
    assert log.memories.silenced("aria") == {first, hers, elsewhere, correction}
    assert {other, later}.isdisjoint(log.memories.silenced("aria"))


def test_forgetting_silences_the_source_and_restoring_lets_it_speak(log: SqliteChatLog) -> None:
    _, message = said(log, "我偷偷抽烟")
    card = log.memories.add("aria", "用户抽烟", message=message, origin="conversation")
    log.memories.forget(card.memory)
    assert log.memories.silenced("aria") == {message}
    log.memories.restore(card.memory)
    assert log.memories.silenced("aria") == frozenset()


def test_an_edited_message_is_judged_by_what_it_says_now(log: SqliteChatLog) -> None:
    card = log.memories.add("aria", "用户住在北京", slot="home", value="北京")
    _, message = said(log, "那边天气很好")
    log.memories.correct(card.memory, "用户住在上海")
    assert message not in log.memories.silenced("aria")
    log.edit(message, "北京天气很好")
    assert message in log.memories.silenced("aria")


def test_turns_are_the_shown_ones_of_all_chats_with_the_character(log: SqliteChatLog) -> None:
    chat, first = said(log, "一")
    _, second = said(log, "二")
    said(log, "别人", character="bo")
    hidden_chat, hidden = said(log, "删掉的")
    log.delete_chat(hidden_chat)
    assert [one.message for one in log.memories.turns("aria")] == [first, second]
    assert [one.text for one in log.memories.turns("aria", after=first)] == ["二"]
    assert hidden in log.memories.silenced("aria")
    log.delete(first)
    assert [one.text for one in log.memories.turns("aria")] == ["二"]
    assert log.path(chat) == []


def test_memories_do_not_count_as_use_of_a_chat(log: SqliteChatLog) -> None:
    old, message = said(log, "我叫小林")
    new, _ = said(log, "你好")
    log.memories.add("aria", "用户叫小林", message=message)
    assert [one.chat for one in log.chats("aria")] == [new, old]
    assert not log.undo(old)


def test_forgetting_a_character_removes_everything_of_it_alone(log: SqliteChatLog, reopen: Opener) -> None:
    chat, message = said(log, "我叫小林")
    log.memories.add("aria", "用户叫小林", message=message)
    log.memories.keep_summary(Summary(chat, message, "d", "总结", "m", 1.0))
    log.memories.switch("aria", "lore", "book:1", off=True)
    log.memories.add("bo", "别人的")
    log.memories.forget_character("aria")
    memories = reopen().memories
    assert memories.cards("aria", all_states=True) == []
    assert memories.summary(chat) is None
    assert memories.switched_off("aria", "lore") == frozenset()
    assert texts(memories, "bo") == ["别人的"]


def test_the_last_summary_of_a_chat_holds(log: SqliteChatLog, reopen: Opener) -> None:
    chat, message = said(log, "你好")
    assert log.memories.summary(chat) is None
    log.memories.keep_summary(Summary(chat, message, "d1", "旧总结", "m", 1.0))
    newer = Summary(chat, message, "d2", "新总结", "m", 2.0)
    log.memories.keep_summary(newer)
    assert reopen().memories.summary(chat) == newer


def test_switches_hold_until_they_are_turned_back(log: SqliteChatLog, reopen: Opener) -> None:
    log.memories.switch("aria", "lore", "book:1", off=True)
    log.memories.switch("aria", "lore", "book:2", off=True)
    log.memories.switch("aria", "passage", "p1", off=True)
    log.memories.switch("aria", "lore", "book:2", off=False)
    memories = reopen().memories
    assert memories.switched_off("aria", "lore") == {"book:1"}
    assert memories.switched_off("aria", "passage") == {"p1"}
    assert memories.switched_off("bo", "lore") == frozenset()


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_memory_without_a_text_is_refused(log: SqliteChatLog, text: str) -> None:
    with pytest.raises(StorageError) as refused:
        log.memories.add("aria", text)
    assert refused.value.code == "empty_memory"
