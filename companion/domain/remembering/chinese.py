"""Lasting statements of a Chinese speaker about himself: whole clauses that begin with 我, nothing less certain."""

from __future__ import annotations

import re

from companion.domain.remembering.chinese_rules import ANIMALS, JOBS, RELATIVES, RULES
from companion.domain.remembering.facts import Fact, found

_SENTENCES = re.compile(r"[^。！？!?；;\n~～…]+[。！？!?；;\n~～…]*")
_COMMAS = re.compile(r"[，,、：:\s]+")
_QUOTED = re.compile(
    r"“[^”]*”|「[^」]*」|『[^』]*』|\"[^\"]*\"|‘[^’]*’|《[^》]*》(?=里|中|说)|（[^）]*）|\([^)]*\)|\*[^*]*\*"
)
_OPENINGS = re.compile(
    r"^(?:嗯+|啊+|哦+|噢|哎呀?|唉|喂|嘿|哈喽?|你好|您好|嗨|那个|对了|其实|好吧|好的|说真的|说实话|老实说|说起来|顺便(?:说一下|说一句|一提)?|"
    r"(?:我)?(?:跟|和)你(?:说|讲)(?:个秘密|件事|一下|哦|啊|吧)?|(?:我)?告诉你(?:个秘密|一件事|一下|哦|吧)?|不瞒你说|忘了(?:说|告诉你)|"
    r"刚才说错了|说错了|我?更正一下|纠正一下|不对|错了|因为|所以|不过|但是|但|可是|而且|还有|另外|然后|后来|自我介绍一下|先介绍一下|"
    r"你要记住|记住|你记一下|请记住|别忘了|哈+)(?=.)"
)
_TAIL = re.compile(r"(?:的?(?:啦|啊|呀|哦|噢|哈|呢|嘛|喔|耶|咯|诶|哟)|的说)+$")
_WHEN_BEFORE_ME = re.compile(
    r"^(?:上个?(?:周|星期|月)|去年|前年|今年|昨天|前天|今天|现在|最近|年初|月初|这个?(?:周|月)|几天前|刚刚?|从今天起|从现在起|以后)(?=我)"
)
_ASKS = re.compile(
    r"吗$|吗[啊呀]?$|什么|谁|哪|几[岁个点号月只条口天年]|怎么|怎样|为什么|为啥|多少|多大|是不是|有没有|会不会|对不对|好不好|行不行|"
    r"要不要|能不能|可不可以|难道|猜|咋|啥|呢$|还是.+[呢?？]$"
)
_UNREAL = re.compile(
    r"如果|要是|假如|假设|假装|万一|的话|就好了|梦见|梦到|做梦|希望|想象|也许|可能|或许|大概|好像|似乎|差点|本来|曾经|以前|小时候|过去|"
    r"当年|那时|从前|原来想|幻想|扮演|剧本|小说里|故事里|电影里|游戏里|角色|开玩笑|骗你|逗你|据说|听说|恨不得|真想|多想|要不是|除非|"
    r"即使|就算|哪怕|当作|当成|算是|仿佛|像是|下辈子|上辈子|未来"
)
_REPORTED = re.compile(
    r"(?:他|她|它|你|他们|她们|人家|别人|有人|大家|妈妈?|爸爸?|老师|朋友|同事|老板|同学|医生|老公|老婆|[\u4e00-\u9fff]{1,3})"
    r"(?:总是|总|老|都|也|还|昨天|刚才|一直)?(?<!会)(?<!能)(?:说|以为|觉得|认为|问|猜|骗|告诉|写道|唱)(?!实话)"
)
_ADVERBS = "(?:现在|目前|今年|最近|已经|终于|如今|这几年|这阵子|从去年开始|从今天起|以后)"
_HEADLESS = re.compile(
    rf"^{_ADVERBS}*(?:今年|住在?|来自|老家|在.+(?:工作|上班|读书|上学|实习|念书)|在?读(?:[大高初研博][一二三四])|(?:{RELATIVES})(?:是|在|住|叫)|[很最特别非常超]*(?:不?喜欢|讨厌|爱吃|爱喝|爱看|爱听)|养了|养着|有[一两三]|"
    rf"会说|会讲|生日|对.+过敏|是[一名个位]+|是.{{0,6}}(?:{JOBS})$|属[鼠牛虎兔龙蛇马羊猴鸡狗猪]|搬[到去回来]|单身|已婚|专业|身高|不?吃|\d{{1,2}}岁|[一二三四五六七八九十]{{1,3}}岁)"
)
_NAMED = re.compile(r"^(?:它|她|他)?(?:的)?(?:名字)?(?:就)?(?:叫|是)(?=[\u4e00-\u9fffA-Za-z]{1,8}$)")
_HOLDER = re.compile(rf"^我.*(?:{ANIMALS}|{RELATIVES})$")
_WE = re.compile(
    r"^(?:我们|你|咱们|咱俩|我俩|以后|今天|\d|[一二三四五六七八九十]|大家|朋友|叫我|下|明|后|周|这|本|月|暑|寒|国庆|春节)"
)


def facts_in(text: str) -> list[Fact]:
    """Return what the clauses of `text` tell, in their order; nothing that is asked, supposed, quoted or reported."""
    facts: list[Fact] = []
    for sentence in _SENTENCES.findall(_QUOTED.sub("", text)):
        if _is_statement(sentence):
            facts += _of_sentence(sentence)
    return facts


def _is_statement(sentence: str) -> bool:
    body = sentence.strip()
    return not (body.endswith(("?", "？")) or _UNREAL.search(body))


def _of_sentence(sentence: str) -> list[Fact]:
    facts: list[Fact] = []
    mine = False
    for clause in _clauses(sentence):
        if _ASKS.search(clause) or (_REPORTED.search(clause) and not clause.startswith(("我答应", "你答应"))):
            mine = False
            continue
        if not clause.startswith("我") and mine and _HEADLESS.match(clause):
            clause = f"我{clause}"
        mine = clause.startswith("我") and not clause.startswith("我们")
        if not (mine or _WE.match(clause)):
            continue
        fact = found(RULES, clause, "zh", clause.replace("我", "用户"))
        if fact is not None:
            facts.append(fact)
    return facts


def _clauses(sentence: str) -> list[str]:
    """Return the clauses without openings and particles; a name that follows its holder is joined to it."""
    clauses: list[str] = []
    for raw in _COMMAS.split(sentence.strip("。！!；;~～…\n ")):
        clause = raw.strip(" 。！!~～…")
        while (shorter := _OPENINGS.sub("", clause)) != clause:
            clause = shorter
        clause = _WHEN_BEFORE_ME.sub("", clause)
        clause = _TAIL.sub("", clause)
        named = _NAMED.match(clause)
        if named and clauses and _HOLDER.match(clauses[-1]):
            clauses[-1] += f"叫{clause[named.end() :]}"
        elif clause:
            clauses.append(clause)
    return clauses
