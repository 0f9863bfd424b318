"""Choose the reading of a Chinese character with several ones by the characters beside it.

A rule is (before, after, reading): regular expressions for the text that ends before the character and for the
text that begins after it; the first rule that fits decides. `_STRONG` rules overrule the dictionary's words,
`_WEAK` rules apply to characters that no word of the dictionary decides.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

Rule = tuple[str, str, str]

_SUBJECTS: Final = "我你他她它您咱们家谁也都就还又总可必须定只真才非"
_NUMERALS: Final = "一二两三四五六七八九十百千万亿几每这那某各多数"
_SURNAMES: Final = {
    "曾": "zeng1",
    "华": "hua4",
    "单": "shan4",
    "任": "ren2",
    "仇": "qiu2",
    "区": "ou1",
    "解": "xie4",
    "查": "zha1",
    "盖": "ge3",
    "朴": "piao2",
    "宁": "ning4",
    "纪": "ji3",
    "覃": "qin2",
    "冼": "xian3",
}

_STRONG: Final[dict[str, tuple[Rule, ...]]] = {
    "了": (
        ("[就也我你他她还都您]不$", "", "le5"),
        (r"[\u4e00-\u9fff]不$", "", "liao3"),
        (r"(?:^|[^\u4e00-\u9fff])得$", "", "le5"),
        (r"[\u4e00-\u9fff](?<![取获赢求博非值])得$", "", "liao3"),
        ("", "(?:解|结|断|却|如指掌|然|不起|无)", "liao3"),
    ),
    "还": (
        ("", "给[我你他她它您]们?[买做写打带送唱讲发留准备说]", "hai2"),
        ("把[^，。！？]{1,8}$", "(?!没|要|是|在|会|能)", "huan2"),
        ("[归偿退交奉送]$", "", "huan2"),
        ("", "(?:[了给钱债书款掉]|过(?!得)|清(?![楚醒])|完(?!没))", "huan2"),
        ("", "[你我他她]的?(?:钱|书|债|人情|清白|[一二两三几十百千万])", "huan2"),
    ),
    "着": (
        ("[睡猜找逮够抓]$", "(?:了|$)", "zhao2"),
        ("[点撞]$", "了", "zhao2"),
        ("[睡找猜摸用犯管够见抓]不$", "", "zhao2"),
        ("", "(?:急|火|凉|迷|魔|慌)", "zhao2"),
    ),
    "长": (
        ("", "(?:大[了后成]?|高了|胖|出[了来]?|成[了]?|得|满|[^，。]?痘|草了|个子|牙)", "zhang3"),
        ("", "(?:头发|裙|裤|袖|腿|椅|桌)", "chang2"),
    ),
    "得": (
        ("[觉记懂显晓舍值免]$", "", "de5"),
        ("非$", "", "dei3"),
    ),
    "觉": (("睡[^，。！？]{0,3}$", "", "jiao4"),),
    "行": (
        ("(?:第[一二三四五六七八九十百]+|[几每首末])$", "(?![为动走人李业])", "hang2"),
        (
            "[一二两三四五六七八九十几每第首末这那]$",
            "(?:字|诗|代码|文字|泪|小字|$|[，。！？的地一])",
            "hang2",
        ),
    ),
    "种": (
        (
            "(?:^|[^这那每各几多某两三一])$",
            "(?:[了着下]|上[了一]|[花树菜地田草瓜豆](?!子)|[一两几](?:棵|株|片|些|盆))",
            "zhong4",
        ),
    ),
    "系": (("", "(?:鞋带|领带|围巾|安全带|扣|好[了带]|着[围领腰]|上)", "ji4"),),
    "挨": (("", "(?:打|骂|饿|揍|批|罚)", "ai2"),),
    "吐": (("(?:^|[^谈吞])$", "(?:了|$)", "tu4"),),
    "假": (("(?:天|周|个月|[请休放])$", "(?![装如若冒扮的话])", "jia4"),),
}

_WEAK: Final[dict[str, tuple[Rule, ...]]] = {
    "得": (
        ("", "(?:了?(?:[奖冠病癌分]|第))", "de2"),
        (f"(?:^|[^\\u4e00-\\u9fff]|[{_SUBJECTS}])$", "[到出知以罪分力名体意]", "de2"),
        (f"(?:^|[^\\u4e00-\\u9fff]|[{_SUBJECTS}])$", "", "dei3"),
        ("", "", "de5"),
    ),
    "地": (
        (
            r"(?:[\u4e00-\u9fff])(?<![这那各当此该就大土草田荒绿场原某满遍平空洼种])$",
            "(?![上下里面方球区点图铁板震带位形址理域主产段势皮，。！？]|$)",
            "de5",
        ),
    ),
    "行": (("", "", "xing2"),),
    "长": (
        ("[校班家市部院队会船组局科处厂店站省县镇村团连营排军师所社首酋机]$", "", "zhang3"),
        ("", "", "chang2"),
    ),
    "重": (
        (
            "",
            "(?:复|新|来|做|写|启|试|建|逢|聚|看|读|玩|温|申|生|叠|演|拍|装|阳|庆|围|返|回|游|组|名|头再)",
            "chong2",
        ),
        ("[一两三几多双九]$", "", "chong2"),
        ("", "", "zhong4"),
    ),
    "教": (
        ("", "[师育授学堂室练程材训导养父皇徒科案条主务官士唆]", "jiao4"),
        ("", "", "jiao1"),
    ),
    "好": (("", "(?:奇|客|色|战|斗|动(?!听|人))", "hao4"), ("", "", "hao3")),
    "只": ((f"[{_NUMERALS}]$", "(?!有|是|要|能|会|想|好|剩)", "zhi1"), ("", "", "zhi3")),
    "数": (("", "(?:一数|了|着|到|不清|星星|羊|钱|数)", "shu3"), ("数一?$", "", "shu3")),
    "种": (("", "", "zhong3"),),
    "切": (("", "", "qie1"),),
    "转": (
        ("", "(?:圈|[了过]?[一几两三][圈下]|动|着|个|来转|呀|$|[，。！？])", "zhuan4"),
        ("转来$", "", "zhuan4"),
    ),
    "量": (("", "(?:一|了|体温|血压|身高|尺寸|量)", "liang2"),),
    "背": (("", "(?:着|起|上(?!有|的)|包|书包|负|黑锅|不动|得动|我|你|他|她)", "bei1"),),
    "为": (
        ("因$", "", "wei4"),
        ("", "(?:[你我他她它您咱这了此何谁人大自孩妈爸国民]|什么|那)", "wei4"),
        ("", "", "wei2"),
    ),
    "空": (("[有没抽得]$", "", "kong4"),),
    "当": (("把[^，。！？]{1,8}$", "", "dang4"),),
    "倒": (
        ("[摔跌推打晕病绊醉]$", "", "dao3"),
        ("", "(?:[茶水酒车数退映立影杯是不也挺]|了?[一两几半]?点?[一两几半]?[杯碗壶]|出|进|给)", "dao4"),
        ("", "", "dao3"),
    ),
    "调": (("", "", "tiao2"),),
    "干": (("", "(?:什么|嘛|吗|活|过|得|完|坏|事|啥|[了着]?[些这那])", "gan4"),),
    "中": (
        ("", "(?:了(?:大奖|奖|头|毒|计|一|两|三|招|暑)|枪|箭)", "zhong4"),
        ("[打猜看命击射选说]$", "", "zhong4"),
    ),
    "差": (("", "", "cha4"),),
    "薄": (("", "", "bao2"),),
    "率": (("", "(?:大家|众|军|队|部|先)", "shuai4"), ("", "", "lv4")),
    "藏": (("", "", "cang2"),),
    "盛": (("", "(?:饭|汤|满|了|一|碗|出|起)", "cheng2"),),
    "塞": (("", "", "sai1"),),
    "哄": (("", "", "hong3"),),
    "扇": (("", "(?:风|了|他|她|我|你|一|耳光|扇)", "shan1"),),
    "弹": (("", "", "tan2"),),
    "还": (("", "", "hai2"),),
    "都": (("[首古帝京故迁定]$", "", "du1"), ("", "", "dou1")),
    "吐": (("[想要会]$", "", "tu4"),),
    "蒙": (("", "(?:着|住|上)", "meng2"),),
    "强": (("", "(?:迫|求|词)", "qiang3"), ("", "", "qiang2")),
    "间": (("", "", "jian1"),),
    "缝": (("", "(?:了|好|着|一|补|衣|上)", "feng2"), ("", "", "feng4")),
    "剥": (("", "", "bao1"),),
    "落": (("", "(?:在家|在了家|东西|下了作业)", "la4"),),
    "啊": (("^$", "", "a1"), ("", "", "a5")),
    "呀": (("", "", "ya5"),),
    "哇": (("^$", "", "wa1"),),
    "着": (("", "", "zhe5"),),
    "了": (("", "", "le5"),),
    "的": (("", "", "de5"),),
    "么": (("", "", "me5"),),
    "那": (("", "", "na4"),),
    "哪": (("", "", "na3"),),
    "谁": (("", "", "shei2"),),
    "熟": (("", "", "shu2"),),
    "血": (("", "", "xue4"),),
}


def overruling(text: str, place: int) -> str | None:
    """Return numbered pinyin for the character at `place` where its neighbours overrule any word, or None."""
    if text[place] in _SURNAMES and text[max(0, place - 1) : place] == "姓":
        return _SURNAMES[text[place]]
    return _first(_STRONG.get(text[place], ()), text, place)


def alone(text: str, place: int) -> str | None:
    """Return numbered pinyin for a character that no word decides, or None where no rule fits."""
    return _first(_WEAK.get(text[place], ()), text, place)


def _first(rules: tuple[Rule, ...], text: str, place: int) -> str | None:
    before, after = text[:place], text[place + 1 :]
    for left, right, reading in rules:
        if (not left or _compiled(left).search(before)) and (not right or _compiled(right).match(after)):
            return reading
    return None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
