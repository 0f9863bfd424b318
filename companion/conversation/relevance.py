"""How much of a question a remembered text answers, counted in words that say something."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from companion.text.search_tokens import search_tokens
from companion.text.sentences import sentence_ends

_CHAR, _WORD = 0.5, 1.0
_EXCERPT_CHARS = {"zh": 60, "en": 180}
_HAN = re.compile("[\u3400-\u9fff]")
_EMPTY_TEXT = (
    "今天天气 天天 天气预报 name kind what's "
    "今天 明天 昨天 现在 什么 怎么 怎样 这个 那个 觉得 知道 可以 一个 我们 你们 他们 喜欢 用户 记得 说过 "
    "就是 还是 不是 没有 时候 一下 一起 真的 特别 非常 有点 因为 所以 但是 如果 自己 已经 一直 大家 这样 "
    "那样 这么 那么 为什么 哪儿 哪里 什么样 告诉 上次 之前 以前 还记 记不记得 名字 叫做 最近 应该 可能 "
    "东西 事情 好吃 好看 好玩 不错 开心 高兴 谢谢 你好 晚安 早安 早上 晚上 中午 下午 上午 天气 帮我 想要 "
    "the a an i you he she it we they my your his her our me is am are was were be been do did have had "
    "has to of in on at for and or but so not no yes that thi what where when who how why which with "
    "about can could would will just very really like love know think say said tell told user remember "
    "get got go went today now thing some any there here too much good nice hi hello thank day time let u "
    "s t m"
)
_EMPTY_WORDS = frozenset(_EMPTY_TEXT.split(" "))
_EMPTY_CHARS = frozenset(
    "的了是我你他她它们在有和就不人都一上也很到说要去会着没看好自己这那么吗呢吧啊呀哦嗯哪谁几多少个天今明昨来给对还让把被跟想能可以得过下大小里"
    "么样时候为因所但如果只又再真最太更点些年月日号期星用户叫记什怎事做问知道觉想起吃心话前后次回家出开"
)


def weighted(text: str) -> dict[str, float]:
    """Return the words of `text` that say something, each with its weight; Chinese characters count half."""
    found: dict[str, float] = {}
    for token in search_tokens(text):
        if token in _EMPTY_WORDS:
            continue
        if len(token) == 1 and _HAN.match(token):
            if token not in _EMPTY_CHARS:
                found[token] = _CHAR
        elif len(token) > 1 or token.isdecimal():
            found[token] = _WORD
    return found


def overlap(query: dict[str, float], text: Iterable[str]) -> float:
    """Return the weight of the words of `query` that stand in `text`; what is inside a longer one does not count."""
    shared = sorted(set(query) & set(text), key=len, reverse=True)
    counted: list[str] = []
    for word in shared:
        if not any(word in longer for longer in counted):
            counted.append(word)
    return sum(query[word] for word in counted)


def excerpt(text: str, query: dict[str, float], language: str) -> str:
    """Return the sentence of `text` that shares most with `query`, with its neighbours as far as there is room."""
    limit = _EXCERPT_CHARS[language]
    flat = " ".join(text.replace("{{", "{ {").split())  # white space only: Chinese stays whole
    if len(flat) <= limit:
        return flat
    ends = sentence_ends(flat)
    parts = [flat[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    best = max(range(len(parts)), key=lambda place: (overlap(query, weighted(parts[place])), -place))
    chosen, last = parts[best].strip(), best + 1
    while last < len(parts) and len(chosen) + len(parts[last]) <= limit:
        chosen, last = chosen + parts[last].rstrip(), last + 1
    return chosen if len(chosen) <= limit else f"{chosen[: limit - 1]}…"


def dated(at: float, now: float, language: str) -> str:
    """Return the day of `at` as it is said, with the year where it is another one."""
    day, today = datetime.fromtimestamp(at), datetime.fromtimestamp(now)
    if language == "zh":
        year = f"{day.year}年" if day.year != today.year else ""
        return f"{year}{day.month}月{day.day}日"
    year = f", {day.year}" if day.year != today.year else ""
    return f"{_MONTHS[day.month - 1]} {day.day}{year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
