"""How long a lorebook of thousands of entries takes to scan, beside looking for each key in turn; regexes that hang."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from companion.cli.benchmarks.figures import summary
from companion.domain.character import Lorebook, LoreEntry
from companion.domain.lore import LoreIndex, Scene
from companion.domain.lore_keys import Key, Text
from companion.domain.messages import Message
from companion.text.folding import fold_search
from companion.text.timed_regex import TimedRegex

_N_ENTRIES = 5_000
_N_SCANS = 200
_N_NAIVE = 5
_WINDOW_BYTES = 4_096
_N_MESSAGES = 8
_HAN = (
    "春江花月夜雪山门城主人家国王剑客书院茶馆青石桥灯火长安洛阳东南西北小大云水风雨龙凤金玉楼台海天地"
    "的一是了我不在有他这中来上个到说们为子和你出道也时年得就那要下以生会自着去之过后里学对可她心多能"
    "都没日于起还发成事只作当想看文无开手十用行方又如前所本见经头面公同三已老从动两知样现些但其此样爷"
    "红梅竹兰菊松柏桃李杏枫柳荷莲鹤鹰狼狐虎豹熊鹿马牛羊犬猫鱼虫蝶蜂蚕丝绸锦绣衣帽鞋袜环佩簪钗扇伞琴棋画"
)
_SYLLABLES = (
    "ar",
    "be",
    "cor",
    "dan",
    "el",
    "fen",
    "gal",
    "hor",
    "in",
    "jo",
    "kal",
    "lun",
    "mar",
    "nor",
    "os",
    "pel",
    "qua",
    "rin",
    "sul",
    "tor",
    "ul",
    "vex",
    "wyn",
    "yar",
    "zed",
)
_HOSTILE = ("/(a+)+$/", "/(a|aa)+$/", "/(a|a?)+$/", "/(.*a){25}$/", "/^(([a-z])+.)+[A-Z]([a-z])+$/")


def measure(n_entries: int = _N_ENTRIES, n_scans: int = _N_SCANS) -> dict[str, Any]:
    """Return figures in milliseconds: a scan, making the index, each key in turn, and regexes made to hang."""
    draw = random.Random(7)
    books = [Lorebook(tuple(_entry(draw, i) for i in range(n_entries)), scan_depth=20, token_budget=2_000)]
    indexes: list[LoreIndex] = []
    made = _times(3, lambda _: indexes.append(LoreIndex(books, fold_search)))
    scenes = [_scene(draw, books[0]) for _ in range(n_scans)]
    n_fired: list[int] = []

    def scan(i: int) -> None:
        found = indexes[0].scan(scenes[i], TimedRegex(), _count, budget=2_000)
        n_fired.append(len(found.fired))

    scan(0)
    n_fired.clear()
    scanned = _times(n_scans, scan)
    return {
        "entries": n_entries,
        "keys": sum(len(entry.keys) for entry in books[0].entries),
        "window_bytes": _WINDOW_BYTES,
        "fired": summary(n_fired),
        "scan_ms": summary(scanned),
        "each_key_in_turn_ms": summary(_times(min(n_scans, _N_NAIVE), lambda i: _naive(books[0], scenes[i]))),
        "index_ms": summary(made),
        "hostile_regex_ms": summary([_stopped(pattern) for pattern in _HOSTILE]),
    }


def _times(n: int, work: Callable[[int], None]) -> list[float]:
    times: list[float] = []
    for i in range(n):
        began = time.perf_counter()
        work(i)
        times.append((time.perf_counter() - began) * 1_000)
    return times


def _naive(book: Lorebook, scene: Scene) -> None:
    """Look for every key in a text folded once, as a scan without an index would."""
    text = Text([message.text for message in scene.messages], fold_search)
    for entry in book.entries:
        for key in entry.keys:
            ready = Key.of(key, fold_search, case_sensitive=False, whole_words=None)
            if ready is not None:
                text.newest(ready)


def _stopped(pattern: str) -> float:
    searcher = TimedRegex()
    searcher.search("/warm/", "", False)
    searcher.begin()
    text = "a" * (_WINDOW_BYTES - 1) + "!"
    began = time.perf_counter()
    searcher.search(pattern, text, False)
    return (time.perf_counter() - began) * 1_000


def _count(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def _entry(draw: random.Random, i: int) -> LoreEntry:
    keys = tuple(_word(draw) for _ in range(draw.randint(2, 4)))
    return LoreEntry(keys, f"{i}: {keys[0]}", insertion_order=draw.randint(0, 200), id=str(i))


def _word(draw: random.Random) -> str:
    if draw.random() < 0.6:
        return "".join(draw.choices(_HAN, k=draw.randint(2, 4)))
    return "".join(draw.choices(_SYLLABLES, k=draw.randint(2, 4))).capitalize()


def _scene(draw: random.Random, book: Lorebook) -> Scene:
    """Return messages of about `_WINDOW_BYTES` in UTF-8 together, with some keys of the book among other words."""
    messages: list[Message] = []
    for i in range(_N_MESSAGES):
        words: list[str] = []
        size = 0
        while size < _WINDOW_BYTES // _N_MESSAGES:
            known = draw.random() < 0.02
            word = (
                draw.choice(draw.choice(book.entries).keys)
                if known
                else _word(draw) + draw.choice("，的了 。,")
            )
            words.append(word)
            size += len(word.encode())
        messages.append(Message("assistant" if i % 2 else "user", "".join(words)))
    return Scene(messages)
