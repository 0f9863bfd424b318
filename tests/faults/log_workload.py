"""What a child process does to a chat log while it is killed, starved or cut off; told apart by its acks.

Run as `log_workload.py FOLDER WORKLOAD VARIANT`. After each step that returned, one byte goes to standard
output: an acknowledgement, written past all buffers. A step that fails is reported as `!code` and tried again.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from companion.domain.memory import Summary
from companion.errors import StorageError
from companion.storage.backup import backup, restore
from companion.storage.chat_log import SqliteChatLog
from companion.storage.exchange import import_chat

Step = Callable[[], object]
_T = TypeVar("_T")
_TRIES = 4
EMPTY = "[[], [[], [], [], []]]"
"""The state of a log without chats and memories."""


def prepare(folder: Path) -> None:
    """Fill `folder` with what the workloads start from: a log, a newer state of it than its backup, a file."""
    log = SqliteChatLog.open(folder / "chats.sqlite3", clock=lambda: 1.0)
    chat = log.create_chat("aria", title="旧").chat
    for n in range(6):
        log.add(chat, "user" if n % 2 else "assistant", f"第{n}句 " + "雨" * 200)
    log.memories.add("aria", "用户自己写的", slot="note", value="自己")
    kept = backup(log, folder / "kept", now=1.0)
    kept.rename(folder / "kept.sqlite3")
    log.add(chat, "user", "备份之后")
    log.close()
    lines: list[dict[str, object]] = [{"user_name": "u", "character_name": "c"}]
    lines += [{"mes": f"导入{n} " + "风" * 300, "is_user": bool(n % 2), "send_date": n} for n in range(40)]
    (folder / "in.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")


def talk(log: SqliteChatLog, _folder: Path) -> Iterator[Step]:
    chat = ""

    def begin() -> None:
        nonlocal chat
        chat = log.create_chat("aria", title="新").chat

    yield begin
    for n in range(4):
        yield lambda n=n: log.add(chat, "user", f"问{n} " + "字" * 700)  # type: ignore[misc]
        yield lambda: log.add(chat, "assistant", "")
        yield lambda: log.draft(log.path(chat)[-1].message, "答")
        yield lambda: log.finalise(
            log.path(chat)[-1].message, "答完了" * 500, unheard="没听到", meta={"k": 1}
        )


def change(log: SqliteChatLog, _folder: Path) -> Iterator[Step]:
    chat = log.chats()[0].chat
    for n in (5, 3, 1):
        yield lambda n=n: log.edit(log.path(chat)[n].message, "改" * 400)  # type: ignore[misc]
        yield lambda n=n: log.add_variant(log.path(chat)[n].message, "另" * 400)  # type: ignore[misc]
        yield lambda n=n: log.select(log.siblings(log.path(chat)[n].message)[0].message)  # type: ignore[misc]
        yield lambda: log.undo(chat)


def remove(log: SqliteChatLog, _folder: Path) -> Iterator[Step]:
    chat = log.chats()[0].chat
    yield lambda: log.delete(log.path(chat)[4].message)
    yield lambda: log.undo(chat)
    yield lambda: log.delete(log.path(chat)[0].message)
    yield lambda: log.undo(chat)
    yield lambda: log.rename_chat(chat, "新名")
    yield lambda: log.delete_chat(chat)
    yield lambda: log.restore_chat(chat)
    yield lambda: log.delete_chat(chat)
    yield lambda: log.purge_chat(chat)


def remember(log: SqliteChatLog, _folder: Path) -> Iterator[Step]:
    memories, path = log.memories, log.path(log.chats()[0].chat)

    def card(n: int, value: str) -> None:
        memories.add("aria", f"用户住在{value}" * 30, slot="home", value=value, message=path[n].message)

    yield lambda: card(0, "北京")
    yield lambda: card(2, "上海")
    yield lambda: memories.correct(memories.cards("aria")[0].memory, "用户住在广州" * 30)
    yield lambda: memories.pin(memories.cards("aria")[0].memory, True)
    yield lambda: memories.keep_summary(Summary(path[0].chat, path[3].message, "d", "总" * 120, "m", 1.0))
    yield lambda: memories.switch("aria", "lore", "book:1", off=True)
    yield lambda: memories.forget(memories.cards("aria")[0].memory)
    yield lambda: memories.restore(memories.cards("aria", all_states=True)[-1].memory)
    yield lambda: log.delete_chat(path[0].chat)
    yield lambda: log.restore_chat(path[0].chat)
    yield lambda: memories.forget_character("aria")


def take_in(log: SqliteChatLog, folder: Path) -> Iterator[Step]:
    yield lambda: import_chat(log, folder / "in.jsonl", "aria")


def keep(log: SqliteChatLog, folder: Path) -> Iterator[Step]:
    yield lambda: backup(log, folder / "backups", now=2.0)
    yield lambda: log.rename_chat(log.chats()[0].chat, "zwischen")
    yield lambda: backup(log, folder / "backups", now=3.0)


def go_back(log: SqliteChatLog, folder: Path) -> Iterator[Step]:
    log.close()
    yield lambda: restore(folder / "kept.sqlite3", folder / "chats.sqlite3")


def mend(_log: SqliteChatLog, _folder: Path) -> Iterator[Step]:
    """Nothing follows the opening of a damaged log, which is what is tried here."""
    return iter(())


WORKLOADS: dict[str, Callable[[SqliteChatLog, Path], Iterator[Step]]] = {
    "talk": talk,
    "change": change,
    "remove": remove,
    "remember": remember,
    "take_in": take_in,
    "keep": keep,
    "go_back": go_back,
    "mend": mend,
}


def steps(folder: Path, workload: str, synchronous: str = "FULL") -> tuple[SqliteChatLog, Iterator[Step]]:
    """Open the log in `folder` with a checkpoint every few pages; return it with the steps to do."""
    log = SqliteChatLog.open(folder / "chats.sqlite3", clock=lambda: 1.0)
    log._connection.execute("PRAGMA wal_autocheckpoint=8")
    log._connection.execute(f"PRAGMA synchronous={synchronous}")
    return log, WORKLOADS[workload](log, folder)


def state(log: SqliteChatLog) -> str:
    """Return all that a user can see, without the random names of chats."""
    chats = [
        [
            info.title,
            deleted,
            [
                [
                    one.role,
                    one.text,
                    one.unheard,
                    one.partial,
                    one.edited,
                    one.variant,
                    one.n_variants,
                    one.meta,
                ]
                for one in log.path(info.chat)
            ],
        ]
        for deleted, listed in enumerate((log.chats(), log.deleted_chats()))
        for info in listed
    ]
    return json.dumps([sorted(chats, key=json.dumps), _remembered(log)])


def _remembered(log: SqliteChatLog) -> list[object]:
    memories = log.memories
    cards = [
        [one.text, one.state, one.pinned, one.replaced_by is None]
        for one in memories.cards("aria", all_states=True)
    ]
    told = [memories.summary(info.chat) for info in log.chats()]
    return [
        cards,
        sorted(memories.silenced("aria")),
        sorted(one.text for one in told if one is not None),
        sorted(memories.switched_off("aria", "lore")),
    ]


def _main(folder: Path, workload: str, variant: str) -> None:
    log, todo = _retried(lambda: steps(folder, workload, "NORMAL" if variant == "normal" else "FULL"))
    for step in todo:
        if variant == "early_ack":
            os.write(1, b".")
        _retried(step)
        if variant != "early_ack":
            os.write(1, b".")
    log.close()


def _retried(step: Callable[[], _T]) -> _T:
    for _ in range(_TRIES - 1):
        try:
            return step()
        except StorageError as error:
            os.write(1, f"!{error.code};".encode())
    return step()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
