"""What it means that the user speaks while she does: stop her, let her go on, or wait for more words.

Asked again with every partial text while she is paused. Only for interruptions: 好 and “yes” are whole answers
when she is silent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from companion.domain.homophones import Sound, sounds, unlike

Verdict = Literal["stop", "resume", "wait"]

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
_HAN_CHAR: Final = re.compile(f"[{_HAN}]")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CLAUSE: Final = re.compile(r"[，。！？；：、…,.!?;:\n—]+")
_NOISE: Final = re.compile(r"[（(\[【*][^）)\]】*]*[）)\]】*]|♪[^♪]*♪?")
_ECHO: Final = 0.34

_STOP_ZH: Final = (
    "停|停停|停下|停下来|停一下|停一停|停吧|打住|等等|等一等|等下|等一下|等会儿?|稍等|慢着|慢点|且慢|别说|"
    "别说了|别讲了|别说话|别念了|"
    "不要说了|不要再说了|不用说了|不用讲了|不说了|够了|好了好了|行了|行了行了|可以了|闭嘴|住口|住嘴|安静|"
    "安静点|安静一下|别吵|别闹|"
    "别|不|不对|不是|不是这样|不要|不行|换个话题|换一个|下一个|跳过|听我说|你听我说|先听我说|打断一下|"
    "我打断一下|喂|暂停|取消|算了|算了吧|"
    "先别说|先停|先停下|先等等|先等一下|你先停|你停|你停下|你等等|你等一下|你别说了|你先别说|你闭嘴|不想听|"
    "不想听了|我不想听|烦死了|错了|说错了"
)
_STOP_EN: Final = (
    "stop|stop it|stop talking|please stop|stop please|just stop|wait|wait wait|wait a (?:second|sec|"
    "minute|moment)|hold on|"
    "hang on|hold up|hold it|one (?:second|sec|moment|minute)|just a (?:second|sec|moment|minute)|shut up|"
    "be quiet|quiet|"
    "enough|that's enough|pause|cancel|no|no no|nope|not that|never mind|nevermind|forget it|skip|skip it|"
    "next|excuse me|"
    "let me (?:speak|talk|finish)|listen|hey|wrong|that's wrong|that's not right|sorry but|but"
)
# Said in any sentence, these end her speech.
_STOP_INSIDE: Final = re.compile(
    "别说了|别讲了|不要说了|不要再说|先别说|闭嘴|住口|停下来|安静一下|打断一下|换个话题|"
    r"\b(?:shut up|stop talking|be quiet|let me (?:speak|talk|finish)|change the subject)\b",
    re.IGNORECASE,
)
_LISTENING_ZH: Final = (
    "嗯|唔|恩|对|队|哦|噢|喔|好|号|哈|呵|嘿|啊|呃|额|诶|欸|哎|咦|哇|嘻|呀|耶|哟|是|行|真|懂|"
    "是的|对的|好的|行的|是吗|是嘛|是么|对吧|好吧|好呀|好啊|对啊|对呀|是啊|是呀|哎呀|哎哟|天哪|天啊|我的天|"
    "真的|真的吗|真的啊|真的呀|"
    "真的假的|不会吧|不是吧|原来如此|原来是这样|原来|这样|这样啊|这样子|这样子啊|这样吗|没错|确实|的确|"
    "当然|可以|可以啊|明白|明白了|"
    "知道|知道了|我知道|我知道了|懂了|我懂|我懂了|了解|有道理|有意思|说得对|说的对|说得也是|说的也是|也是|"
    "也对|就是|就是啊|就是说|"
    "然后呢|接着呢|后来呢|继续|继续说|接着说|你继续|你继续说|你说|你接着说|说下去|请继续|我在听|我听着呢|"
    "我在听呢|"
    "厉害|好厉害|太好了|太棒了|好棒|真棒|不错|真不错|哇塞|哇哦|酷|赞|牛|好玩|好笑|笑死|笑死我了|好可爱|"
    "谢谢|啧|嘘|啦|嘛|呢|吧"
)
_LISTENING_EN: Final = (
    "yeah|yea|yes|yep|yup|ya|ok|okay|okey|k|right|sure|mm+|mhm|mm-?hm+|m-?hm+|hm+|uh-?huh|uh|um|er|erm|ah|"
    "aah|oh|ooh|oo|wow|whoa|"
    "huh|aha|ha|haha(?:ha)*|hahah|hehe|heh|lol|cool|nice|great|good|awesome|amazing|lovely|perfect|fine|"
    "true|exactly|totally|"
    "absolutely|definitely|indeed|really|of course|i see|i know|i understand|i get it|got it|gotcha|"
    "makes sense|that makes sense|"
    "go on|go ahead|continue|keep going|carry on|and then|then what|tell me more|i'm listening|oh really|"
    "is that so|is it|"
    "no way|oh my god|omg|oh my|my god|oh no|interesting|that's interesting|that's right|that's true|"
    "that's great|that's nice|that's cool|"
    "that's good|that's funny|you're right|good point|fair enough|so|well|thanks|thank you|alright|"
    "all right|very good|so cool|so cute"
)
_MAY_GO_ON_EN: Final = re.compile(
    r"^(?:so|well|and then|is it|good|that's|i know|yes|yeah|ok|okay|right|oh|ah|um|uh|er|no way|really)$"
)

_STOPS_EN: Final = re.compile(rf"(?:(?:{_STOP_EN})\s*)+")
_LISTENS_EN: Final = re.compile(rf"(?:(?:{_LISTENING_EN})(?:\s+|$))+")
_LISTENS_ZH: Final = re.compile(f"(?:{'|'.join(sorted(_LISTENING_ZH.split('|'), key=len, reverse=True))})+")
_STOPS_ZH: Final = re.compile(
    f"(?:{'|'.join(sorted(_STOP_ZH.split('|'), key=len, reverse=True))})+[吧啊呀嘛啦了]?"
)
_STOP_SOUNDS: Final = frozenset(
    {("ting",), ("ting", "ting"), ("ting", "ting", "ting"), ("bi", "zui"), ("deng", "deng")}
)
_LEAD_IN: Final = re.compile(
    "^(?:嗯|呃|额|啊|哎|诶|喂|那个|哦|好了|好|um|uh|er|oh|ok|okay|hey)[，,、。.!！\\s]*", re.IGNORECASE
)


def judge(text: str, *, language: str, said_lately: str, final: bool) -> Verdict:
    """Decide by the partial `text` heard while she is paused; `said_lately` is what she said in the last 10 s.

    `stop`: the user takes the floor. `resume`: it was agreement, a cough or her own voice. `wait`: ask again with
    the next partial, and resume if none brings a decision within 700 ms. `final`: the user has fallen silent, so
    nothing more is to come, and the answer is never `wait`.
    """
    body = _NOISE.sub(" ", text).strip()
    said = sounds(body)
    if not said:
        return _undecided(final)
    hers = sounds(said_lately)
    if _is_stop(body, said) and not _is_her_clause(said, said_lately):
        return "stop"
    if _STOP_INSIDE.search(body) and not _STOP_INSIDE.search(said_lately):
        return "stop"
    if unlike(said, hers) <= _tolerance(len(said)):
        return "resume" if final or len(said) > 2 else "wait"
    if _is_listening(body):
        return "resume" if final or not _may_go_on(body) else "wait"
    return "stop" if _is_content(body) else _undecided(final)


def _undecided(final: bool) -> Verdict:
    return "resume" if final else "wait"


def _tolerance(n_sounds: int) -> float:
    """Return how unlike her words may be and still count as hers: the shorter, the stricter."""
    return 0.0 if n_sounds == 1 else 0.13 if n_sounds == 2 else 0.25 if n_sounds == 3 else _ECHO


def _is_stop(body: str, said: Sequence[Sound]) -> bool:
    plain = _bare(body)
    for candidate in (plain, _bare(_LEAD_IN.sub("", body))):
        if candidate and (_STOPS_EN.fullmatch(candidate) or _STOPS_ZH.fullmatch(candidate.replace(" ", ""))):
            return True
    return tuple(sound[0] for sound in said) in _STOP_SOUNDS


def _is_her_clause(said: Sequence[Sound], said_lately: str) -> bool:
    """Tell whether she said just this, as a clause of its own or, if it is three sounds or more, anywhere."""
    if len(said) >= 3 and unlike(said, sounds(said_lately)) == 0.0:
        return True
    return any(unlike(said, clause) == 0.0 for clause in _clauses(said_lately) if len(clause) == len(said))


def _clauses(text: str) -> list[list[Sound]]:
    return [sounds(clause) for clause in _CLAUSE.split(text)]


def _is_listening(body: str) -> bool:
    plain = _bare(body)
    latin = re.sub(f"[{_HAN}]+", " ", plain).strip()
    han = "".join(_HAN_CHAR.findall(plain))
    if latin and not _LISTENS_EN.fullmatch(latin):
        return False
    return not han or bool(_LISTENS_ZH.fullmatch(han))


def _may_go_on(body: str) -> bool:
    """Tell whether a longer sentence may begin like this: one syllable, or a word of the kind."""
    plain = _bare(body)
    return len(plain) == 1 or bool(_MAY_GO_ON_EN.match(plain))


def _is_content(body: str) -> bool:
    """Tell whether this is a message: two Han characters or digits, or one word of two letters and more."""
    n_han = len(_HAN_CHAR.findall(body)) + sum(char.isdecimal() for char in body)
    latin = re.sub(f"[{_HAN}]+", " ", body)
    words = [
        word for word in _WORD.findall(latin) if len(word) > 1 and not _LISTENS_EN.fullmatch(word.lower())
    ]
    return n_han >= 2 or bool(words)


def _bare(text: str) -> str:
    """Return `text` in lower case, without marks, its words parted by one blank."""
    return " ".join(re.findall(r"[^\W_]+(?:['-][^\W_]+)*", text.lower().replace("’", "'")))
