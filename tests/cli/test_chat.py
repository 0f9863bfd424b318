"""`companion chat` with the demo mind: one question, a conversation over standard input, chats, errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.storage.chat_log import SqliteChatLog

pytestmark = pytest.mark.unit

Run = Callable[..., Any]


@pytest.mark.parametrize(("character", "said"), [("xiaoman", "你好"), ("wren", "Hello")])
def test_once_answers_and_keeps_both(run: Run, home: Path, character: str, said: str) -> None:
    done = run("chat", "--demo", "--json", "--character", character, "--once", said)
    assert done.code == 0
    answer = done.json
    assert answer["user"] == said
    assert answer["character"] == character
    assert answer["reply"]
    assert answer["timings"]["n_prompt_tokens"] > answer["timings"]["n_reply_tokens"] > 0
    assert answer["sections"]["persona"] > 0
    log = SqliteChatLog.open(home / "data" / "chats.sqlite3", read_only=True)
    kept = [one.text for one in log.path(answer["chat"])]
    log.close()
    assert kept[-2:] == [said, answer["reply"]]


def test_the_same_seed_gives_the_same_reply(run: Run) -> None:
    once = ("chat", "--demo", "--json", "--new", "--seed", "7", "--once", "你是谁")
    assert run(*once).json["reply"] == run(*once).json["reply"]


def test_without_json_the_reply_is_plain_text(run: Run) -> None:
    done = run("chat", "--demo", "--once", "晚安", "--character", "xiaoman", "--seed", "1")
    assert done.code == 0
    assert len(done.out.strip().splitlines()) == 1
    assert not done.out.startswith("{")


def test_a_conversation_over_standard_input_goes_on_in_one_chat(run: Run) -> None:
    done = run("chat", "--demo", "--json", "--character", "xiaoman", typed="你好\n\n今天怎么样？\n")
    assert done.code == 0
    lines = done.lines
    assert [sorted(one)[0] for one in (lines[0], lines[2])] == ["acked", "acked"]
    assert [one["user"] for one in (lines[1], lines[3])] == ["你好", "今天怎么样？"]
    assert lines[0]["acked"] < lines[1]["message"] < lines[2]["acked"] < lines[3]["message"]
    again = run("chat", "--demo", "--json", "--once", "我回来了", "--character", "xiaoman").json
    assert again["chat"] == lines[1]["chat"]
    assert again["sections"]["history"] > lines[1]["sections"]["history"]


def test_a_terminal_conversation_begins_with_her_greeting(run: Run) -> None:
    done = run("chat", "--demo", "--character", "wren", typed="hello\n")
    lines = done.out.splitlines()
    assert len([line for line in lines if line.strip()]) >= 2
    assert lines[0].strip()


def test_a_chat_is_gone_on_with_by_its_id_and_its_own_character(run: Run) -> None:
    first = run("chat", "--demo", "--json", "--character", "wren", "--once", "hello").json
    other = run("chat", "--demo", "--json", "--character", "wren", "--new", "--once", "hi").json
    again = run("chat", "--demo", "--json", "--chat", first["chat"], "--once", "back again").json
    assert (again["chat"], again["character"]) == (first["chat"], "wren")
    assert other["chat"] != first["chat"]


@pytest.mark.parametrize(
    ("wrong", "code", "named"),
    [
        (("--character", "nobody"), 2, "nobody"),
        (("--chat", "no-such-chat"), 1, "no-such-chat"),
    ],
)
def test_what_is_not_there_is_named_with_a_hint(
    run: Run, wrong: tuple[str, str], code: int, named: str
) -> None:
    done = run("chat", "--demo", "--json", "--once", "在吗", *wrong)
    assert done.code == code
    assert named in done.json["error"]
    assert done.json["hint"]
    plain = run("chat", "--demo", "--once", "在吗", *wrong)
    assert plain.code == code
    assert named in plain.err
    assert plain.out == ""


def test_a_chat_of_another_character_is_refused(run: Run) -> None:
    first = run("chat", "--demo", "--json", "--character", "wren", "--once", "hello").json
    done = run(
        "chat", "--demo", "--json", "--chat", first["chat"], "--character", "xiaoman", "--once", "你好"
    )
    assert done.code == 2
    assert done.json["code"] == "other_chat"


def test_a_model_file_that_is_not_there_fails_with_a_hint(run: Run, tmp_path: Path) -> None:
    done = run("chat", "--json", "--once", "在吗", "--model", str(tmp_path / "none.gguf"))
    assert done.code == 1
    assert done.json["error"]
    assert "reply" not in done.json


def test_a_model_file_that_is_no_model_fails_with_a_hint(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"not a model")
    done = run("chat", "--json", "--once", "在吗", "--model", str(tmp_path / "bad.gguf"))
    assert done.code == 1
    assert "bad.gguf" in done.json["error"]
