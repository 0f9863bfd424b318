"""What every ChatLog must do, whatever keeps it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from companion.domain.messages import Ack
from companion.errors import CompanionError, StorageError
from companion.ports import ChatLog
from companion.storage.chat_log import SqliteChatLog

pytestmark = pytest.mark.unit

Opener = Callable[[], ChatLog]


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Opener]:
    """Return a function that opens the same log again, after closing what was open."""
    opened: list[ChatLog] = []

    def open_again() -> ChatLog:
        for one in opened:
            one.close()
        opened.append(SqliteChatLog.open(tmp_path / "chats.sqlite3"))
        return opened[-1]

    yield open_again
    for one in opened:
        one.close()


@pytest.fixture
def log(reopen: Opener) -> ChatLog:
    return reopen()


def texts(log: ChatLog, chat: str) -> list[str]:
    return [one.text for one in log.path(chat)]


def test_chats_belong_to_characters_and_the_last_used_comes_first(log: ChatLog) -> None:
    first = log.create_chat("aria", title="公园")
    log.create_chat("bo")
    second = log.create_chat("aria")
    log.add(first.chat, "user", "你好\n世界")

    assert [one.chat for one in log.chats("aria")] == [first.chat, second.chat]
    assert {one.character for one in log.chats()} == {"aria", "bo"}
    shown = log.chat(first.chat)
    assert (shown.title, shown.n_messages, shown.preview) == ("公园", 1, "你好 世界")


def test_messages_follow_one_another_and_keep_their_fields(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    ask = log.add(chat, "user", "讲个故事", meta={"source": "voice"})
    reply = log.add(chat, "assistant", "")
    log.draft(reply.message, "从前")
    done = log.finalise(
        reply.message, "从前有座山，", unheard="山上有座庙。", thought="想一想", meta={"emotion": "joy"}
    )

    user, assistant = log.path(chat)
    assert (user.message, user.parent, user.role, user.meta) == (
        ask.message,
        None,
        "user",
        {"source": "voice"},
    )
    assert (assistant.parent, assistant.text, assistant.unheard) == (
        ask.message,
        "从前有座山，",
        "山上有座庙。",
    )
    assert (assistant.thought, assistant.meta, assistant.partial) == ("想一想", {"emotion": "joy"}, False)
    assert done.message == reply.message
    assert done.seq > reply.seq


def test_a_reply_broken_off_shows_its_draft_as_partial(reopen: Opener) -> None:
    log = reopen()
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "hi")
    reply = log.add(chat, "assistant", "")
    assert log.path(chat)[-1].partial
    log.draft(reply.message, "Once upon")

    log = reopen()
    assert (log.path(chat)[-1].text, log.path(chat)[-1].partial) == ("Once upon", True)
    log.finalise(reply.message, "Once upon a time.")
    assert not log.path(chat)[-1].partial


def test_variants_stand_at_one_place_and_the_newest_is_shown(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "hi")
    first = log.add(chat, "assistant", "one")
    second = log.add_variant(first.message, "two", meta={"n": 2})

    assert texts(log, chat) == ["hi", "two"]
    shown = log.path(chat)[-1]
    assert (shown.variant, shown.n_variants, shown.role, shown.meta) == (1, 2, "assistant", {"n": 2})
    assert [one.message for one in log.siblings(second.message)] == [first.message, second.message]


def test_each_variant_keeps_what_followed_it(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    first = log.add(chat, "assistant", "早安")
    log.add(chat, "user", "后来甲")
    log.add_variant(first.message, "晚安")
    log.add(chat, "user", "后来乙")
    assert texts(log, chat) == ["晚安", "后来乙"]
    log.select(first.message)
    assert texts(log, chat) == ["早安", "后来甲"]


def test_greetings_are_variants_without_a_parent(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    first = log.add(chat, "assistant", "你好")
    log.add_variant(first.message, "Hello")
    log.select(first.message)
    shown = log.path(chat)[0]
    assert (shown.text, shown.parent, shown.variant, shown.n_variants) == ("你好", None, 0, 2)


def test_adding_below_an_older_message_opens_a_branch(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    first = log.add(chat, "user", "a")
    second = log.add(chat, "assistant", "b")
    log.add(chat, "user", "c")
    branched = log.add(chat, "assistant", "b2", parent=first.message)
    assert texts(log, chat) == ["a", "b2"]
    assert [one.message for one in log.siblings(second.message)] == [second.message, branched.message]


def test_an_edit_replaces_the_text_until_it_is_undone(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    one = log.add(chat, "user", "旧", meta={"k": 1})
    log.edit(one.message, "新")
    assert (log.path(chat)[0].text, log.path(chat)[0].edited, log.path(chat)[0].meta) == (
        "新",
        True,
        {"k": 1},
    )
    log.edit(one.message, "更新")
    assert log.undo(chat)
    assert texts(log, chat) == ["新"]
    assert log.undo(chat)
    assert (log.path(chat)[0].text, log.path(chat)[0].edited) == ("旧", False)
    assert not log.undo(chat)


def test_deleting_hides_a_message_and_what_follows_until_it_is_undone(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "a")
    middle = log.add(chat, "assistant", "b")
    log.add(chat, "user", "c")
    log.delete(middle.message)
    assert texts(log, chat) == ["a"]
    assert log.chat(chat).n_messages == 1
    assert log.undo(chat)
    assert texts(log, chat) == ["a", "b", "c"]


def test_deleting_the_shown_variant_shows_another(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "a")
    first = log.add(chat, "assistant", "b1")
    second = log.add_variant(first.message, "b2")
    log.delete(second.message)
    assert texts(log, chat) == ["a", "b1"]
    assert [one.message for one in log.siblings(first.message)] == [first.message]


def test_what_is_said_after_a_deletion_goes_on_from_what_is_shown(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "a")
    gone = log.add(chat, "assistant", "b")
    log.delete(gone.message)
    log.add(chat, "assistant", "b again")
    assert texts(log, chat) == ["a", "b again"]
    assert log.path(chat)[-1].n_variants == 1


def test_undo_takes_back_selections_and_variants_one_by_one(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "a")
    first = log.add(chat, "assistant", "b1")
    log.add_variant(first.message, "b2")
    log.select(first.message)
    assert log.undo(chat)
    assert texts(log, chat) == ["a", "b2"]
    assert log.undo(chat)
    assert texts(log, chat) == ["a", "b1"]
    assert not log.undo(chat)
    assert len(log.siblings(first.message)) == 1


def test_undoing_a_variant_never_hides_the_conversation_that_followed_it(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "a")
    first = log.add(chat, "assistant", "b1")
    second = log.add_variant(first.message, "b2")
    log.add(chat, "user", "c")
    assert log.undo(chat)
    assert texts(log, chat) == ["a", "b1"]
    log.select(second.message)
    assert texts(log, chat) == ["a", "b2", "c"]


def test_a_deleted_chat_leaves_the_list_and_comes_back(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "a")
    log.delete_chat(chat)
    assert log.chats() == []
    log.restore_chat(chat)
    assert texts(log, chat) == ["a"]
    assert [one.chat for one in log.chats("aria")] == [chat]


def test_a_chat_can_be_renamed(reopen: Opener) -> None:
    log = reopen()
    chat = log.create_chat("aria", title="旧名").chat
    log.rename_chat(chat, "新名")
    assert reopen().chat(chat).title == "新名"


def test_a_branch_copies_the_line_up_to_a_message(log: ChatLog) -> None:
    chat = log.create_chat("aria", title="t").chat
    first = log.add(chat, "assistant", "g1")
    log.add_variant(first.message, "g2")
    log.select(first.message)
    ask = log.add(chat, "user", "问", meta={"x": 1})
    log.add(chat, "assistant", "答")

    copy = log.branch(ask.message)
    assert (copy.character, copy.n_messages) == ("aria", 2)
    assert texts(log, copy.chat) == ["g1", "问"]
    assert log.path(copy.chat)[1].meta == {"x": 1}
    log.edit(log.path(copy.chat)[1].message, "改")
    assert texts(log, chat) == ["g1", "问", "答"]
    assert log.check() == []


def test_search_finds_chinese_inside_sentences_and_english_in_any_case(log: ChatLog) -> None:
    chat = log.create_chat("aria", title="t").chat
    other = log.create_chat("bo").chat
    log.add(chat, "user", "昨天我们去中山公园散步了")
    log.add(other, "assistant", "The Dragon sleeps, 公园")

    (hit,) = log.search("山公园散")
    assert (hit.excerpt[hit.start : hit.end], hit.character, hit.role) == ("山公园散", "aria", "user")
    (hit,) = log.search("dragon")
    assert hit.excerpt[hit.start : hit.end] == "Dragon"
    assert [one.character for one in log.search("公园")] == ["bo", "aria"]
    assert [one.character for one in log.search("公园", character="aria")] == ["aria"]
    assert len(log.search("公园", limit=1)) == 1
    assert log.search("没有的") == log.search("") == []


def test_search_follows_edits_deletions_and_undo(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    one = log.add(chat, "user", "白色的猫咪")
    assert log.search("白色的")
    log.edit(one.message, "黑色的猫咪")
    assert not log.search("白色的")
    assert log.search("黑色的")
    log.undo(chat)
    assert log.search("白色的")
    log.delete(one.message)
    assert not log.search("白色的")
    assert not log.search("白")
    log.undo(chat)
    log.delete_chat(chat)
    assert not log.search("白色的")


@pytest.mark.parametrize(
    "text",
    ["", "\0前\0后\0", "👩‍👩‍👧‍👦 🇨🇳", "مرحبا שלום", "a\r\n\tb\u2028c\n", "e\u0301 é", "字" * 350_000],
    ids=["empty", "nul", "emoji", "rtl", "breaks", "nfd", "1MB"],
)
def test_any_text_comes_back_as_it_was(reopen: Opener, text: str) -> None:
    log = reopen()
    chat = log.create_chat("aria").chat
    log.add(chat, "user", text)
    assert reopen().path(chat)[0].text == text


def test_lone_surrogates_become_replacement_characters(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "a\ud83d你\ude00 \ud83d\ude00")
    assert texts(log, chat) == ["a\ufffd你\ufffd 😀"]


def test_everything_is_there_after_reopening(reopen: Opener) -> None:
    log = reopen()
    chat = log.create_chat("aria").chat
    acks: list[Ack] = [log.add(chat, "user", f"第{n}句") for n in range(30)]
    log = reopen()
    assert [one.message for one in log.path(chat)] == [ack.message for ack in acks]
    assert log.check() == []


def test_unknown_ids_are_refused_and_nothing_is_written(log: ChatLog) -> None:
    chat = log.create_chat("aria").chat
    other = log.create_chat("aria").chat
    one = log.add(chat, "user", "a")
    gone = log.add(chat, "user", "b")
    log.delete(gone.message)
    calls: list[Callable[[], object]] = [
        lambda: log.path("nowhere"),
        lambda: log.add("nowhere", "user", "x"),
        lambda: log.add(other, "user", "x", parent=one.message),
        lambda: log.add(chat, "user", "x", parent=gone.message),
        lambda: log.edit(999, "x"),
        lambda: log.edit(gone.message, "x"),
        lambda: log.delete(gone.message),
        lambda: log.select(gone.message),
        lambda: log.siblings(999),
        lambda: log.branch(999),
        lambda: log.undo("nowhere"),
    ]
    before = log.chat(chat).last_seq
    for call in calls:
        with pytest.raises(StorageError):
            call()
    assert log.chat(chat).last_seq == before


def test_threads_may_write_at_once(log: ChatLog) -> None:
    chats = [log.create_chat("aria").chat for _ in range(4)]

    def talk(chat: str) -> None:
        for n in range(25):
            log.add(chat, "user", str(n))

    threads = [threading.Thread(target=talk, args=(chat,)) for chat in chats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [texts(log, chat) for chat in chats] == [[str(n) for n in range(25)]] * 4
    assert log.check() == []


def test_close_twice_is_safe_and_nothing_works_after_it(log: ChatLog) -> None:
    log.close()
    log.close()
    with pytest.raises(CompanionError):
        log.chats()
