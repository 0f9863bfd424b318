"""What stands around a name in Chinese when somebody is called, and when she is spoken about."""

from __future__ import annotations

import re
from typing import Final

from companion.domain.homophones import difference, sounds

_HAIL: Final = "嘿|喂|哎|诶|欸|嗨|唉|呃|嗯|啊|哦|噢|那个|这个|我说|hey|ok|okay"
_GREETING: Final = (
    "你好|您好|哈喽|哈啰|哈罗|嗨|hi|hello|早|早啊|早呀|早安|早上好|上午好|中午好|下午好|晚上好|晚安|亲爱的|请问|"
    "对不起|不好意思|抱歉|谢谢|谢谢你|谢啦|多谢|等等|等一下|救命|拜托|辛苦|辛苦了|再见|拜拜|我回来了|回来了|听我说"
)
_FILLER: Final = "好|好的|好吧|好啦|行|对了|是的|话说|然后|所以|那|来"
_LEADS: Final = tuple(f"{_HAIL}|{_GREETING}|{_FILLER}".split("|"))
# A recogniser writes what it hears: 黑 for 嘿, 万岸 for 晚安. Other single syllables mean too much else.
_HEARD_HAILS: Final = "黑为為未味位"

HAILS: Final = re.compile(f"(?:(?:{_HAIL}|^[{_HEARD_HAILS}])[\\s，,、。.…]*)+$", re.IGNORECASE)
"""A hail before the name; it means nothing without it."""

_HAILED: Final = re.compile(f"(?:{_GREETING})$")
TAIL: Final = re.compile("(?:啊|呀|哎|诶|欸|哦|喔|嘞|哈|吖|嘛|吧|姐姐?|妹妹?|酱|宝宝?|宝贝|同学|老师|小姐)+")
"""What may follow a name that is called out."""

_TO_HER: Final = re.compile(
    "你|您|咱|我|帮|请|给|告诉|讲|说说|说一|说个|说句|唱|播|放|打开|关|停|等|快|别|不要|不准|不许|过来|出来|起床|醒|陪|听|看看|看一?下|"
    "提醒|记住|记得|记一?下|在吗|在不在|在么|在没|早|晚安|晚上好|下午好|再见|拜拜|谢|对不起|抱歉|加油|抱抱|救命|来[一首个]|来吧|"
    "念|读|查|找|问一?下|换|继续|重|再|开始|安静|闭嘴|小声|大声|猜|教|翻译|算|现在几|今[天晚日年].*?(?:几|什么|吗|呢|怎)|"
    "明[天晚日年].*?(?:几|什么|吗|呢|怎)|什么|为什么|怎么[做办才去写用读说弄样]|哪|几点|多少|能不能|可不可以|可以|要不要|好不好|有没有"
)
_OF_HER: Final = re.compile(
    "(?:你|您).*|.*(?:吗|呢|怎么样|什么|几点|多少|好不好|行不行|可以吗|哪里?|谁)[?？。]?$"
)
_ABOUT_HER: Final = re.compile(
    "的|呢$|是|说(?!说|一|个|句)|和|跟|与|也|又|就|都|会|在(?!吗|不|么|没)|有(?!没)|没|不(?!要|准|许)|去|来了|来不|喜欢|这|那|她|他|很|真|最近|"
    "怎么[了就会还又不没样]|今[天晚日年](?:不|没|来|去|有(?!什么|没)|也|又|很|请|生)|昨|前天|上|刚|已|曾|以|们|节气|家|比|把|被|让(?!我)|叫|做|想|爱|要(?!不要)|能(?!不能)|"
    "可能|应该|一|从|对|为了|什么时候|到底|足|意"
)
# What closes a sentence, so that a name behind it is an address even without a pause.
_CLOSED: Final = re.compile(
    "(?:吗|呢|吧|啊|呀|啦|嘛|哦|喔|哈|么|(?:来|完|饿|困|累|走|睡|班|好|算|家|醒|错|懂|白|道)了|谢谢你?|多谢|谢啦|晚安|早安|早上好|晚上好|下午好|"
    "你好|您好|再见|拜拜|明天见|回头见|怎么样|怎么办|为什么|什么|几点|多少|好不好|行不行|对不对|是不是|能不能|在哪里?|去哪里?|辛苦了?|加油|"
    "对不起|抱歉|救命|帮帮我|帮我|等等|等一下|快点|住口|闭嘴|停|我爱你|爱你|想你|我想你|喜欢你|抱抱|起床|别说了|知道了|一下|试试|看看|听听)$"
)


def is_lead(before: str) -> bool:
    """Tell whether all that comes before the name only leads up to it; nothing does too."""
    reached = {1} if before[:1] and before[0] in _HEARD_HAILS else set()
    reached.add(0)
    for place in range(len(before)):
        if place in reached:
            reached |= {place + len(word) for word in _LEADS if _is_said(before[place:], word)}
    return len(before) in reached


def is_hailed(before: str) -> bool:
    """Tell whether a hail or greeting stands right before the name."""
    hail = HAILS.search(before)
    is_sure = hail is not None and hail.group() not in _HEARD_HAILS
    return is_sure or _HAILED.search(before) is not None


def goes_on_to_her(after: str) -> bool:
    """Tell whether what follows the name without a pause is said to her, not about her."""
    if _ABOUT_HER.match(after):
        return "你" in after or "您" in after
    return _TO_HER.match(after) is not None or _OF_HER.fullmatch(after) is not None


def ends_before_name(before: str) -> bool:
    """Tell whether what comes before a name without a pause is a sentence by itself."""
    return _CLOSED.search(before) is not None


def _is_said(text: str, word: str) -> bool:
    """Tell whether `text` begins with `word` as it is written, or, if it is no single syllable, as it sounds."""
    part = text[: len(word)]
    if part == word:
        return True
    if len(word) == 1 or word.isascii() or len(part) < len(word):
        return False
    heard = sounds(part)
    return len(heard) == len(word) and not any(map(difference, heard, sounds(word)))
