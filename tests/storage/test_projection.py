"""The present state, however it was arrived at."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from companion.errors import StorageError
from companion.storage.chat_log import SqliteChatLog
from companion.storage.database import transaction
from companion.storage.projection import rebuild

pytestmark = pytest.mark.unit

_STATE = (
    "SELECT message, chat, parent, role, created_at, content, picked, edited, deleted, shown FROM messages"
)


@pytest.mark.parametrize("seed", range(6))
def test_random_operations_and_a_rebuild_lead_to_the_same_state(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    log = SqliteChatLog.open(tmp_path / "chats.sqlite3", clock=lambda: 1.0)
    log._connection.execute("PRAGMA synchronous=OFF")  # speed: this test is about rules, not durability
    chats = [log.create_chat("aria").chat for _ in range(2)]
    for n in range(250):
        _operate(log, rng, rng.choice(chats), n)
    before = log._connection.execute(_STATE).fetchall()
    assert log.check() == []
    with transaction(log._connection):
        rebuild(log._connection)
    assert log._connection.execute(_STATE).fetchall() == before
    log.close()


def _operate(log: SqliteChatLog, rng: random.Random, chat: str, n: int) -> None:
    """Do one random thing; ids of deleted messages may be drawn and are then refused."""
    ids = [row[0] for row in log._connection.execute("SELECT message FROM messages WHERE chat=?", (chat,))]
    message = rng.choice(ids) if ids else 0
    try:
        match rng.choice("aaaavvesdduufp"):
            case "a":
                log.add(chat, rng.choice(("user", "assistant")), f"a{n}")
            case "p":
                log.add(chat, "user", f"p{n}", parent=message)
            case "v":
                log.add_variant(message, f"v{n}")
            case "e":
                log.edit(message, f"e{n}")
            case "s":
                log.select(message)
            case "d":
                log.delete(message)
            case "u":
                log.undo(chat)
            case "f":
                log.draft(message, f"d{n}")
                log.finalise(message, f"f{n}")
    except StorageError as error:
        if error.code != "unknown_message":
            raise


@pytest.mark.parametrize("seed", range(4))
def test_random_memories_and_a_rebuild_lead_to_the_same_cards(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    log = SqliteChatLog.open(tmp_path / "chats.sqlite3", clock=lambda: 1.0)
    log._connection.execute("PRAGMA synchronous=OFF")
    for n in range(150):
        _remember(log, rng, n)
    query = "SELECT * FROM memories ORDER BY memory"
    before = log._connection.execute(query).fetchall()
    assert before
    assert log.check() == []
    with transaction(log._connection):
        rebuild(log._connection)
    assert log._connection.execute(query).fetchall() == before
    log.close()


def _remember(log: SqliteChatLog, rng: random.Random, n: int) -> None:
    ids = [row[0] for row in log._connection.execute("SELECT memory FROM memories")]
    memory = rng.choice(ids) if ids else 0
    try:
        match rng.choice("aaaacfrpx"):
            case "a":
                chat = log.create_chat("aria").chat
                message = log.add(chat, "user", f"a{n}").message
                log.memories.add("aria", f"t{n}", slot=rng.choice("xyz"), value=f"v{n}", message=message)
            case "c":
                log.memories.correct(memory, f"c{n}")
            case "f":
                log.memories.forget(memory)
            case "r":
                log.memories.restore(memory)
            case "p":
                log.memories.pin(memory, rng.choice((True, False)))
            case "x" if n % 5 == 0:
                chat = rng.choice(log.chats()).chat
                log.delete_chat(chat)
                log.purge_chat(chat)
    except StorageError as error:
        if error.code != "unknown_memory":
            raise
