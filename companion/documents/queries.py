"""What somebody says, as a query: without the words of asking, and with words that the documents use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from companion.documents.lexicon import Lexicon
from companion.text.language import HAN
from companion.text.search_tokens import WHOLE, stem

Nearest = Callable[[str], Sequence[tuple[str, float]]]
"""Words of a lexicon that mean about the same as a word, with their cosine similarities, nearest first."""

_ASKING: Final = re.compile(
    "你还记得|还记得|记不记得|你知道|知不知道|告诉我|跟我说说|说说|是怎么回事|怎么回事|是什么样子|什么样子|是什么样|什么样|为什么|"
    "为何|怎么样|怎样|怎么|是什么|什么|哪里|哪儿|哪些|哪个|哪位|哪一个|哪一位|哪一家|哪家|哪|多少|几个|谁|是不是|有没有|"
    "能不能|会不会|吗|呢|啊|吧|呀|么|嘛"
)
_EMPTY: Final = frozenset("的了是在有和就不人都一上也很到说要去你会着没看好自己这那里我几把被给他她它们")
_ENGLISH_EMPTY_TEXT: Final = (
    "the a an of to in on at by for and or is are was were be been has have had did do does how what which who whom "
    "whose why when where that this these those it its his her hers she he they them their with from as into about "
    "after before against much many big kind happen happens happened mean use used you your i me my we our "
    "can could would should will tell know remember please there then than if but not no"
)
_ENGLISH_EMPTY: Final = frozenset(_ENGLISH_EMPTY_TEXT.split(" "))
_HAN_CHAR: Final = re.compile(f"[{HAN}]")
_HAN_RUN: Final = re.compile(f"[{HAN}]+")
_WORD: Final = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f0-9]*|[0-9]+")
_POSSESSIVE: Final = re.compile(r"['’]s\b")
_NAME_PARTS: Final = 3
_NEAR: Final = 8
_LEAST_SIMILAR: Final = 0.5
_MOST_CHARS: Final = 400


@dataclass(frozen=True, slots=True)
class Query:
    """`text` has its words of asking left out; `known` are words of the documents, `unknown` are others."""

    text: str
    known: tuple[str, ...]
    unknown: tuple[str, ...]


def parse_query(said: str, lexicon: Lexicon) -> Query:
    """Return the query in what was `said`; all of it where nothing but words of asking was said."""
    said = unicodedata.normalize("NFKC", said)[-_MOST_CHARS:].strip()
    text = " ".join(_ASKING.sub(" ", said).split()) or said
    known: list[str] = []
    unknown: list[str] = []
    for run in _HAN_RUN.findall(text):
        _cut_han(run, lexicon, known, unknown)
    words = _WORD.findall(_POSSESSIVE.sub("", text).replace("'", ""))
    _sort_latin(words, lexicon, known, unknown)
    return Query(text, tuple(dict.fromkeys(known)), tuple(dict.fromkeys(unknown)))


def keyword_query(query: Query, nearest: Nearest) -> str:
    """Return the text to search by keywords: the query twice, so that it outweighs the words near to unknown ones.

    Its Chinese characters come once more: each is a word of its own in older texts.
    """
    near = [
        f"{WHOLE}{word}{WHOLE}"
        for asked in query.unknown
        for word, similarity in nearest(asked)[:_NEAR]
        if similarity > _LEAST_SIMILAR and word not in query.known
    ]
    names = [word for word in query.known if word not in query.text]
    return " ".join([query.text, *names, query.text, *names, *_HAN_CHAR.findall(query.text), *near])


def _cut_han(run: str, lexicon: Lexicon, known: list[str], unknown: list[str]) -> None:
    """Take the longest words of the lexicon from the left; what stays between them is unknown."""
    rest = ""
    at = 0
    while at < len(run):
        size = next(
            (
                n
                for n in range(min(lexicon.longest, len(run) - at), 1, -1)
                if run[at : at + n] in lexicon.words
            ),
            0,
        )
        if size:
            _keep(rest, known, unknown)
            rest = ""
            known.append(run[at : at + size])
        else:
            rest += run[at]
        at += size or 1
    _keep(rest, known, unknown)


def _keep(rest: str, known: list[str], unknown: list[str]) -> None:
    for piece in _without_empty(rest):
        (unknown if len(piece) > 1 else known).append(piece)


def _without_empty(rest: str) -> list[str]:
    return [piece for piece in re.split(f"[{''.join(_EMPTY)}]+", rest) if piece]


def _sort_latin(words: Sequence[str], lexicon: Lexicon, known: list[str], unknown: list[str]) -> None:
    taken: set[int] = set()
    for n in range(_NAME_PARTS, 0, -1):
        for i in range(len(words) - n + 1):
            places = range(i, i + n)
            if taken.intersection(places) or not all(words[j][0].isupper() for j in places):
                continue
            name = lexicon.spoken.get("".join(words[i : i + n]).lower())
            # The first word of a sentence is a capital without being a name.
            if name and (i or n > 1):
                known.append(name)
                taken.update(places)
    for i, word in enumerate(words):
        small = word.lower()
        if i in taken or small in _ENGLISH_EMPTY or (len(small) < 2 and not small.isdigit()):
            continue
        (known if small.isdigit() or stem(small) in lexicon.stems else unknown).append(small)
