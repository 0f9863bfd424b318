"""What a user is told, and what is kept, when a part of the conversation fails or is not there yet."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from companion.conversation import turn
from companion.domain import commands as do
from companion.domain import events
from companion.errors import ModelError
from companion.storage.chat_log import SqliteChatLog

if TYPE_CHECKING:
    from tests.scenarios.conftest import Scene

    Stage = Callable[..., Scene]

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("written", [0, 4])
def test_a_mind_that_fails_tells_why_and_the_reply_can_be_tried_again(stage: Stage, written: int) -> None:
    scene = stage(replies=["这是一句完整的话。"])
    scene.mind.fail_at = written
    scene.opens()
    scene.user_types("说")
    failed = scene.expect(events.TurnFailed)
    assert (failed.stage, failed.what, failed.code) == ("language", "The mind broke.", "broken")
    assert failed.hint
    scene.expect(events.SpeakingFinished)
    assert scene.texts()[1:] == ["说", *["这是一句"][: bool(written)]]
    scene.post(do.Regenerate())
    finished = scene.expect(events.ReplyFinished, lambda event: event.turn != failed.turn)
    assert finished.message.text == scene.texts()[-1] == "这是一句完整的话。"
    assert len(scene.texts()) == 3
    started = [one.turn for one in scene.all(events.ReplyStarted)]
    assert started == [one.turn for one in scene.all(events.ReplyFinished)]


def test_a_persona_that_does_not_fit_says_so(stage: Stage) -> None:
    scene = stage(context_tokens=512)
    scene.characters["xiaoman"] = dataclasses.replace(
        scene.characters["xiaoman"], description="很长的人设。" * 200
    )
    scene.post(do.OpenCharacter("xiaoman"))
    assert scene.expect(events.Notice).code == "persona_too_long"
    scene.user_types("你好")
    failed = scene.expect(events.TurnFailed)
    assert (failed.stage, failed.code) == ("language", "persona_too_long")
    assert "小满" in failed.what
    assert "512" not in scene.texts()[-1]
    assert scene.texts()[-1] == "你好"


@pytest.mark.parametrize("reply", ["", "<think>我该说什么？</think>"])
def test_a_mind_that_says_nothing_is_told(stage: Stage, reply: str) -> None:
    scene = stage(replies=["嗯", reply, "在的。"])
    scene.opens()
    scene.answered("一")
    scene.user_types("在吗")
    failed = scene.expect(events.TurnFailed)
    assert (failed.stage, failed.code) == ("language", "empty_reply")
    scene.expect(events.SpeakingFinished)
    scene.post(do.Regenerate())
    scene.expect(events.ReplyFinished, lambda event: event.message.text == "在的。")
    assert scene.texts()[-2:] == ["在吗", "在的。"]


def test_nothing_is_written_where_the_message_cannot_be_kept(stage: Stage, tmp_path: Path) -> None:
    writable = SqliteChatLog.open(tmp_path / "chats.sqlite3")
    chat = writable.create_chat("xiaoman")
    writable.close()
    scene = stage(log=SqliteChatLog.open(tmp_path / "chats.sqlite3", read_only=True))
    scene.opens("xiaoman", chat.chat)
    scene.user_types("记住这个")
    failed = scene.expect(events.TurnFailed)
    assert (failed.stage, failed.code) == ("storage", "read_only")
    assert failed.hint
    scene.handled()
    assert scene.all(events.UserSaid) == []
    assert scene.mind.prompts == []


def test_a_reply_that_cannot_be_kept_is_shown_whole_and_told_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "_DRAFT_EVERY_S", 0.0)
    scene = stage(replies=["这句话存不下来。"])
    scene.mind.hold_at = 3
    scene.opens()
    scene.user_types("说")
    assert scene.mind.held.wait(20)
    scene.log.close()
    scene.mind.go()
    scene.expect(events.SpeakingFinished)
    assert "".join(one.text for one in scene.all(events.ReplyDelta)) == "这句话存不下来。"
    assert [one.stage for one in scene.all(events.TurnFailed)] == ["storage"]
    assert scene.all(events.ReplyFinished) == []


def test_a_turn_waits_for_a_model_that_loads_later(stage: Stage) -> None:
    scene = stage(replies=["来了。"], language_loads_later=True)
    scene.opens()
    scene.user_types("在吗")
    waiting = scene.expect(events.StateChanged, lambda event: event.new == "thinking")
    assert waiting.why == "model"
    assert scene.texts()[-1] == "在吗"
    scene.engines.language.put(scene.mind)
    assert scene.expect(events.ReplyFinished).message.text == "来了。"


def test_a_turn_that_waits_for_a_model_can_be_stopped(stage: Stage) -> None:
    scene = stage(language_loads_later=True)
    scene.opens()
    scene.user_types("在吗")
    scene.expect(events.StateChanged, lambda event: event.new == "thinking")
    scene.post(do.Interrupt())
    scene.expect(events.StateChanged, lambda event: event.new == "idle")
    assert scene.all(events.TurnFailed) == []


def test_a_model_that_does_not_load_gives_its_reason_to_who_waits(stage: Stage) -> None:
    scene = stage(language_loads_later=True)
    scene.opens()
    scene.user_types("在吗")
    scene.expect(events.StateChanged, lambda event: event.new == "thinking")
    scene.engines.language.fail(ModelError("The file is damaged.", "Choose another.", code="damaged"))
    failed = scene.expect(events.TurnFailed)
    assert (failed.what, failed.hint, failed.code) == ("The file is damaged.", "Choose another.", "damaged")
    scene.expect(events.StateChanged, lambda event: event.new == "idle")
    scene.engines.language.put(scene.mind)
    scene.post(do.Reload())
    scene.post(do.Regenerate())
    assert scene.expect(events.ReplyFinished).message.parent == scene.path()[1].message


def test_stop_is_at_once_while_the_persona_is_being_read(stage: Stage) -> None:
    """A first reading may take many seconds; neither Stop nor the next chat waits for it."""
    scene = stage(replies=["好。"], slow_reading=True)
    scene.post(do.OpenCharacter("xiaoman"))
    assert scene.mind.reading.wait(20)
    scene.user_types("在吗")
    scene.expect(events.StateChanged, lambda event: event.new == "thinking")
    scene.post(do.Interrupt())
    scene.expect(events.SpeakingFinished)
    assert scene.mind.is_reading
    scene.user_types("还在吗")
    scene.expect(events.UserSaid, lambda event: event.message.text == "还在吗")
    scene.mind.read_on()
    assert scene.expect(events.ReplyFinished).message.text == "好。"
