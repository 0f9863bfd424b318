"""What she draws on in a reply: told once, found later, corrected, switched off, explained."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from companion.domain import commands as do
from companion.domain import events
from companion.domain.cancel import CancelToken
from companion.domain.character import Lorebook, LoreEntry
from companion.domain.explanation import Explanation, explanation_of
from companion.domain.messages import Message
from companion.engines.embedders.hashing import Hashing
from companion.engines.recall.hybrid import HybridIndex
from companion.engines.stores.exact import ExactStore
from companion.ports import IndexItem, RecallIndex
from companion.storage.chat_log import SqliteChatLog

if TYPE_CHECKING:
    from tests.scenarios.conftest import Scene

    Stage = Callable[..., Scene]

pytestmark = pytest.mark.unit

DAY = 86_400.0
_ASKED = {"xiaoman": "你知道我害怕什么吗？", "wren": "What am I afraid of, do you remember?"}
_TOLD = {"xiaoman": ("我怕打雷", "打雷"), "wren": ("I'm afraid of thunder", "thunder")}
_NOVEL = """第一回 渡口

河边有一座旧渡口，石阶三级，摆渡的老人姓邵。每到黄昏，老人点起一盏铜灯，挂在船头，照着水路。
渡口对岸是茶山，采茶的人天不亮就过河，老人从不收他们的船钱。

第二回 铜灯

那盏铜灯是老人的女儿留下的。她嫁到了城里，临走时把灯擦得雪亮，说：灯亮着，我就认得路。
"""


@pytest.fixture(scope="module", autouse=True)
def _libraries_start_their_threads(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Build one index, so that the progress bars' watcher runs before a test counts threads."""
    folder = tmp_path_factory.mktemp("first")
    first = HybridIndex(Hashing.load(), ExactStore.load(folder / "vectors"), folder / "index")
    first.add("first", [IndexItem(f"a{n}", f"你好{n}") for n in range(300)])
    first.search("first", "你好")
    first.close()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[RecallIndex]:
    index = HybridIndex(Hashing.load(), ExactStore.load(tmp_path / "vectors"), tmp_path / "index")
    yield index
    index.close()


def called_up(scene: Scene) -> str:
    """Return what the newest prompt holds between the history and the user's words."""
    return "\n".join(one.text for one in scene.mind.prompts[-1].turn[:-1])


def whole(scene: Scene) -> str:
    """Return all of the newest prompt but the user's words."""
    prompt = scene.mind.prompts[-1]
    return "\n".join(one.text for one in (*prompt.pinned, *prompt.history, *prompt.turn[:-1]))


def why(scene: Scene) -> Explanation:
    found = explanation_of(scene.path()[-1].meta)
    assert found is not None
    return found


def new_chat(scene: Scene) -> None:
    scene.post(do.NewChat())
    scene.expect(events.ChatOpened)
    scene.expect(events.StateChanged, lambda event: event.new == "idle")


# ---- told in one chat, known in the next


def told_then_asked_elsewhere(scene: Scene, character: str) -> str:
    scene.opens(character)
    scene.answered(_TOLD[character][0])
    new_chat(scene)
    scene.answered(_ASKED[character])
    return whole(scene)


@pytest.mark.parametrize("character", ["xiaoman", "wren"])
def test_what_was_told_in_one_chat_is_recollected_in_another(stage: Stage, character: str) -> None:
    assert _TOLD[character][1] in told_then_asked_elsewhere(stage(knows=True), character)


@pytest.mark.parametrize("character", ["xiaoman", "wren"])
def test_control_without_memory_nothing_is_recollected(stage: Stage, character: str) -> None:
    assert _TOLD[character][1] not in told_then_asked_elsewhere(stage(), character)


def test_another_character_knows_nothing_of_it(stage: Stage) -> None:
    scene = stage(knows=True)
    scene.opens("xiaoman")
    scene.answered("I'm afraid of thunder")
    scene.answered("我怕打雷")
    scene.opens("wren")
    scene.answered(_ASKED["wren"])
    assert "thunder" not in whole(scene)
    scene.answered(_ASKED["xiaoman"])
    assert "打雷" not in whole(scene)


def test_switched_off_memory_recollects_nothing_and_comes_back(stage: Stage) -> None:
    scene = stage(knows=True)
    scene.opens()
    scene.answered("我怕打雷")
    scene.settings.recall.remember = False
    new_chat(scene)
    scene.answered(_ASKED["xiaoman"])
    assert "打雷" not in whole(scene)
    scene.settings.recall.remember = True
    scene.answered(_ASKED["xiaoman"])
    assert "打雷" in called_up(scene)


# ---- corrected


def test_a_correction_that_was_said_replaces_the_old_form(stage: Stage) -> None:
    scene = stage(knows=True)
    scene.opens()
    scene.answered("我现在住在青岛")
    new_chat(scene)
    scene.answered("我搬到厦门了")
    new_chat(scene)
    scene.answered("我家在哪座城市来着？")
    assert "厦门" in called_up(scene)
    assert "青岛" not in whole(scene)


def test_a_correction_in_the_list_replaces_the_old_form(stage: Stage) -> None:
    scene = stage(knows=True)
    scene.opens()
    scene.answered("我养了一只狸花猫，叫豆包")
    (card,) = scene.log.memories.cards("xiaoman")
    scene.log.memories.correct(card.memory, "用户养了一只狸花猫叫年糕")
    new_chat(scene)
    scene.answered("我的猫叫什么名字？")
    assert "年糕" in called_up(scene)
    assert "豆包" not in whole(scene)


def test_control_uncorrected_the_old_form_comes_back(stage: Stage) -> None:
    scene = stage(knows=True)
    scene.opens()
    scene.answered("我养了一只狸花猫，叫豆包")
    new_chat(scene)
    scene.answered("我的猫叫什么名字？")
    assert "豆包" in called_up(scene)


def test_a_deleted_chat_takes_along_what_was_derived_and_brings_it_back(stage: Stage) -> None:
    scene = stage(knows=True)
    scene.opens()
    scene.answered("我怕打雷")
    first = scene.chat
    new_chat(scene)
    scene.post(do.DeleteChat(first))
    scene.answered(_ASKED["xiaoman"])
    assert "打雷" not in whole(scene)
    assert scene.log.memories.cards("xiaoman") == []
    scene.post(do.RestoreChat(first))
    scene.answered(_ASKED["xiaoman"])
    assert "打雷" in called_up(scene)


def test_an_edited_message_is_known_as_it_is_now_and_undone_as_it_was(stage: Stage) -> None:
    scene = stage(knows=True)
    scene.opens()
    scene.answered("我怕打雷")
    first, message = scene.chat, scene.path()[1].message
    scene.post(do.Edit(message, "我怕蜘蛛"))
    scene.handled()
    new_chat(scene)
    second = scene.chat
    scene.answered(_ASKED["xiaoman"])
    assert "蜘蛛" in called_up(scene)
    assert "打雷" not in whole(scene)
    scene.opens("xiaoman", first)
    scene.post(do.Undo())
    scene.handled()
    assert scene.texts()[1] == "我怕打雷"
    scene.opens("xiaoman", second)
    scene.answered(_ASKED["xiaoman"])
    assert "打雷" in called_up(scene)
    assert "蜘蛛" not in called_up(scene)


# ---- summary

_SMALL = 1200
_SHORT = ("嗯，我听着呢。", "好呀。", "是这样的。")
_TALK = ("今天天气真好", "路上有点堵", "我刚吃完饭", "外面在下雨", "这首歌真好听", "我有点困了", "终于周末了")


def talked(scene: Scene, n: int, first: str = "我养了一只狸花猫，叫豆包") -> list[list[Message]]:
    """Return the histories of `n` turns' prompts."""
    scene.opens()
    for turn in range(n):
        scene.answered(first if not turn else _TALK[turn % len(_TALK)] + "。" * (turn // len(_TALK)))
    return [list(prompt.history) for prompt in scene.mind.prompts]


def summaries(histories: list[list[Message]]) -> list[str]:
    return [history[0].text if history and history[0].role == "system" else "" for history in histories]


def test_what_left_the_prompt_is_summed_up_and_stays_until_more_leaves(stage: Stage) -> None:
    histories = talked(stage(knows=True, context_tokens=_SMALL, replies=_SHORT), 80)
    told = summaries(histories)
    n_changes = 0
    assert "豆包" in told[-1]
    for n in range(1, len(histories)):
        before, now = histories[n - 1], histories[n]
        if told[n] == told[n - 1]:
            continue
        n_changes += 1
        kept_before, kept = (one[1:] if one[0].role == "system" else one for one in (before, now))
        assert kept[: len(kept_before)] != kept_before
    assert 2 <= n_changes <= 8
    assert not told[0]


def test_the_history_is_only_appended_to_between_two_trims(stage: Stage) -> None:
    scene = stage(knows=True, context_tokens=_SMALL, replies=_SHORT)
    histories = talked(scene, 40)
    n_kept = sum(now[: len(before)] == before for before, now in itertools.pairwise(histories))
    assert n_kept >= 30
    beyond = [
        done.n_evaluated - sum(scene.mind.count_tokens([one.text for one in prompt.turn]))
        for done, prompt in zip(scene.mind.done, scene.mind.prompts, strict=True)
    ]
    assert max(beyond) <= 64


def test_control_without_knowledge_nothing_is_summed_up(stage: Stage) -> None:
    histories = talked(stage(context_tokens=_SMALL, replies=_SHORT), 40)
    assert set(summaries(histories)) == {""}
    assert len(histories[-1]) < 40


def test_a_summary_tells_nothing_that_was_corrected_since(stage: Stage) -> None:
    scene = stage(knows=True, context_tokens=_SMALL, replies=_SHORT)
    talked(scene, 30)
    assert "豆包" in whole(scene)
    (card,) = scene.log.memories.cards("xiaoman")
    scene.log.memories.correct(card.memory, "用户养了一只狸花猫叫年糕")
    for _ in range(3):
        scene.answered("外面好安静啊")
        assert "豆包" not in whole(scene)
    assert "年糕" in whole(scene)


def test_a_summary_that_is_corrected_in_talk_holds_for_that_turn_and_is_written_anew(stage: Stage) -> None:
    scene = stage(knows=True, context_tokens=_SMALL, replies=_SHORT)
    talked(scene, 30, "我现在住在青岛")
    assert "青岛" in whole(scene)
    scene.answered("我搬到厦门了")
    assert scene.mind.done[-1].n_evaluated <= 64 + sum(
        scene.mind.count_tokens([one.text for one in scene.mind.prompts[-1].turn])
    )
    for _ in range(3):
        scene.answered("外面好安静啊")
        assert "青岛" not in whole(scene)


def test_a_forgotten_fact_leaves_the_summary(stage: Stage) -> None:
    scene = stage(knows=True, context_tokens=_SMALL, replies=_SHORT)
    talked(scene, 30)
    (card,) = scene.log.memories.cards("xiaoman")
    scene.log.memories.forget(card.memory)
    scene.answered("外面好安静啊")
    assert "豆包" not in whole(scene)


# ---- time


def the_next_morning(scene: Scene) -> str:
    scene.opens()
    scene.answered("我先走了")
    scene.now += 3 * DAY
    new_chat(scene)
    scene.answered("我来了")
    return called_up(scene)


def test_she_is_told_how_long_the_talk_rested(stage: Stage) -> None:
    scene = stage(knows=True)
    assert "三天" in the_next_morning(scene)
    scene.now += 60
    scene.answered("给我倒杯茶")
    assert "三天" not in whole(scene)


def test_control_without_knowledge_she_does_not_know_it(stage: Stage) -> None:
    assert "三天" not in the_next_morning(stage())


# ---- lorebooks and documents


def with_book(scene: Scene) -> str:
    """Attach a book of two entries; return its id."""
    entries = (
        LoreEntry(("青石桥", "stone bridge"), "青石桥下沉着一口铜钟，雨夜会响。", id="1"),
        LoreEntry(("灯会",), "灯会在正月十五，全镇的人都去。", id="2"),
    )
    book = scene.archive.books.save("", Lorebook(entries, name="镇志"))
    scene.archive.books.attach(book.id, "xiaoman")
    return book.id


@pytest.mark.parametrize("said", ["昨天我走过青石桥", "I walked over the stone bridge"])
def test_an_entry_that_fires_stands_behind_the_history(stage: Stage, said: str) -> None:
    scene = stage(knows=True)
    with_book(scene)
    scene.opens()
    scene.answered("你好呀")
    assert "铜钟" not in whole(scene)
    scene.answered(said)
    prompt = scene.mind.prompts[-1]
    assert "铜钟" in called_up(scene)
    assert "灯会在正月" not in whole(scene)
    assert not any("铜钟" in one.text for one in (*prompt.pinned, *prompt.history))
    assert prompt.turn[-1] == Message("user", said)


def test_control_without_the_shelf_no_entry_fires(stage: Stage) -> None:
    scene = stage()
    with_book(scene)
    scene.opens()
    scene.answered("昨天我走过青石桥")
    assert "铜钟" not in whole(scene)


def with_novel(scene: Scene, folder: Path) -> None:
    (folder / "渡口.txt").write_text(_NOVEL, encoding="utf-8")
    scene.archive.lore.add("xiaoman", folder / "渡口.txt")
    scene.archive.lore.build("xiaoman", cancel=CancelToken())


_QUESTION = "摆渡的老人船头那盏铜灯是谁留下的？"


def test_a_passage_that_answers_stands_behind_the_history(
    stage: Stage, index: RecallIndex, tmp_path: Path
) -> None:
    scene = stage(knows=True, recall=index)
    with_novel(scene, tmp_path)
    scene.opens()
    scene.answered(_QUESTION)
    assert "女儿留下的" in called_up(scene)
    scene.answered("你吃饭了吗？")
    assert "铜灯" not in called_up(scene)


def test_control_without_documents_no_passage_stands_there(stage: Stage, index: RecallIndex) -> None:
    scene = stage(knows=True, recall=index)
    scene.opens()
    scene.answered(_QUESTION)
    assert "女儿留下的" not in whole(scene)


# ---- why did she say that


def test_the_reasons_of_a_reply_are_on_disk(stage: Stage, index: RecallIndex, tmp_path: Path) -> None:
    scene = stage(knows=True, recall=index)
    book = with_book(scene)
    with_novel(scene, tmp_path)
    scene.opens()
    scene.answered("我怕打雷")
    new_chat(scene)
    scene.answered("我怕什么来着？走过青石桥的时候，摆渡的老人船头那盏铜灯是谁留下的？")
    told = why(scene)
    assert [(one.book, one.entry, one.key, one.reason) for one in told.lore] == [(book, "1", "青石桥", "key")]
    assert "打雷" in told.memories[0].text
    assert told.passages[0].file == "渡口.txt"
    assert _NOVEL[told.passages[0].start : told.passages[0].end].startswith(told.passages[0].excerpt[:20])
    sections = dict(told.sections)
    assert {"persona", "history", "lore", "memories", "passages", "user"} <= set(sections)
    assert all(n > 0 for n in sections.values())
    assert told.n_evaluated < told.n_prompt
    other = SqliteChatLog.open(tmp_path / "chats.sqlite3", read_only=True)
    assert explanation_of(other.path(scene.chat)[-1].meta) == told
    other.close()


def test_control_without_knowledge_there_are_no_reasons_but_sizes(stage: Stage) -> None:
    scene = stage()
    with_book(scene)
    scene.opens()
    scene.answered("昨天我走过青石桥")
    told = why(scene)
    assert (told.lore, told.memories, told.passages) == ((), (), ())
    assert dict(told.sections)["user"] > 0


def test_what_is_switched_off_there_stays_out_of_the_next_prompt(
    stage: Stage, index: RecallIndex, tmp_path: Path
) -> None:
    scene = stage(knows=True, recall=index)
    with_book(scene)
    with_novel(scene, tmp_path)
    scene.opens()
    scene.answered(f"走过青石桥的时候，{_QUESTION}")
    told = why(scene)
    entry = f"{told.lore[0].book}:{told.lore[0].entry}"
    scene.archive.switch("xiaoman", "lore", entry, off=True)
    for one in told.passages:
        scene.archive.switch("xiaoman", "passage", one.passage, off=True)
    scene.answered(f"走过青石桥的时候，{_QUESTION}")
    assert "铜钟" not in whole(scene)
    off = {one.passage for one in told.passages}
    assert off.isdisjoint(one.passage for one in why(scene).passages)
    scene.archive.switch("xiaoman", "lore", entry, off=False)
    scene.answered("再说说青石桥")
    assert "铜钟" in called_up(scene)


def test_a_memory_that_is_forgotten_there_stays_out_of_the_next_prompt(stage: Stage) -> None:
    scene = stage(knows=True)
    scene.opens()
    scene.answered("我怕打雷")
    new_chat(scene)
    scene.answered(_ASKED["xiaoman"])
    (used,) = why(scene).memories
    assert used.memory is not None
    scene.log.memories.forget(used.memory)
    new_chat(scene)
    scene.answered(_ASKED["xiaoman"])
    assert "打雷" not in whole(scene)
