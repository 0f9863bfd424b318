"""Who takes part: names that speak in a text, found by the words around speech."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

# At the start of a clause: a name, adverbs, how it is said, then 道 or 说 before the speech.
_CHINESE: Final = re.compile(
    r"(?:^|[，。！？．；：”’」』\s、\"])([\u4e00-\u9fff·]{2,4}?)"
    r"(?:[忙便又也都才只方遂就因即先再却更]{0,2}(?:[笑冷哭叹问答骂喝回嚷啐应劝哼点头摇含着悄低声高大]{0,4}[道说])[：:，“\"「]"
    r"|[忙便又也都才只方遂就因即先再却更]{0,2}(?:问|答|喊|叫|骂)[：:])",
    re.MULTILINE,
)
_ENGLISH: Final = re.compile(
    r"\b(?:said|asked|replied|answered|cried|whispered|shouted|muttered)\s+([A-Z][a-z]+(?:\s[A-Z][a-z]+)?)"
    r"|\b([A-Z][a-z]+(?:\s[A-Z][a-z]+)?)\s+(?:said|asked|replied|answered|cried|whispered|shouted|muttered)\b"
)
_SCRIPT: Final = re.compile(
    r"^[ \t]*([\u4e00-\u9fff·]{2,5}|[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)?)[:：](?=\S| \S)", re.MULTILINE
)
_NOBODY_TEXT: Final = (
    "众人 大家 他们 她们 我们 你们 那人 这人 一面 一个 两个 二人 三人 旁白 自己 心里 心中 口内 嘴里 只得 因此 于是 "
    "然后 不觉 忽听 听了 听说 看了 见了 想了 里面 外面 丫头 婆子 小厮 老人 那边 这里 说着 回头 半日 一时 连忙 接着 "
    "起来 俗语 常言 古人 诗曰 小的 正是 众人都 丫鬟 那丫头 那婆子 众婆子 媳妇 小丫头 小丫头子 只见 "
    "He She They It You We I The This That There Then But And What Who"
)
_NOBODY: Final = frozenset(_NOBODY_TEXT.split(" "))
_BAD_PART: Final = re.compile(
    "[了的着我你他她它这那么什谁一两不]|[听看见想笑说道问丫]$|^[众只忙便又因]|[二三四五六七八九十]人"
)
_MOST: Final = 240
_ONE_IN: Final = 40_000


def cast_of(texts: Iterable[str], known: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names that speak often enough in `texts` to be people, most frequent first, after the `known` ones."""
    counts: Counter[str] = Counter()
    size = 0
    for text in texts:
        size += len(text)
        for pattern in (_CHINESE, _ENGLISH, _SCRIPT):
            for match in pattern.finditer(text):
                counts[next(group for group in match.groups() if group)] += 1
    least = max(3, min(8, size // _ONE_IN))
    names = [
        name
        for name, count in counts.most_common()
        if count >= least and name not in _NOBODY and not _BAD_PART.search(name)
    ]
    return tuple(dict.fromkeys([*(name for name in known if len(name) > 1), *names]))[:_MOST]


def present_in(text: str, cast: Sequence[str], limit: int = 6) -> tuple[str, ...]:
    """Return who of `cast` is named in `text`, in the order of their number of mentions; a longer name hides the
    shorter one inside it.
    """
    counts = {name: count for name in cast if (count := text.count(name))}
    for name in sorted(counts, key=len):
        counts[name] -= sum(counts[other] for other in counts if other != name and name in other)
    kept = sorted((name for name in counts if counts[name] > 0), key=lambda name: -counts[name])
    return tuple(kept[:limit])
