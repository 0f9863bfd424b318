"""Which slots a question of the user asks for, and the words by which a card's slot is found."""

# ruff: noqa: E501 - a pattern broken over lines is harder to read than a long one

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class _Topic:
    """Slots that are asked for alike; `words` are what a search finds them by."""

    slots: tuple[str, ...]
    asked: re.Pattern[str]
    words: str


def _topic(slots: str, zh: str, en: str, words: str) -> _Topic:
    # 你叫什么 asks for her name: a Chinese question is about the user only where 我 stands before what is asked.
    pattern = rf"(?:我|咱)(?:(?!你)[^。！？?!]){{0,9}}?(?:{zh})|(?:{en})" if zh else rf"(?:{en})"
    return _Topic(tuple(slots.split()), re.compile(pattern, re.IGNORECASE), words)


_FAMILY = "家人|家里人|兄弟|姐妹|姐姐|妹妹|哥哥|弟弟|爸|妈|父母|奶奶|爷爷|外婆|外公|女儿|儿子|孩子|老婆|老公|女朋友|男朋友|对象|亲戚|室友|家里有"
_ANIMALS = "宠物|猫|狗|兔|仓鼠|乌龟|鹦鹉|金鱼|小动物|养了|养的|养什么|养过|养着"
_EVENTS = "考试|面试|旅行|旅游|出差|搬家|婚礼|手术|比赛|演出|演讲|开学|毕业|答辩|体检|高考|考研|驾照|马拉松|音乐会|演唱会|聚会"

_TOPICS = (
    _topic(
        "name called surname english_name",
        r"叫什么|叫啥|叫做|名字|姓什么|姓啥|贵姓|是谁|是哪位|怎么称呼|该叫我|英文名|外号|昵称",
        r"my (?:\w+ )?name\b|who (?:i am|am i)|call me|(?:怎么|如何|该|要)(?:称呼|叫)我|nickname",
        "名字 叫什么 称呼 姓 name called",
    ),
    _topic(
        "birthday birth_year age zodiac sign",
        r"生日|出生|多大|几岁|岁数|年纪|年龄|属什么|属啥|属相|生肖|星座|哪年生|几月几号生|寿星",
        r"my birthday|how old (?:am i|i am)|my age|when was i born|i was born|my (?:star )?sign|old i am",
        "生日 出生 几岁 多大 年龄 星座 属相 birthday age old born",
    ),
    _topic(
        "home origin",
        r"住|家在|在哪座城|在哪个城|哪里人|哪儿人|什么地方人|老家|家乡|故乡|从哪来|从哪里来|长大|搬到|搬去|搬家|城市|定居",
        r"where (?:do i|i) live|where (?:am i|i am|i'm|do i come|i come) from|my (?:home|hometown|home town|address|city)|where (?:did i|i) (?:move|grow)|do i live",
        "住 哪儿 哪里 家 城市 地址 老家 家乡 搬 live home city from address",
    ),
    _topic(
        "job workplace",
        r"工作|职业|上班|做什么的|干什么的|干嘛的|干啥的|哪一?行|谋生|单位|公司|靠什么吃饭|老本行",
        r"my (?:job|work|occupation|profession|company|career)|what (?:do i do|i do)\b|for a living|where (?:do i|i) work|do i work",
        "工作 职业 上班 公司 做什么 job work occupation living",
    ),
    _topic(
        "school major grade learning",
        r"学校|大学|专业|学什么|学的是|读什么|几年级|念书|念的|读的|在学|学习|上学|哪所|练什么|乐器|学了什么",
        r"my (?:school|university|college|major|degree|grade)|(?:do i|i) study|(?:am i|i am|i'm) (?:studying|learning)|which (?:school|university)",
        "学校 大学 专业 学 念 读 school university study major learning",
    ),
    _topic(
        "family family_job family_home",
        _FAMILY,
        r"my (?:family|sister|brother|mother|father|mum|mom|dad|parents|wife|husband|son|daughter|kids|children|siblings|girlfriend|boyfriend|roommate|cousin|aunt|uncle|grand\w+|(?:younger|older|little|big) \w+)|do i have (?:any )?(?:siblings|brothers|sisters|children|kids)",
        "家人 兄弟 姐妹 父母 孩子 family sister brother mother father children",
    ),
    _topic(
        "marital we anniversary",
        r"结婚|单身|感情状况|成家|关系|在一起|是你的|你什么人|纪念日|算什么|的谁",
        r"am i (?:married|single|divorced)|what are we|our (?:relationship|anniversary)|你是我的|are we (?:friends|together)|we are to each other|纪念日",
        "关系 结婚 单身 纪念日 在一起 relationship married anniversary",
    ),
    _topic(
        "pet",
        _ANIMALS,
        r"my (?:pets?|cat|dog|rabbit|hamster|parrot|turtle|animals?|kitten|puppy|fish)|do i have (?:any )?pets?|any pets",
        "宠物 养 猫 狗 名字 pet cat dog animal",
    ),
    _topic(
        "likes favourite",
        r"(?<!不)喜欢|爱吃|爱喝|爱看|爱听|爱玩|口味|爱好|兴趣|最爱|消遣|业余|偏爱|钟爱|迷上|热衷|闲下来|空闲|有空|放松|周末一般",
        r"(?:do i|i) (?:like|love|enjoy)\b|my (?:favou?rite|hobb|taste|interests?)|推荐|送我|给我(?:做|买|点|泡|来|倒)|recommend|for fun|free time|i'm into|am i into|cook (?:for )?me|make me",
        "喜欢 爱好 最爱 口味 兴趣 like favourite hobby taste",
    ),
    _topic(
        "dislikes fear allergy no_allergy diet",
        r"不喜欢|讨厌|不吃|不能吃|吃不了|怕|忌口|受不了|过敏|不爱|反感|禁忌|能吃|可以吃|吃素|饮食|吃肉|不碰",
        r"(?:do i|i) (?:not like|don't like|dislike|hate)|don't i like|(?:am i|i am|i'm) (?:afraid|scared|allergic|vegetarian|vegan)|my (?:allerg|diet|fear)|can(?:'t| not|not)? i eat|what .{0,12}scares me|i can't (?:eat|stand)|推荐|给我(?:做|点|买|泡|倒|来|弄)|晚饭|午饭|做饭|点菜|外卖|cook (?:for )?me|for dinner|afraid of",
        "不喜欢 讨厌 怕 过敏 忌口 不能吃 dislike hate afraid allergic eat",
    ),
    _topic(
        "health blood height habit",
        r"身体|健康|生病|有什么病|毛病|血型|身高|多高|习惯|戒了|体质|老毛病|抽烟|喝酒|眼睛|惯用",
        r"my (?:health|blood type|height|condition|illness|habit)|how tall|(?:am i|i am) (?:ill|sick|left-handed)|which hand|do i (?:smoke|drink)|smok",
        "身体 健康 病 血型 身高 习惯 health blood height habit",
    ),
    _topic(
        "plan",
        rf"计划|打算|安排|要去哪|要做什么|要干什么|日程|有什么事|什么时候(?:去|要|考|走|回)|哪天(?:去|要|考|走|回)|{_EVENTS}|要忙什么",
        r"my (?:plans?|exam|interview|trip|wedding|surgery|appointment|flight|concert|schedule)|what am i (?:doing|going|planning)|when (?:is|am|do) (?:my|i)\b|am i going",
        "计划 打算 安排 什么时候 哪天 plan when schedule",
    ),
    _topic("promise promised", "答应|保证|约定|承诺|发过誓|说好", r"promis|答应过|约定|承诺|说好的", "答应 保证 约定 promise"),
    _topic(
        "has",
        r"的车|开什么|骑什么|自行车|摩托|电脑|相机|手机|车是|什么车|出门靠|代步|乐器",
        r"my (?:car|bike|bicycle|camera|phone|boat|guitar|piano|motorbike|house|flat)|do i (?:drive|own|ride)|what .{0,8}(?:drive|ride)",
        "有 车 自行车 东西 car bike own drive",
    ),
    _topic(
        "language mother_tongue",
        r"会说|母语|语言|外语|会讲|哪国话|几门|方言",
        r"(?:languages? (?:do|can) i|i speak|my (?:native|mother|first) (?:language|tongue))|languages",
        "语言 母语 外语 会说 language speak",
    ),
)  # fmt: skip
_WORDS = {slot: topic.words for topic in _TOPICS for slot in topic.slots}
_ABOUT_THE_PAST = re.compile(
    r"记得|记不记得|记住|说过|讲过|提过|提到过|聊过|告诉过|上次|上回|之前|以前|那次|那天|那时|当时|前几天|前阵子|还记|忘了没|"
    r"\b(?:remember|recall|told you|mentioned|said|last time|the other day|before|ago|earlier|talked about|forgot|forget)\b",
    re.IGNORECASE,
)
_ABOUT_HER = re.compile(
    r"你(?:上次|上回|之前|以前|那天|那次|不是|还|曾经|当时)*(?:说过|讲过|提过|告诉过?我|答应|讲的|说的|推荐)|"
    r"\byou (?:said|told|mentioned|promised|recommended|were saying)\b|did you (?:say|tell|mention)",
    re.IGNORECASE,
)


def asked_slots(text: str) -> frozenset[str]:
    """Return the names of the slots that `text` asks for or touches on, of the user, not of the character."""
    text = text[:_LONGEST]
    return frozenset(slot for topic in _TOPICS if topic.asked.search(text) for slot in topic.slots)


def slot_words(slot: str) -> str:
    """Return the words that questions after `slot` use, in Chinese and English; empty for an unknown one."""
    return _WORDS.get(slot.partition(":")[0], "")


def is_about_the_past(text: str) -> bool:
    """Tell whether `text` refers to what was said before."""
    return bool(_ABOUT_THE_PAST.search(text[:_LONGEST]))


def is_about_her_words(text: str) -> bool:
    """Tell whether `text` asks after what the character said."""
    return bool(_ABOUT_HER.search(text[:_LONGEST]))


_QUESTION = re.compile(
    r"[?？][\s」”\"')）]*$|[吗么嘛][。！!\s]*$|^(?:你(?:还)?记得|还记得|do you (?:still )?remember|what|where|when|who|how|why|which|did|does|is|are|can|could|will)\b",
    re.IGNORECASE,
)


_ASKING = re.compile(r"什么|哪|谁|怎么|为什么|几点|几岁|多少|多大|是不是|有没有")
_SHORT = 24


def is_question(text: str) -> bool:
    """Tell whether `text` only asks: it is nothing worth remembering."""
    text = text.strip()
    return bool(_QUESTION.search(text)) or (len(text) <= _SHORT and bool(_ASKING.search(text)))
