"""What it means that the user speaks while she does: stop her, let her go on, or wait for more words.

Asked again with every partial text while she is paused. Only for interruptions: 好 and “yes” are whole answers
when she is silent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from companion.domain.ending_rules import one_of
from companion.domain.homophones import Sound, sounds, unlike
from companion.domain.name_call import called

Verdict = Literal["stop", "resume", "wait"]

_END: Final = 4
_MOST_AT_END: Final = 0.5
_MURMUR_S: Final = 0.55
_MURMUR_SYLLABLES: Final = 2

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
_HAN_CHAR: Final = re.compile(f"[{_HAN}]")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_CLAUSE: Final = re.compile(r"[，。！？；：、…,.!?;:\n—]+")
# What recognisers write for other sounds: (咳嗽), [cough], *laughs*, ♪.
_NOISE: Final = re.compile(r"[（(\[【*][^）)\]】*]*[）)\]】*]|♪[^♪]*♪?")

_STOP_ZH: Final = one_of(
    "停+[吧了]? 停下来? 停一[下停] 打住 等+[下会]? 等一[等下会] 等会儿 稍等 慢着 慢点 且慢 别[说讲念]了? "
    "别说话 别吵 别闹 别 不要[说讲]了 不要再说了 不用[说讲]了 不说了 够了 好了好了 行了 行了行了 可以了 闭嘴 "
    "[住闭]口 住嘴 安静[点]? 安静一下 不 不对 不是 不是这样 不要 不行 换个话题 换一个 下一个 跳过 "
    "[你先]?听我说 你先听我说 打断一下 我打断一下 喂 暂停 取消 算了吧? 先别说 先停 先停下 先等等 先等一下 "
    "你先?停 你等等 你等一下 你先?别说了? 你闭嘴 我?不想听了? 烦死了 说?错了"
)
_STOP_EN: Final = one_of(
    "stop stop_it stop_talking (?:please|just)_stop stop_please wait wait_a_(?:second|sec|minute|moment) "
    "hold_(?:on|up|it) hang_on (?:one|just_a)_(?:second|sec|moment|minute) shut_up be_quiet quiet enough "
    "that's_enough pause cancel no nope not_that never_?mind forget_it skip skip_it next excuse_me "
    "let_me_(?:speak|talk|finish) listen hey wrong that's_(?:wrong|not_right) sorry_but but"
)
# Of these, what asks for silence and for nothing else. The rest, 不对 or “next”, is about what she said.
_SILENCE_ZH: Final = one_of(
    "停+ 停下来? 停一[下停] 打住 别[说讲念]了? 别说话 别吵 别闹 不要[说讲]了? 不要再[说讲]了? 不用[说讲]了? "
    "不说了 够了 行了 好了好了 可以了 闭嘴 [住闭]口 住嘴 安静一[下点] 安静[点些]? 暂停 算了吧? 先停下? "
    "先别[说讲]了? 我?不想听了? 烦死了"
)
_SILENCE_EN: Final = one_of(
    "stop(?:_it|_talking|_there|_now|_please)? (?:please|just)_stop shut_up be_(?:quiet|silent) quiet silence hush "
    "enough that's_enough that_is_enough pause cancel never_?mind forget_it no_more"
)
# More is to come after these.
_WAIT_ZH: Final = one_of(
    "等+[下会]? 等一[等下会]儿? 等会儿 稍等 慢着 且慢 先等等 先等一下 听我说 先听我说 打断一下 我打断一下"
)
_WAIT_EN: Final = one_of(
    "(?:wait|hold_on|hang_on)(?:_(?:a|one)_(?:second|sec|minute|moment))? hold_(?:up|it) "
    "(?:one|just_a)_(?:second|sec|moment|minute) let_me_(?:speak|talk|finish) excuse_me"
)
_POLITE_ZH: Final = one_of("请 先 就 快 都 给我 拜托 麻烦 谢谢你? [吧啊呀嘛啦了]")
_POLITE_EN: Final = one_of(
    "please just now okay ok oh hey alright all_right thanks thank_you you can_you could_you i_said"
)
# Even the shortest of sounds asks something with one of these.
_ASKS: Final = re.compile(
    r"[谁啥吗]|什么|[哪几]|怎么|为何|多少|\b(?:who|what|why|where|when|how|which)\b", re.IGNORECASE
)
# Said in any sentence, these end her speech.
_STOP_INSIDE: Final = re.compile(
    one_of("别说了 别讲了 不要说了 不要再说 先别说 闭嘴 住口 停下来 安静一下 打断一下 换个话题")
    + r"|\b"
    + one_of("shut_up stop_talking be_quiet let_me_(?:speak|talk|finish) change_the_subject")
    + r"\b",
    re.IGNORECASE,
)
# With other characters that sound alike; a recogniser has little to go by in one or two syllables.
_STOP_SOUNDS: Final = frozenset(
    {("ting",), ("ting", "ting"), ("ting", "ting", "ting"), ("bi", "zui"), ("deng", "deng")}
)
# In whole sentences a recogniser may write any of their sounds with other characters.
_STOP_SENTENCES: Final = (
    "停别说了", "好了好了不用说了", "好了好了别说了", "好了别说了", "够了别说了", "行了别说了", "不要再说了",
    "安静一点", "安静一下", "不用说了", "先别说了", "别说了", "等一下",
)  # fmt: skip
_LONG_STOP: Final = 7
_STOP_TOLERANCE: Final = 0.3
# Longer ones first: the first alternative that fits is taken.
_LISTENING_ZH: Final = one_of(
    "原来(?:如此|是?这样)? 我?知道了? 我?懂了? 我?明白了? 我在听呢? 我听着呢 你?继续说? 你?接着说 笑死我?了? "
    "真的假的 真的[吗啊呀] 真的 真棒 真不错 不会吧 不是吧 好厉害 好可爱 好[玩笑棒] 好[的吧呀啊] 太好了 "
    "太棒了 这样[啊吗子]+ 这样 是[的吗嘛啊么] 对[的吧啊呀] 行的 可以啊? 没错 确实 的确 当然 我?了解了? "
    "有道理 有意思 说[得的]也?[对是] 也[是对] 就是[啊说]? 然后呢 接着呢 后来呢 说下去 请继续 你说 厉害 不错 "
    "哇塞 哇哦 哎[呀哟] 天[哪啊] 我的天 谢谢 "
    "[嗯唔恩哼对队哦噢喔好号哈呵嘿啊呃额诶欸哎咦哇嘻呀耶哟是行真懂酷赞牛啧嘘啦嘛呢吧]"
)
_LISTENING_EN: Final = one_of(
    "yeah yea yes yep yup ya ok okay okey k right sure mm+ mhm m+-?hm+ hm+ uh-?huh uh um er erm ah aah oh "
    "ooh oo wow whoa huh aha ha+(?:ha)* hahah hehe heh lol cool nice great good awesome amazing lovely "
    "perfect fine true exactly totally absolutely definitely indeed really of_course i_see i_know "
    "i_understand i_get_it got_it gotcha (?:that_)?makes_sense go_on go_ahead continue keep_going carry_on "
    "and_then then_what tell_me_more i'm_listening oh_really is_that_so is_it no_way oh_my(?:_god)? omg "
    "my_god oh_no interesting that's_(?:interesting|right|true|great|nice|cool|good|funny) you're_right "
    "good_point fair_enough so well thanks thank_you all_?right very_good so_c(?:ool|ute)"
)
_MAY_GO_ON_EN: Final = re.compile(
    one_of("so well and_then is_it good that's i_know yes yeah ok okay right oh ah um uh er really")
)

_STOPS_EN: Final = re.compile(rf"(?:{_STOP_EN}(?: |$))+")
_STOPS_ZH: Final = re.compile(f"{_STOP_ZH}+[吧啊呀嘛啦了]?")
_LISTENS_EN: Final = re.compile(rf"(?:{_LISTENING_EN}(?: |$))+")
_LISTENS_ZH: Final = re.compile(f"{_LISTENING_ZH}+")
_ASKS_NOTHING: Final = re.compile(f"(?:你(?:能不能|可以|能)?)?(?:{_SILENCE_ZH}|{_WAIT_ZH}|{_POLITE_ZH})+吗?")
_ASKS_NOTHING_EN: Final = re.compile(rf"(?:(?:{_SILENCE_EN}|{_WAIT_EN}|{_POLITE_EN})(?: |$))+")
_SILENCE: Final = re.compile(rf"{_SILENCE_ZH}|\b{_SILENCE_EN}\b")
_WAIT: Final = re.compile(rf"{_WAIT_ZH}|\b{_WAIT_EN}\b")
_LEAD_IN: Final = re.compile(
    one_of("嗯+ 呃 额 啊 哎 诶 喂 那个 哦 好了 好 (?:um|uh|er|oh|ok|okay|hey)_") + "+"
)


def judge(
    text: str,
    *,
    language: str,
    said_lately: str,
    final: bool,
    voiced_s: float | None = None,
    names: Sequence[str] = (),
) -> Verdict:
    """Decide by the partial `text` heard while she is paused; `said_lately` is what she said in the last 10 s.

    `voiced_s`, where it is known, is how long the speech lasted that is over now: half a second of sound that was
    taken for some two syllables is agreement, whatever a recogniser made of it, unless it is a word to stop, a
    question or one of her `names`.

    `stop`: the user takes the floor. `resume`: it was agreement, a cough or her own voice. `wait`: ask again with
    the next partial, and resume if none brings a decision within 700 ms. `final`: the user has fallen silent, so
    nothing more is to come, and the answer is never `wait`.
    """
    body = _NOISE.sub(" ", text).strip()
    said = sounds(body, digits_as_chinese=language != "en")
    if not said:
        return _undecided(final)
    hers = sounds(said_lately, digits_as_chinese=language != "en")
    plain = _bare(body)
    if _is_stop(plain, said) and not _is_her_clause(said, hers, said_lately):
        return "stop"
    if _STOP_INSIDE.search(body) and not _STOP_INSIDE.search(said_lately):
        return "stop"
    if _is_echo(said, hers):
        return "resume" if final or len(said) > 2 else "wait"
    if _is_listening(plain):
        return "resume" if final or not _may_go_on(plain) else "wait"
    if not _is_content(plain):
        return _undecided(final)
    is_murmur = voiced_s is not None and voiced_s <= _MURMUR_S and len(said) <= _MURMUR_SYLLABLES
    if is_murmur and not _ASKS.search(body) and not _is_called(body, names, language):
        return _undecided(final)
    return "stop"


def is_bare_stop(text: str) -> bool:
    """Tell whether `text`, said into her speech, only asks her to be silent: 停，别说了; “Stop, please.”; 等一下.

    It is obeyed and not answered. 停，换个话题 comes with a message and is none; nor is 不对, which is about her words.
    """
    plain = _bare(_NOISE.sub(" ", text))
    if _sounds_like_a_stop(sounds(plain)):
        return True
    if _LEAD_IN.match(plain):
        plain = _LEAD_IN.sub("", plain, count=1).strip()
    said = sounds(plain)
    if tuple(sound[0] for sound in said) in _STOP_SOUNDS or _sounds_like_a_stop(said):
        return True
    han = plain.replace(" ", "")
    if not (_ASKS_NOTHING.fullmatch(han) or _ASKS_NOTHING_EN.fullmatch(plain)):
        return False
    return bool(_SILENCE.search(plain) or _SILENCE.search(han) or is_bare_wait(text))


def _sounds_like_a_stop(said: Sequence[Sound]) -> bool:
    """Tell whether a usual sentence was meant; of a long one, a quarter may have been heard otherwise."""
    tolerance = _STOP_TOLERANCE if len(said) >= _LONG_STOP else 0.0
    return any(
        len(stop) == len(said) and max(unlike(said, stop), unlike(stop, said)) <= tolerance
        for stop in map(sounds, _STOP_SENTENCES)
    )


def is_bare_wait(text: str) -> bool:
    """Tell whether `text` is a bare stop that announces more: 等一下; “hold on”."""
    plain = _bare(_NOISE.sub(" ", text))
    han = plain.replace(" ", "")
    if _SILENCE.search(plain) or not (_WAIT.search(plain) or _WAIT.search(han)):
        return False
    bare = _LEAD_IN.sub("", plain, count=1).strip() if _LEAD_IN.match(plain) else plain
    return bool(_ASKS_NOTHING.fullmatch(bare.replace(" ", "")) or _ASKS_NOTHING_EN.fullmatch(bare))


def _is_called(text: str, names: Sequence[str], language: str) -> bool:
    return bool(names) and called(text, names, "en" if language == "en" else "zh").is_called


def _undecided(final: bool) -> Verdict:
    return "resume" if final else "wait"


def _is_echo(said: Sequence[Sound], hers: Sequence[Sound]) -> bool:
    """Tell whether all of it sounds like her words; the end counts apart, for the user may speak after an echo."""
    return unlike(said, hers) <= _tolerance(len(said)) and unlike(said[-_END:], hers) <= _MOST_AT_END


def _tolerance(n_sounds: int) -> float:
    """Return how unlike her words may be and still count as hers: the shorter, the stricter."""
    return (0.0, 0.0, 0.13, 0.25)[n_sounds] if n_sounds < 4 else 0.34


def _is_stop(plain: str, said: Sequence[Sound]) -> bool:
    for candidate in {plain, _LEAD_IN.sub("", plain, count=1).strip() if _LEAD_IN.match(plain) else plain}:
        if _STOPS_EN.fullmatch(candidate) or _STOPS_ZH.fullmatch(candidate.replace(" ", "")):
            return True
    return tuple(sound[0] for sound in said) in _STOP_SOUNDS


def _is_her_clause(said: Sequence[Sound], hers: Sequence[Sound], said_lately: str) -> bool:
    """Tell whether she said just this, as a clause of its own or, if it is three sounds or more, anywhere."""
    if len(said) >= 3 and unlike(said, hers) == 0.0:
        return True
    clauses = (sounds(clause) for clause in _CLAUSE.split(said_lately))
    return any(unlike(said, clause) == 0.0 for clause in clauses if len(clause) == len(said))


def _is_listening(plain: str) -> bool:
    latin = re.sub(f"[{_HAN}]+", " ", plain).strip()
    han = "".join(_HAN_CHAR.findall(plain))
    if latin and not _LISTENS_EN.fullmatch(latin):
        return False
    return not han or bool(_LISTENS_ZH.fullmatch(han))


def _may_go_on(plain: str) -> bool:
    """Tell whether a longer sentence may begin like this: one syllable, or a word of the kind."""
    return len(plain) == 1 or bool(_MAY_GO_ON_EN.fullmatch(plain))


def _is_content(plain: str) -> bool:
    """Tell whether this is a message: two Han characters or digits, or one word of two letters and more."""
    n_han = len(_HAN_CHAR.findall(plain)) + sum(char.isdecimal() for char in plain)
    words = _WORD.findall(re.sub(f"[{_HAN}]+", " ", plain))
    return n_han >= 2 or any(len(word) > 1 and not _LISTENS_EN.fullmatch(word) for word in words)


def _bare(text: str) -> str:
    """Return `text` in lower case, without marks, its words parted by one blank."""
    return " ".join(re.findall(r"[^\W_]+(?:['-][^\W_]+)*", text.lower().replace("’", "'")))
