"""What a user meets in a typed conversation: answers, variants, edits, branches, chats."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from companion.domain import commands as do
from companion.domain import events

if TYPE_CHECKING:
    from tests.scenarios.conftest import Scene

    Stage = Callable[..., Scene]

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("character", "said", "reply"),
    [
        ("xiaoman", "今天下雨了", "（望向窗外）是啊，雨下得真大。你带伞了吗？"),
        ("wren", "It rains today", "(looks out) It does. Did you bring an umbrella?"),
    ],
)
def test_a_typed_message_is_on_disk_before_the_answer_begins(
    stage: Stage, character: str, said: str, reply: str
) -> None:
    scene = stage(replies=[reply])
    scene.mind.hold_at = 0
    scene.opens(character)
    scene.user_types(said)
    ack = scene.expect(events.UserSaid)
    assert scene.mind.held.wait(20)
    assert [said] == [one.text for one in scene.path() if one.message == ack.message.message]
    assert scene.all(events.ReplyStarted) == []
    scene.mind.go()
    finished = scene.expect(events.ReplyFinished)
    assert reply == finished.message.text == scene.path()[-1].text
    assert finished.message.parent == ack.message.message


def test_deltas_are_the_reply_and_it_finishes_once(stage: Stage) -> None:
    scene = stage(replies=["好呀，我们走吧。"])
    scene.opens()
    for text in ("走吗", "快点", "好了没"):
        scene.answered(text)
    started = scene.all(events.ReplyStarted)
    assert len(started) == 3
    assert [one.turn for one in started] == [one.turn for one in scene.all(events.ReplyFinished)]
    first = [one.text for one in scene.all(events.ReplyDelta) if one.turn == started[0].turn]
    assert "".join(first) == "好呀，我们走吧。"


def test_an_interruption_of_writing_keeps_what_was_written_and_adds_nothing(stage: Stage) -> None:
    scene = stage(replies=["第一句说完了。第二句还没有说完。"])
    scene.mind.hold_at = 9
    scene.opens()
    scene.user_types("讲")
    assert scene.mind.held.wait(20)
    scene.post(do.Interrupt())
    finished = scene.expect(events.ReplyFinished)
    assert finished.interrupted
    assert "第一句说完了。第二" == finished.message.text == scene.path()[-1].text
    assert finished.message.unheard == ""


def test_an_interruption_before_the_first_word_leaves_no_reply(stage: Stage) -> None:
    scene = stage()
    scene.mind.hold_at = 0
    scene.opens()
    scene.user_types("在吗")
    assert scene.mind.held.wait(20)
    scene.post(do.Interrupt())
    scene.expect(events.SpeakingFinished)
    assert scene.path()[-1].text == "在吗"
    assert scene.all(events.ReplyStarted) == []


def test_the_next_reply_knows_the_interrupted_one_as_it_was_kept(stage: Stage) -> None:
    scene = stage(replies=["我想说的话还有很多很多。", "好。"])
    scene.mind.hold_at = 4
    scene.opens()
    scene.user_types("说")
    assert scene.mind.held.wait(20)
    scene.mind.hold_at = None
    scene.user_types("等等")
    scene.expect(events.ReplyFinished, lambda one: not one.interrupted)
    history = [(one.role, one.text) for one in scene.mind.prompts[-1].history]
    assert history[-2:] == [("user", "说"), ("assistant", "我想说的")]
    assert scene.mind.prompts[-1].turn[-1].text == "等等"


def test_regenerating_keeps_every_variant_and_the_arrows_walk_them(stage: Stage) -> None:
    scene = stage(replies=["一", "二", "三"])
    scene.opens()
    scene.answered("说个数")
    scene.post(do.Regenerate())
    finished = scene.expect(events.ReplyFinished)
    assert (finished.message.text, finished.message.variant, finished.message.n_variants) == ("二", 1, 2)
    scene.post(do.SelectVariant(finished.message.message, -1))
    assert scene.expect(events.ChatChanged).messages[-1].text == "一"
    first = scene.path()[-1].message
    scene.post(do.SelectVariant(first, 1))
    assert scene.expect(events.ChatChanged).messages[-1].text == "二"
    scene.post(do.SelectVariant(finished.message.message, 1))
    assert scene.expect(events.ReplyFinished).message.text == "三"
    assert [one.text for one in scene.log.siblings(first)] == ["一", "二", "三"]


def test_an_older_reply_can_be_written_again(stage: Stage) -> None:
    scene = stage(replies=["甲", "乙", "丙"])
    scene.opens()
    old = scene.answered("问一").message
    scene.answered("问二")
    scene.post(do.Regenerate(old.message))
    assert scene.expect(events.ReplyFinished).message.text == "丙"
    assert scene.texts()[1:] == ["问一", "丙"]


def test_there_is_nothing_to_write_again_before_the_first_word(stage: Stage) -> None:
    scene = stage()
    scene.opens()
    scene.post(do.Regenerate())
    notice = scene.expect(events.Notice)
    assert "no reply" in notice.what
    assert notice.hint


def test_arrows_on_the_greeting_walk_all_the_cards_greetings_and_come_round(stage: Stage) -> None:
    scene = stage()
    opened = scene.opens()
    texts = [opened.messages[0].text]
    for _ in range(3):
        scene.post(do.SelectVariant(scene.path()[0].message, 1))
        texts.append(scene.expect(events.ChatChanged).messages[0].text)
    assert texts == ["你来啦，阿明。", "外面下雨了吧？", "茶刚泡好。", "你来啦，阿明。"]
    scene.post(do.SelectVariant(scene.path()[0].message, -1))
    scene.handled()
    assert scene.texts() == ["你来啦，阿明。"]


def test_a_card_without_greetings_opens_an_empty_chat(stage: Stage) -> None:
    import dataclasses

    scene = stage(replies=["嗯。"])
    quiet = dataclasses.replace(scene.characters["xiaoman"], id="quiet", first_mes="", alternate_greetings=())
    scene.characters["quiet"] = quiet
    assert scene.opens("quiet").messages == ()
    scene.answered("你好")
    assert scene.texts() == ["你好", "嗯。"]


@pytest.mark.parametrize(
    ("character", "first", "rest"), [("xiaoman", "我先", "走了。"), ("wren", "I will", " go now.")]
)
def test_continue_goes_on_in_the_same_message(stage: Stage, character: str, first: str, rest: str) -> None:
    scene = stage(replies=[first, rest])
    scene.opens(character)
    message = scene.answered("?").message
    scene.post(do.Continue())
    finished = scene.expect(events.ReplyFinished)
    assert finished.message.message == message.message
    assert first + rest == finished.message.text == scene.texts()[-1]
    assert scene.mind.prompts[-1].reply_prefix == first


def test_an_edit_is_what_she_reads_next_time(stage: Stage) -> None:
    scene = stage(replies=["好的。"])
    scene.opens()
    scene.answered("我叫小王")
    mine = scene.path()[1]
    scene.post(do.Edit(mine.message, "我叫小李"))
    changed = scene.expect(events.ChatChanged)
    assert (changed.messages[1].text, changed.messages[1].edited) == ("我叫小李", True)
    scene.answered("我叫什么")
    assert "我叫小李" in [one.text for one in scene.mind.prompts[-1].history]
    assert "我叫小王" not in [one.text for one in scene.mind.prompts[-1].history]


def test_delete_hides_what_follows_and_undo_brings_it_back(stage: Stage) -> None:
    scene = stage(replies=["一", "二"])
    scene.opens()
    scene.answered("甲")
    scene.answered("乙")
    before = scene.texts()
    scene.post(do.Delete(scene.path()[3].message))
    assert [one.text for one in scene.expect(events.ChatChanged).messages] == before[:3]
    scene.post(do.Undo())
    assert [one.text for one in scene.expect(events.ChatChanged).messages] == before


def test_a_branch_is_a_chat_of_its_own(stage: Stage) -> None:
    scene = stage(replies=["一", "二", "三"])
    scene.opens()
    first = scene.answered("甲").message
    scene.answered("乙")
    old = scene.chat
    scene.post(do.Branch(first.message))
    opened = scene.expect(events.ChatOpened)
    assert opened.chat.chat != old
    scene.answered("丙")
    assert scene.texts()[1:] == ["甲", "一", "丙", "三"]
    assert [one.text for one in scene.log.path(old)][1:] == ["甲", "一", "乙", "二"]


def test_a_new_chat_begins_with_the_wished_greeting_and_no_memory(stage: Stage) -> None:
    scene = stage(replies=["嗯。"])
    scene.opens()
    scene.answered("秘密")
    scene.post(do.NewChat(greeting=1))
    assert [one.text for one in scene.expect(events.ChatOpened).messages] == ["外面下雨了吧？"]
    scene.answered("你好")
    assert "秘密" not in [one.text for one in scene.mind.prompts[-1].history]
    assert len(scene.log.chats("xiaoman")) == 2


def test_switching_the_character_mid_reply_keeps_the_reply_where_it_was(stage: Stage) -> None:
    scene = stage(replies=["我正在说一件很长的事情。", "Yes?"])
    scene.mind.hold_at = 5
    scene.opens()
    scene.user_types("说吧")
    assert scene.mind.held.wait(20)
    chat = scene.chat
    scene.mind.hold_at = None
    opened = scene.opens("wren")
    assert opened.chat.character == "wren"
    assert [one.text for one in scene.log.path(chat)][-1] == "我正在说一"
    scene.answered("hello")
    assert scene.texts() == ["Hello 阿明.", "hello", "Yes?"]
    assert len(scene.all(events.ReplyFinished)) == 2


def test_a_character_that_is_not_there_leaves_everything_as_it_was(stage: Stage) -> None:
    scene = stage(replies=["在。"])
    scene.opens()
    scene.post(do.OpenCharacter("nobody"))
    assert scene.expect(events.Notice).code == "unknown_character"
    scene.answered("在吗")
    assert scene.texts()[-1] == "在。"


def test_a_chat_that_is_not_there_leaves_everything_as_it_was(stage: Stage) -> None:
    scene = stage(replies=["在。"])
    scene.opens()
    scene.post(do.OpenCharacter("wren", "no-such-chat"))
    assert scene.expect(events.TurnFailed).stage == "storage"
    scene.answered("在吗")
    assert scene.mind.prompts[-1].pinned[0].text.startswith("小满")


def test_deleting_the_open_chat_opens_another(stage: Stage) -> None:
    scene = stage(replies=["一"])
    scene.opens()
    scene.answered("甲")
    old = scene.chat
    scene.post(do.DeleteChat(old))
    opened = scene.expect(events.ChatOpened)
    assert opened.chat.chat != old
    scene.post(do.RestoreChat(old))
    scene.expect(events.ChatsChanged)
    assert {old, opened.chat.chat} == {one.chat for one in scene.log.chats("xiaoman")}


def test_the_last_chat_is_opened_again(stage: Stage) -> None:
    scene = stage(replies=["一"])
    first = scene.opens().chat.chat
    scene.post(do.NewChat())
    scene.expect(events.ChatOpened)
    scene.opens("xiaoman", first)
    scene.answered("回来了")
    scene.opens("wren")
    assert scene.opens("xiaoman").chat.chat == first


@pytest.mark.parametrize(
    ("character", "reply", "thought", "text"),
    [
        ("xiaoman", "<think>他累了。</think>（倒茶）坐吧。", "他累了。", "（倒茶）坐吧。"),
        ("wren", "<think>He is tired.</think>Sit down.", "He is tired.", "Sit down."),
    ],
)
def test_thoughts_come_apart_from_the_reply(
    stage: Stage, character: str, reply: str, thought: str, text: str
) -> None:
    scene = stage(replies=[reply])
    scene.opens(character)
    finished = scene.answered("?")
    deltas = scene.all(events.ReplyDelta)
    assert thought == "".join(one.text for one in deltas if one.thought) == finished.message.thought
    assert text == "".join(one.text for one in deltas if not one.thought) == finished.message.text
    scene.answered("!")
    assert thought not in "".join(one.text for one in scene.mind.prompts[-1].history)
