"""Words by which narration is known to describe somebody."""

from __future__ import annotations

import re
from typing import Final, Literal

from companion.text.phonemes import Language

Aspect = Literal["origin", "look", "character"]

_ZH: Final[dict[Aspect, str]] = {
    "origin": "之女|女儿|之子|儿子|孙女|外孙|独女|嫡妻|祖籍|姑苏|籍贯|出身|出生|生于|名唤|乳名|小名|"
    "今年|年方|[一二三四五六七八九十]+岁|岁了|自幼|从小|幼时|念书|读书|当了|做了",
    "look": "生得|生的|长得|容貌|相貌|模样|面貌|形容|面庞|眉|眼睛|双目|目光|脸|腮|唇|头发|长发|短发|黑发|鬓|"
    "身材|身段|体态|体格|身量|风流|标致|袅娜|姿|穿着|身着|裙|个子|瘦|娇|苗条|俏|俊|秀",
    "character": "为人|性子|性格|性情|素性|生性|天性|脾气|心性|多心人|多疑|聪明|聪敏|敏捷|孤高|自许|目无下尘|温柔|温和|"
    "敏感|豁达|大度|爽快|爽利|泼辣|胆小|懦弱|骄|傲|谨慎|小心|小性|喜散|不喜|爱哭|爱笑|最爱|最喜|素喜|"
    "素日|素昔|平日|从不|懒|好胜|刻薄|体贴|多愁|善感|善良|天真|顽皮|淘气|沉默|寡言|倔",
}
_EN: Final[dict[Aspect, str]] = {
    "origin": r"\b(?:daughter|son|sister|brother|niece|nephew|orphan|born|years old|years of age|grew up|family|"
    r"came from|was a|was an|was the|lived)\b",
    "look": r"\b(?:eyes?|hair|face|features|tall|short|slender|thin|pale|handsome|pretty|beautiful|figure|wore|dressed|"
    r"complexion|brow|cheeks?|lips|lean|gaunt|height)\b",
    "character": r"\b(?:temper|nature|disposition|manners?|clever|shy|proud|kind|gentle|cheerful|reserved|stubborn|"
    r"patient|impatient|always|never|fond of|loved|hated|liked|disliked|habit|humou?r|quiet|bold|honest)\b",
}
ASPECTS: Final[dict[Language, dict[Aspect, re.Pattern[str]]]] = {
    "zh": {name: re.compile(pattern) for name, pattern in _ZH.items()},
    "en": {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _EN.items()},
}
GREETING: Final[dict[Language, re.Pattern[str]]] = {
    "zh": re.compile("来了|来的|你来|坐|请|好久|几时|做什么|作什么|怎么来|今儿|今日|吃茶|喝茶|你好|回来"),
    "en": re.compile(
        r"\b(?:hello|good (?:morning|evening|day)|welcome|come in|sit|what brings|you are here)\b", re.I
    ),
}
