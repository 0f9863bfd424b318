"""What a message leaves behind, and what a turn calls up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from companion.conversation.memory import Remembering
from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.domain.events import Event, MemoriesChanged
from companion.domain.memory import Memory, Recollected
from companion.domain.messages import StoredMessage
from companion.engines.embedders.hashing import Hashing
from companion.engines.recall.hybrid import HybridIndex
from companion.engines.stores.exact import ExactStore
from companion.errors import StoreError
from companion.ports import IndexHit, IndexItem, RecallIndex
from companion.storage.chat_log import SqliteChatLog

pytestmark = pytest.mark.unit

XIAOMAN = Character(id="xiaoman", name="小满", folder=Path("xiaoman"))
WREN = Character(id="wren", name="Wren", folder=Path("wren"), language="en")
MARCH_5 = 1_772_700_000.0
DAY = 86400.0


class World:
    """A log whose clock the test moves, and what remembers above it."""

    def __init__(self, folder: Path, index: RecallIndex | None) -> None:
        self.now = MARCH_5
        self.log = SqliteChatLog.open(folder / "chats.sqlite3", clock=lambda: self.now)
        self.events: list[Event] = []
        self.index = index
        self.memory = Remembering(self.log.memories, lambda: self.index, self.events.append)

    def say(
        self,
        text: str,
        *,
        to: Character = XIAOMAN,
        chat: str = "",
        role: Literal["user", "assistant"] = "user",
    ) -> tuple[str, list[Memory]]:
        """Say something in a chat (by default a new one) and learn from it; return chat and new cards."""
        chat = chat or self.log.create_chat(to.id).chat
        ack = self.log.add(chat, role, text)
        (message,) = [one for one in self.log.path(chat) if one.message == ack.message]
        return chat, self.memory.learn(to, chat, message)

    def ask(
        self,
        text: str,
        *,
        of: Character = XIAOMAN,
        path: Sequence[StoredMessage] = (),
        room: int = 400,
    ) -> list[Recollected]:
        return self.memory.recollect(
            of, "", text, now=self.now, path_messages=path, limit_tokens=room, count=_count
        )

    def texts(self, text: str, *, of: Character = XIAOMAN) -> list[str]:
        return [one.text for one in self.ask(text, of=of)]


def _count(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


@pytest.fixture
def real_index(tmp_path: Path) -> Iterator[RecallIndex]:
    index = HybridIndex(Hashing.load(), ExactStore.load(tmp_path / "vectors"), tmp_path / "index")
    yield index
    index.close()


@pytest.fixture(params=["with an index", "without an index"])
def world(request: pytest.FixtureRequest, tmp_path: Path, real_index: RecallIndex) -> Iterator[World]:
    made = World(tmp_path, real_index if request.param == "with an index" else None)
    made.memory.bring_up("xiaoman", CancelToken())
    made.memory.bring_up("wren", CancelToken())
    yield made
    made.log.close()


def test_a_card_is_made_of_the_user_s_words_and_told(world: World) -> None:
    chat, (card,) = world.say("我住在北京")
    assert (card.text, card.slot, card.chat, card.origin) == ("用户住在北京", "home", chat, "conversation")
    assert world.events == [MemoriesChanged("xiaoman")]
    _, again = world.say("我住在北京")
    assert again == []
    assert len(world.events) == 1


def edited(world: World, chat: str, text: str) -> list[Memory]:
    """Edit the first message of a chat, as the session does; return the new cards."""
    message = world.log.path(chat)[0].message
    world.log.edit(message, text)
    world.memory.changed("xiaoman")
    return world.memory.learn(XIAOMAN, chat, world.log.path(chat)[0])


@pytest.mark.parametrize("other", ["我喜欢听雨", "我住哪儿是个秘密", ""])
def test_a_fact_edited_out_of_a_message_takes_its_card_along(world: World, other: str) -> None:
    chat, (card,) = world.say("我住在北京")
    world.events.clear()
    edited(world, chat, other or "……")
    assert card.memory not in {one.memory for one in world.log.memories.cards("xiaoman")}
    assert world.events == [MemoriesChanged("xiaoman")]
    assert not any("北京" in text for text in world.texts("我住哪儿？"))


def test_a_fact_edited_in_again_is_kept_again(world: World) -> None:
    chat, _ = world.say("我住在北京")
    edited(world, chat, "我喜欢听雨")
    (again,) = edited(world, chat, "我住在北京")
    assert (again.text, again.state) == ("用户住在北京", "active")
    assert world.texts("我住哪儿？")[0] == "用户住在北京"


def test_what_an_edited_message_says_now_can_be_recalled(world: World) -> None:
    chat, _ = world.say("我住在北京")
    edited(world, chat, "昨天在公园看见一只白鹭站在水里")
    world.memory.bring_up("xiaoman", CancelToken())
    assert any("白鹭" in text for text in world.texts("还记得我看见过白鹭吗？"))


@pytest.mark.parametrize("keep", ["pinned", "corrected"])
def test_a_card_the_user_cared_for_outlives_the_edit_of_its_message(world: World, keep: str) -> None:
    chat, (card,) = world.say("我住在北京")
    if keep == "pinned":
        world.log.memories.pin(card.memory, True)
    else:
        card = world.log.memories.correct(card.memory, "用户住在天津")
    edited(world, chat, "我喜欢听雨")
    assert card.memory in {one.memory for one in world.log.memories.cards("xiaoman")}


def test_her_words_never_become_cards(world: World) -> None:
    assert world.say("我叫小满，我住在北京", role="assistant")[1] == []
    assert world.log.memories.cards("xiaoman") == []


@pytest.mark.parametrize("question", ["我住哪儿？", "你还记得我家在哪吗", "我在哪个城市生活来着"])
def test_a_question_in_other_words_finds_the_card(world: World, question: str) -> None:
    world.say("我住在北京")
    assert world.texts(question)[0] == "用户住在北京"


def test_an_english_question_finds_the_english_card(world: World) -> None:
    world.say("My dog's name is Rex", to=WREN)
    assert world.texts("What is my dog called?", of=WREN)[0] == "The user's dog: Rex"


def test_small_talk_calls_nothing_up(world: World) -> None:
    world.say("我住在北京，我喜欢喝普洱茶")
    world.say("昨天去医院看了外婆")
    for text in ("今天天气真好", "哈哈", "晚安", "你叫什么名字？", "你住在哪里？"):
        assert world.texts(text) == []


def test_a_pinned_card_is_always_there(world: World) -> None:
    _, (card,) = world.say("我住在北京")
    world.log.memories.pin(card.memory, True)
    assert world.texts("今天天气真好") == ["用户住在北京"]


def test_a_turn_of_another_chat_comes_with_its_day(world: World) -> None:
    world.say("昨天我在旧书摊淘到一本菜谱")
    world.now += 4 * DAY
    assert world.texts("我在旧书摊买了什么？") == ["3月5日用户说过：昨天我在旧书摊淘到一本菜谱"]
    world.now += 300 * DAY
    assert world.texts("我在旧书摊买了什么？")[0].startswith("2026年3月5日")


def test_an_english_turn_comes_with_its_day(world: World) -> None:
    world.say("Yesterday I found an old cookbook at the flea market", to=WREN)
    (found,) = world.texts("What did I find at the flea market?", of=WREN)
    assert found == "On March 5 the user said: Yesterday I found an old cookbook at the flea market"


def test_what_stands_in_the_prompt_is_not_said_again(world: World) -> None:
    chat, _ = world.say("我住在北京")
    world.say("昨天我在旧书摊淘到一本菜谱", chat=chat)
    path = world.log.path(chat)
    assert world.ask("我住哪儿？", path=path) == []
    assert world.ask("我在旧书摊买了什么？", path=path) == []
    assert [one.text for one in world.ask("我住哪儿？", path=path[1:])] == ["用户住在北京"]


def test_a_corrected_value_never_returns(world: World) -> None:
    chat, _ = world.say("我住在北京，房租很贵")
    world.say("北京的冬天真冷，对吧", chat=chat, role="assistant")
    world.say("我搬到上海了")
    for question in ("我住哪儿？", "我以前说过北京的什么？", "北京的房租"):
        assert not [text for text in world.texts(question) if "北京" in text]
    assert world.texts("我住哪儿？") == ["用户住在上海"]


def test_control_with_silencing_off_the_corrected_value_returns(world: World) -> None:
    class Loud:
        def __getattr__(self, name: str) -> object:
            return getattr(world.log.memories, name)

        def silenced(self, character: str) -> frozenset[int]:
            del character
            return frozenset()

    world.say("我住在北京，房租很贵")
    world.say("我搬到上海了")
    world.memory = Remembering(Loud(), lambda: None, world.events.append)  # type: ignore[arg-type]
    assert [text for text in world.texts("我说过北京的房租怎么样？") if "北京" in text]


def test_a_forgotten_card_and_its_message_stay_away_until_restored(world: World) -> None:
    _, (card,) = world.say("我有哮喘")
    world.log.memories.forget(card.memory)
    assert world.texts("我身体有什么毛病？哮喘吗？") == []
    world.log.memories.restore(card.memory)
    assert world.texts("我身体有什么毛病？") == ["用户有哮喘"]


def test_a_deleted_chat_is_not_recalled_until_it_is_back(world: World) -> None:
    chat, _ = world.say("昨天我在旧书摊淘到一本菜谱")
    world.say("我住在北京", chat=chat)
    world.log.delete_chat(chat)
    assert world.texts("我在旧书摊买了什么？") == []
    assert world.texts("我住哪儿？") == []
    world.log.restore_chat(chat)
    assert world.texts("我住哪儿？") == ["用户住在北京"]
    assert len(world.texts("我在旧书摊买了什么？")) == 1


def test_nobody_remembers_what_was_told_to_another(world: World) -> None:
    """P-08: 0 of 100 reads cross over."""
    for n in range(100):
        other = replace(XIAOMAN, id=f"c{n}")
        world.say(f"我住在第{n}号镇，昨天在旧书摊淘到第{n}本菜谱", to=other)
    for n in range(100):
        other = replace(XIAOMAN, id=f"c{n}")
        found = world.texts("我住哪儿？我在旧书摊买了第几本菜谱？", of=other)
        assert found
        assert all(f"第{n}" in text for text in found)
    assert world.texts("我住哪儿？我在旧书摊买了第几本菜谱？") == []


def test_no_more_is_recalled_than_there_is_room_for(world: World) -> None:
    for thing in ("苹果", "普洱茶", "爬山", "画画", "二胡", "围棋", "集邮", "游泳", "烘焙"):
        world.say(f"我喜欢{thing}")
    found = world.ask("我有什么爱好？", room=20)
    assert 0 < sum(len(one.text) for one in found) <= 20
    assert len(world.ask("我有什么爱好？", room=4_000)) == 6


def test_her_own_words_come_back_only_when_asked_for(world: World) -> None:
    world.say("石榴红的时候我教你泡茶。", role="assistant")
    assert world.texts("石榴什么时候红？我想学泡茶") == []
    (found,) = world.texts("你说过石榴红的时候教我什么？")
    assert found == "3月5日{{char}}说过：石榴红的时候我教你泡茶。"


def test_remembered_text_brings_no_macro_into_the_prompt(world: World) -> None:
    world.say("旧书摊的老板说{{random:a,b}}很准")
    world.log.memories.add("xiaoman", "用户住在{{char}}家", slot="home", value="{{char}}家")
    found = world.texts("旧书摊的老板说什么？我住哪儿？")
    assert len(found) == 2
    assert not [text for text in found if "{{" in text]


def test_a_plan_keeps_the_day_on_which_it_was_told(world: World) -> None:
    _, (card,) = world.say("我下周三要去北京面试")
    assert card.text == "用户下周三要去北京面试（3月5日说的）"


def test_an_edited_message_is_learned_anew(world: World) -> None:
    chat, _ = world.say("我住在北京")
    message = world.log.path(chat)[0]
    world.log.edit(message.message, "我住在南京")
    world.memory.changed("xiaoman")
    edited = world.log.path(chat)[0]
    assert [one.text for one in world.memory.learn(XIAOMAN, chat, edited)] == ["用户住在南京"]
    assert world.texts("我住哪儿？") == ["用户住在南京"]


def test_forgetting_a_character_leaves_nothing_to_find(world: World) -> None:
    world.say("我住在北京")
    world.memory.forget_character("xiaoman")
    assert world.texts("我住哪儿？") == []
    assert world.log.memories.cards("xiaoman", all_states=True) == []


class Broken:
    """An index that fails at whatever it is asked."""

    def __getattr__(self, name: str) -> Callable[..., list[IndexHit]]:
        def fail(*_args: object, **_options: object) -> list[IndexHit]:
            raise StoreError("The store is broken.", "It is rebuilt.", code="broken")

        return fail


def test_a_broken_index_costs_no_memory(tmp_path: Path, real_index: RecallIndex) -> None:
    world = World(tmp_path, real_index)
    world.memory.bring_up("xiaoman", CancelToken())
    world.say("我住在北京")
    world.index = Broken()  # type: ignore[assignment]
    assert world.texts("我住哪儿？") == ["用户住在北京"]
    _, (card,) = world.say("我叫小林")
    assert card.text == "用户叫小林"
    world.memory.bring_up("xiaoman", CancelToken())
    assert world.texts("我叫什么？")[0] == "用户叫小林"
    world.log.close()


def test_a_reply_that_is_being_written_is_read_when_it_stands(world: World) -> None:
    chat, _ = world.say("你好呀，今天想听故事")
    reply = world.log.add(chat, "assistant", "")
    world.log.draft(reply.message, "从前有座")
    assert world.texts("你说过从前有座什么灯塔？") == []
    world.log.finalise(reply.message, "从前有座灯塔，守塔人养了一只海鸥。")
    (found,) = world.texts("你说过从前有座什么灯塔？")
    assert "守塔人" in found


def test_what_is_said_while_the_index_is_built_is_in_it(tmp_path: Path, real_index: RecallIndex) -> None:
    world = World(tmp_path, None)

    class Slow:
        """The real index, but something is said while it is built."""

        def __getattr__(self, name: str) -> object:
            return getattr(real_index, name)

        def sync(self, *args: object, **options: object) -> object:
            world.say("昨天我在旧书摊淘到一本菜谱，还养了一只猫")
            return real_index.sync(*args, **options)  # type: ignore[arg-type]

    world.say("你好，今天有点冷")
    world.index = Slow()  # type: ignore[assignment]
    world.memory.bring_up("xiaoman", CancelToken())
    assert len(world.texts("我在旧书摊买了什么？")) == 1
    world.log.close()


def test_the_index_holds_what_was_said_before_it_came(tmp_path: Path, real_index: RecallIndex) -> None:
    world = World(tmp_path, None)
    world.say("昨天我在旧书摊淘到一本菜谱")
    world.index = real_index
    world.memory.bring_up("xiaoman", CancelToken())
    world.say("我住在北京")
    info = real_index.info("mem_" + __import__("hashlib").sha256(b"xiaoman").hexdigest()[:8])
    assert info is not None
    assert info.n_items == 3
    real_index.add("other", [IndexItem("a", "b")])
    assert len(world.texts("我在旧书摊买了什么？")) == 1
    world.log.close()
