"""How likely what was said so far is a whole turn, by the words at its end; Chinese and English.

Rules, not a model: the first that fits decides. They ask what the last words still need after them, so a text
that could go on but need not counts as rather complete. A recogniser sets a full stop after anything: it tells
nothing; a comma or a dash it sets only where the voice stays up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

Rules = Sequence[tuple[re.Pattern[str], float]]

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
_LETTER: Final = re.compile(f"[{_HAN}]|[^\\W_]")
_TAIL_MARKS: Final = re.compile(r"[\s\W_]*$")
_OPENING: Final = {"“": "”", "「": "」", "『": "』", "《": "》", "（": "）", "(": ")"}
_NOTHING_SAID: Final = 0.5

_MARKS: Final = ((r"[，、,：:；;]\s*$|[—–-]\s*$", 0.25), (r"(?:…|\.\.+|。。+)\s*$", 0.5))
_HANGING: Final = tuple((re.compile(pattern), factor) for pattern, factor in _MARKS)
_ASKED: Final = re.compile(r"[？?][”」』\"'）)\s]*$")
_CALLED: Final = re.compile(r"[！!][”」』\"'）)\s]*$")


def completeness(text: str, language: str) -> float:
    """Return the probability that `text` is all that its speaker wanted to say, 0.0 to 1.0; 0.5 for no words.

    `language`, `zh` or `en`, decides where the last word does not: after a digit.
    """
    body = _TAIL_MARKS.sub("", text.strip())
    letters = _LETTER.findall(body)
    if not letters:
        return _NOTHING_SAID
    marks = text.strip()[len(body) :]
    if _is_quote_open(text):
        return 0.1
    last = letters[-1]
    chinese = bool(re.match(f"[{_HAN}]", last)) or (last.isdigit() and language != "en")
    likely = _chinese(body) if chinese else _english(body.lower().replace("’", "'"), marks)
    return _with_marks(likely, marks)


def _with_marks(likely: float, marks: str) -> float:
    for pattern, factor in _HANGING:
        if pattern.search(marks):
            return likely * factor
    if _ASKED.search(marks):
        return 1.0 - 0.4 * (1.0 - likely)
    if _CALLED.search(marks):
        return 1.0 - 0.7 * (1.0 - likely)
    return likely


def _is_quote_open(text: str) -> bool:
    for opening, closing in _OPENING.items():
        if text.rfind(opening) > text.rfind(closing):
            return True
    return text.count('"') % 2 == 1


def _first(rules: Rules, text: str) -> float | None:
    return next((likely for pattern, likely in rules if pattern.search(text)), None)


def _compiled(*rules: tuple[str, float]) -> Rules:
    return tuple((re.compile(pattern), likely) for pattern, likely in rules)


# ---- Chinese

_CN: Final = "零〇一二两三四五六七八九十百千万亿幺"
_ASKING_ZH: Final = (
    "什么|怎么|怎样|为什么|干嘛|哪|谁|几[点个次岁天号月年]|多少|多久|多远|多大|多长|是不是|能不能|可不可以|"
    "有没有|要不要|好不好|会不会|行不行|对不对|想不想|喜不喜欢|知不知道"
)
_ANSWERS_ZH: Final = (
    "嗯+|对+|对[啊呀的]|没错|是|是[的啊呀]|好+|好[的啊呀吧嘞]|行|行[啊吧]|可以|没有|没事|没|不|不是|不要|"
    "不用|不行|不会|"
    "不对|不能|不想|不好|不在|不去|还没|还没有|不知道|不清楚|不一定|知道|知道了|明白|明白了|懂了|当然|"
    "当然了|当然可以|当然不是|"
    "谢谢|谢谢你|多谢|再见|拜拜|晚安|早|早安|早上好|晚上好|下午好|你好|您好|哈喽|嗨|喂|停|等等|等一下|算了|"
    "随便|都行|都可以|"
    "都好|也行|也好|真的|真的假的|哈+|呵+|嘿嘿|什么|为什么|怎么了|谁|哪里|哪儿|多少|几点|我也是|我也不知道|"
    "我在|我没有|"
    "我不会|我会|我不要|还行|还好|还可以|挺好|一般|一般般|有|有一点|有点|要|想|会|能|在|没问题|别说了|闭嘴|"
    "安静|加油|"
    "开心|高兴|难过|累|困|饿|喜欢|不喜欢|讨厌|天哪|我的天|完了|糟糕|厉害|太好了|抱歉|对不起|不好意思|"
    "没关系|不客气|继续|"
    "说吧|来吧|走吧|昨天|今天|明天|后天|现在|刚才|晚上|早上|下午|周末"
)
_FILLERS_ZH: Final = "呃|额|啊|嗯|那个|这个|就是说?|然后|所以|但是|可是|不过|因为|那|怎么说|怎么讲|其实|反正|我想想|让我想想|等我想想"
_JOINING_ZH: Final = (
    "然后|就是|就是说|因为|由于|所以|但是|但|可是|不过|如果|假如|要是|虽然|尽管|而且|并且|或者|或|还有|"
    "以及|比如|比如说|例如|"
    "譬如|除了|除非|关于|对于|至于|根据|为了|不但|不仅|不光|即使|哪怕|无论|不管|只要|只有|既然|与其|于是|"
    "因此|而|且|及|另外|"
    "后来|结果|总之|反正|其实|首先|其次|最后|接着|包括|尤其|特别是|甚至|连|并|还是说|要么|不如|宁可|万一|"
    "省得|免得|以便|从而|"
    "那么|从|向|往|朝|把|被|将|与|和|跟|同|由|于|按|按照|随着|沿着|通过|经过|趁|当|每当|自从|为|替|凭|以|"
    "离|距离"
)
_LEADING_ZH: Final = (
    "觉得|认为|以为|发现|听说|据说|好像|似乎|希望|打算|准备|计划|决定|建议|意味着|表示|告诉你|跟你说|"
    "我是说|我的意思|意思是|"
    "问题是|原因是|结果是|关键是|主要是|特别是|尤其是|想说|想问|想要|需要|应该|必须|可能|也许|大概|或许|"
    "开始|继续给|属于|等于|"
    "成为|变成|叫做|称为|位于|来自|导致|造成|包含|负责|关心的|担心的|让我|让你|让他|让她|给我|给你|给他|"
    "给她|请你|请帮我|帮我|"
    "陪我|教我|带我|叫我|使|令|请"
)
_ADVERBS_ZH: Final = (
    "很|非常|特别|十分|最|更|更加|比较|越来越|就|都|也|还|又|再|才|只|已经|正在|正|刚刚|刚|一直|总是|老是|"
    "经常|常常|往往|"
    "从来|从来没|几乎|差点|差不多|马上|立刻|突然|忽然|究竟|到底|竟然|居然|甚至|根本|完全|稍微|尽量|千万|"
    "一定要|不得不|有点儿?|"
    "有些|挺|蛮|太|真|多么|那么|这么|如此|没|别|能够|敢|肯|得|愿意去|可|便|却|则|倒|先"
)
_PRONOUN_ZH: Final = (
    "我们?|你们?|您|他们?|她们?|它们?|咱们?|大家|自己|我妈妈?|我爸爸?|我朋友|我同学|我哥|我姐|我弟|我妹"
)
_TIME_ZH: Final = (
    "今天|昨天|明天|前天|后天|早上|上午|中午|下午|晚上|夜里|凌晨|刚才|刚刚|现在|最近|以前|从前|小时候|"
    "周[一二三四五六日末]|"
    "星期[一二三四五六日天]|礼拜[一二三四五六天]|上周|下周|上个月|下个月|这个月|去年|今年|明年|有一天|"
    "有一次|有时候|那天|当时|"
    "平时|每天|每次|第一次|上次|下次"
)
_MEASURE_ZH: Final = (
    "个|本|件|只|条|张|位|家|部|场|首|种|些|块|把|辆|座|句|段|间|名|份|台|棵|朵|杯|瓶|碗|套|双|群|片|颗|篇"
)
_OPENERS_ZH: Final = (
    "如果|假如|要是|虽然|尽管|既然|即使|哪怕|只要|只有|除非|无论|不管|不但|不仅|每当|自从|万一|等到"
)
_SECOND_PART_ZH: Final = "就|那|但|可是|不过|所以|才|都|还是|也|会|怎么|吗|便|，|,"
_DICTATING_ZH: Final = "电话|号码|手机号?|密码|验证码|身份证|卡号|账号|学号|[Qq]{2}|微信号|邮编|车牌"

_ZH_RULES: Final = _compiled(
    (f"^(?:{_ANSWERS_ZH})$", 0.93),
    (f"^(?:(?:{_FILLERS_ZH})[啊呢嘛，,、…\\s]*)+$", 0.05),
    (r"(?:怎么说|怎么讲|这个|那个|因为|所以|但是|而且|不过|如果|其实)[呢啊嘛呀吧]$", 0.12),
    (r"(?:^|[，。,])(?:我|我们|他|她|这个人|说到.{1,6}|关于.{1,8}|至于.{1,8})[呢啊嘛]$", 0.35),
    (r"吗$|不好吗$", 0.97),
    (r"[吧]$", 0.93),
    (r"[呢呀啦哦喔噢哟咯喽哈呗嘞嘛啊]$", 0.88),
    (r"(?:为了|除了|到了|成了|当了|有了|变成了|忘了|对了)$", 0.15),
    (r"(?:太|可|最|更|好)[^，。]{1,5}了$", 0.95),
    (r"(?:买|遇到|碰到|发现|认识|变成|找到|做|看到|听到|收到|想到|换|选|学|写|拍|讲|养|送|给)了$", 0.42),
    (r"(?:什么|.)的话$", 0.15),
    (r"什么时候$|这时候$|那时候$", 0.7),
    (r"(?:的时候|的时候呢|之后|以后|之前|以前|的同时|期间|的那天|那天|那年|那次)$", 0.3),
    (r"(?:真|好|是|对|可以|行|挺好|没事|有|会|别|蛮好|够)的$", 0.85),
    (r"(?:是|会|挺|蛮|够|怪|真|能|都)[^，。]{1,8}的$", 0.72),
    (
        r"(?:一个|一种|最|这样|那样|非常|很|特别|比较|我们?|你|他|她|谁|红色|蓝色|白色|黑色)[^，。]{0,4}的$",
        0.2,
    ),
    (r"的$", 0.35),
    (r"(?:觉|舍不|显|懂|免)得$", 0.08),
    (r"(?:记|值|晓|认)得$", 0.6),
    (r"[^，。]得$", 0.1),
    (r"(.)\1地$|[然兴心真静速快]地$", 0.06),
    (r"(?:睡|等|坐|躺|站|活|忙|开|听|看)着$", 0.6),
    (r"着$", 0.12),
    (
        r"(?:不|没|管|有|怎么|会|能|好)用$|(?:不|你|很|都|非常|说得|完全|一点都不)对$|不同$|相同$|不给$|都给$|不行$",
        0.88,
    ),
    (r"(?:我|你|他|她|它|们|都|也|这|那|可|但|倒|就|不|才|本来|原来)不?是$", 0.5),
    (r"^(?:我|你|他|她|这|那)也不?是$|就不是$|不是$|才不是$", 0.75),
    (r"是$", 0.08),
    (r"(?:没|都|也|只|才|刚|还|什么都|哪里|谁)有$", 0.5),
    (r"有没有$|是不是$|能不能$|可不可以$|要不要$|会不会$|想不想$|有没有人$", 0.2),
    (r"有$", 0.12),
    (r"(?:不|还|都|正|也|实|存|现|所)在$", 0.55),
    (r"在$", 0.08),
    (r"(?:不|我|他|她|当然|一定|肯定|应该|真的|都|也)(?:会|能|要|想|可以|愿意|敢)$", 0.45),
    (r"(?:会|能|要|想|敢|可以|可能|愿意|应该|必须|得要|不想|不能|不会|不要)$", 0.25),
    (r"(?:^|[^没为什你我他她们])怎么$|为什么会$|怎么会$", 0.25),
    (rf"第[{_CN}\d]+$|[{_CN}]点$|百分之$", 0.3),
    (
        rf"(?:有|是|那|那么|这么|来|买了|养了|养|看了|看了?到|遇到|写了|做了?|当|像)(?:[{_CN}])?(?:{_MEASURE_ZH})$",
        0.15,
    ),
    (rf"(?:这|那|某|每|另|哪|[{_CN}])(?:一)?(?:{_MEASURE_ZH})$", 0.4),
    (rf"(?:(?:要|买|吃|喝|拿|选|喜欢|看|用|点|换|是)(?:这|那)[{_MEASURE_ZH.replace('|', '')}])$", 0.6),
    (r"(?:那个|这个|就是|什么的)$", 0.1),
    (f"(?:{_JOINING_ZH})$", 0.06),
    (f"(?:{_LEADING_ZH})$", 0.1),
    (f"(?:{_ADVERBS_ZH})$", 0.12),
    (r"(?:不|没|别|很|太|最|挺|真|都)$", 0.1),
    (f"^(?:[嗯啊呃那]+[，, ]?)?(?:{_PRONOUN_ZH})$", 0.12),
    (f"(?:^|[，。,、])(?:(?:{_JOINING_ZH})[，, ]?)(?:{_PRONOUN_ZH})$", 0.08),
    (f"(?:^|[，。,、])(?:{_PRONOUN_ZH})?(?:在)?(?:(?:{_TIME_ZH}))+(?:{_PRONOUN_ZH})?$", 0.15),
    (
        r"(?:你知道|我跟你说|我跟你讲|你猜|你听我说|听我说|我告诉你|有件事|有个问题|我问你|跟你说件事|"
        r"说实话|老实说|比方说)$",
        0.3,
    ),
    (r"说$", 0.4),
)
_ASKS_ZH: Final = re.compile(_ASKING_ZH)
_OPENS_ZH: Final = re.compile(f"^(?:嗯|那|但是|所以|可是)?[，,]?(?:{_OPENERS_ZH})")
_CLOSES_ZH: Final = re.compile(_SECOND_PART_ZH)


def _chinese(body: str) -> float:
    dictated = _dictated(body, _DICTATING_ZH, f"[\\d{_CN}\\s-]+$", whole=11)
    if dictated is not None:
        return dictated
    found = _first(_ZH_RULES, body)
    if found is not None:
        return found
    opens = _OPENS_ZH.match(body)
    if opens and not _CLOSES_ZH.search(body[opens.end() :]):
        return 0.2
    if _ASKS_ZH.search(body):
        return 0.88
    if re.search(f"[\\d{_CN}]$", body):
        return 0.5
    n_han = len(re.findall(f"[{_HAN}]", body))
    return 0.6 if n_han < 4 else 0.7


def _dictated(body: str, subject: str, digits: str, *, whole: int) -> float | None:
    """Return how complete a number is that is being dictated, None where none is."""
    found = re.search(digits, body)
    if found is None or not re.search(subject, body[: found.start()]):
        return None
    n_digits = len(re.findall(r"[^\s,-]", found.group()))
    return 0.9 if n_digits >= whole else 0.45 if n_digits in (4, 6, 8, 10) else 0.15


# ---- English

_ANSWERS_EN: Final = (
    "yes|yeah|yep|yup|no|nope|nah|ok|okay|sure|right|exactly|of course|maybe|thanks|thank you|hi|hello|hey|"
    "bye|goodbye|"
    "good ?night|good morning|please|sorry|stop|wait|what|why|where|who|when|how|really|nothing|never|"
    "always|cool|great|"
    "nice|wow|oh no|not really|not yet|me too|me neither|same here|i see|i know|i do|i am|i did|i will|"
    "i can|i don't|"
    "i don't know|i think so|i guess|i guess so|i hope so|yes i do|no i don't|yes please|no thanks|go on|"
    "go ahead|hold on|"
    "come on|shut up|never mind|that's it|that's all|it is|it's fine|i'm in|i'm on it|fine|alright|all right|"
    "absolutely|definitely|probably|today|tomorrow|tonight|yesterday|now|later|mm-?hm+|uh-?huh|hm+|mhm|"
    "ha(?:ha)*"
)
_FILLERS_EN: Final = (
    "um+|uh+|er+|erm|hmm|like|you know|i mean|well|so|and|but|okay so|anyway|actually|basically|let me see|"
    "let me think|"
    "how do i put this|how should i say this|the thing is|yeah so|right so|so yeah"
)
_NEEDY_EN: Final = (
    "a|an|the|my|your|his|our|their|its|every|some|any|no|this|these|those|another|each|and|or|but|because|"
    "cause|so|if|"
    "when|while|although|though|unless|until|since|whether|as|than|that|which|whose|where|of|to|in|on|at|"
    "for|from|with|"
    "by|about|into|onto|between|among|during|without|within|against|toward|towards|through|across|behind|"
    "beside|under|"
    "over|after|before|around|like|via|per|except|besides|is|are|was|were|am|be|been|being|will|would|"
    "could|should|"
    "might|must|may|shall|can|has|had|have|having|do|does|did|isn't|aren't|wasn't|weren't|won't|wouldn't|"
    "couldn't|"
    "shouldn't|can't|doesn't|didn't|don't|haven't|hasn't|i'm|you're|we're|they're|he's|she's|it's|that's|"
    "there's|"
    "what's|who's|let's|i've|we've|you've|they've|i'd|you'd|he'd|she'd|we'd|they'd|i'll|you'll|he'll|"
    "she'll|we'll|they'll|"
    "very|really|quite|pretty|too|more|most|just|only|even|still|almost|nearly|such|rather|also|always|"
    "never|not|"
    "going|gonna|wanna|gotta|trying|supposed|able|need|want|get|got|make|made|let|give|gave|put|take|took|"
    "called|"
    "named|um|uh|er|well|basically|actually|um+|i|we|they|he|she|who|what|how|why"
)
_LEADING_EN: Final = (
    r"i think|i thought|i feel|i feel like|i guess|i believe|i wonder|i was thinking|i was wondering|"
    r"do you think|you know|"
    r"i mean|i heard|i heard that|i hope|it seems|it looks like|sort of|kind of|kinda|the thing is|"
    r"the problem is|"
    r"the reason is|what i mean is|i was like|i just|i really|in order|such as|for example|for instance|"
    r"because of|"
    r"instead of|as well as|and then|so then|and also|other than|rather than|in terms of|a lot of|lots of|"
    r"a couple of|"
    r"a bit of|one of|some of|most of|the first|the second|the most|the best|the other|i used to|i want|"
    r"i need|i love it when|"
    r"can you|could you|would you|will you|can i|could i|do you|did you|are you|is it|is there|have you|"
    r"should i|should we|"
    r"tell me|tell me about|give me|show me|let me|help me|it's like|it was like|it depends|speaking of"
)
_STRANDED_EN: Final = "about|for|from|with|to|at|of|like|in|on|up|over|after|by|into|before|through|around"
_PHRASAL_EN: Final = (
    r"(?:come|log|let me|count me|fit|give|move|drop|join|check|sign|check me|bring (?:it|them)|hand (?:it|"
    r"them)) in|"
    r"(?:go|come|hold|turn (?:it|that|them)|hang|move|put (?:it|them)|carry|what's going|try (?:it|them)|"
    r"keep) on|"
    r"(?:give|shut|wake|get|hurry|what's|grow|stand|made (?:it|that)|mess(?:ed)? (?:it|that)|clean(?:ed)?|"
    r"hang|broke|show(?:ed)?|"
    r"speak|cheer|look (?:it|that)|pick me|call me) up|(?:it's|that's|game|start|i'm|all|come|thinking it|"
    r"think it) over|"
    r"(?:look|turn(?:ed)?|went|walk(?:ed)?|hang|mess(?:ing)?|sleep) around|(?:think|talk|worry|forget|care|"
    r"know|hear) about (?:it|that)|"
    r"(?:never|as|like) before|(?:day|year|week|month|ever|soon|right|shortly) (?:after|before)|stop by|"
    r"(?:is|are|was|were|am|do|does|did|have|has|had|can|could|will|would|should)(?:n't)? (?:i|you|he|she|"
    r"we|they|it) (?:not|too|still)"
)
_ELLIPSIS_EN: Final = (
    r"^(?:(?:yes|yeah|no|nope|well|sure|so|maybe|and|but|of course|oh)[, ]+)?(?:i|you|he|she|it|we|they|"
    r"that|this|there)"
    r"(?: (?:am|are|is|was|were|do|does|did|have|has|had|will|would|can|could|should|might|must)(?:n't|"
    r" not)?|"
    r" (?:really|probably|certainly|definitely|always|never|still) (?:do|does|did|am|is|are|was|will|can|"
    r"could|would))$"
)
_OPENER_EN: Final = (
    r"^(?:and |but |so |well,? |yeah,? )*(?:if|when|whenever|while|although|even though|unless|once|"
    r"as soon as|after|before|"
    r"since|every time|the first time|until)\b"
)
_AUXILIARY_EN: Final = (
    r"(?:is|are|was|were|am|do|does|did|can|could|will|would|should|shall|have|has|had|may|might|isn't|"
    r"aren't|"
    r"don't|doesn't|didn't|can't|couldn't|won't|wouldn't|shouldn't|haven't|hasn't)"
)
_ASKING_EN: Final = (
    rf"(?:^|[,.!?] ?|\b(?:and|so|but|well|hey|okay|ok),? )(?:(?:what|where|who|when|why|how|which|whose)"
    rf"(?:'s|'re| \w+)* ?|{_AUXILIARY_EN} (?:i|you|he|she|it|we|they|that|this|there|the|your|my|any|"
    rf"people)\b)"
)
_DICTATING_EN: Final = r"\b(?:number|phone|code|password|pin|zip|account|address|extension|card)\b"
_DIGIT_EN: Final = "zero|oh|one|two|three|four|five|six|seven|eight|nine|double"
_NUMBERS_EN: Final = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|hundred and|thousand|thousand and|nineteen|point)"
_ADVERBIAL_EN: Final = (
    r"^(?:and |but |so |well,? )*(?:yesterday|last (?:night|week|month|year|summer|time)|this (?:morning|"
    r"afternoon|evening|year)|"
    r"the other day|on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)|one (?:day|time)|"
    r"in the (?:morning|evening|end)|"
    r"at (?:first|the time|school|work)|when i was (?:a kid|young|little|small|at school)|my (?:\w+)|"
    r"the (?:\w+)|"
    r"to be honest|honestly|by the way|first of all|for me|in my opinion)$"
)

_EN_RULES: Final = _compiled(
    (f"^(?:{_ANSWERS_EN})$", 0.93),
    (f"^(?:(?:{_FILLERS_EN})[,. …]*)+$", 0.06),
    (_ELLIPSIS_EN, 0.8),
    (rf"\b(?:{_PHRASAL_EN})$", 0.82),
    (
        rf"(?:^|[,.!?] ?|\b(?:and|so|but|well) )(?:what|where|who|which|how)(?:'s|'re| (?:is|are|was|"
        rf"were|do|does|did|on earth))?\b.+ (?:{_STRANDED_EN})$",
        0.8,
    ),
    (
        r"(?:nothing|something|anything|someone|a lot|much|everything|good|nice|fun|hard|easy|people|"
        r"one) to (?:\w+ )?(?:about|for|with|to|at|on)$",
        0.7,
    ),
    (
        r"\b(?:so do i|so am i|neither do i|neither am i|so did i|like that|like this|what it is|"
        r"who i am|as it is|how it is|that's what (?:i|you) (?:mean|said)|i told you so|(?:think|hope|"
        r"guess|say|said|believe) so|(?:hope|guess|think|why|or|of course|certainly|probably|"
        r"definitely) not|me too|you too|any ?more|once more|one more|no more|much more|what for|"
        r"what about it|as well|ever since|it to me|i love it|i've had|you've got|i have to|i want to|"
        r"you want to|if you want|used to)$",
        0.72,
    ),
    (r"\b(?:who|what|where) (?:is|are|was|were) (?:he|she|it|that|this|they|you|we|i)$", 0.85),
    (r"\b(?:how|what|who|where) (?:are|is|am) (?:you|it|that|they|she|he|this)$", 0.85),
    (rf"\b(?:{_LEADING_EN})$", 0.1),
    (rf"\b(?:is|was|are|were|that's|it's|not|so|very|really|too|just|pretty) (?:{_NUMBERS_EN})$", 0.4),
    (
        r"\b(?:do|love|like|want|need|take|see|prefer|choose|get|hate|mean|tried|know|about) (?:this|"
        r"these|those|some|any|more|both|another|each)$",
        0.6,
    ),
    (r"\b(?:can|could|will|would|should|did|do|does|is|are|was|have) (?:i|we|they|he|she)$", 0.15),
    (r"\b(?:than|like|as|but|not|know|knows|and) (?:him|her|me|us|them|you)$", 0.8),
    (r"\b(?:was|were|is|are|am|i'm|you're|we're|they're|he's|she's) (?:going|trying)$", 0.35),
    (r"\b(?:i|you|we|they|who) (?:really |still |just )?(?:want|need|get|got|have|took|made)$", 0.25),
    (rf"\b(?:{_NEEDY_EN})$", 0.08),
    (_ADVERBIAL_EN, 0.15),
    (r"\b(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|point)$", 0.4),
)
_ASKS_EN: Final = re.compile(_ASKING_EN)
_OPENS_EN: Final = re.compile(_OPENER_EN)
_INVERTED_EN: Final = re.compile(rf"^(?:and |but |so |well,? )*when(?:ever)? {_AUXILIARY_EN}\b")
_MAIN_EN: Final = re.compile(
    r",|\b(?:then|i'll|i'd|we'll|you'll|you should|you can|we can|i would|i will|i can|it's|that's|let's|"
    r"please|tell|call|"
    r"what|would you|can you|could you|will you|do you|i always|i never|i was|it was|it will|he was|"
    r"she was|we were)\b"
)


def _english(body: str, marks: str) -> float:
    dictated = _dictated_words(body)
    if dictated is not None:
        return dictated
    found = _first(_EN_RULES, body)
    if found is not None:
        return found
    if _OPENS_EN.search(body) and not _INVERTED_EN.search(body) and "?" not in marks:
        opener = _OPENS_EN.search(body)
        assert opener is not None
        if not _MAIN_EN.search(body[opener.end() :]):
            return 0.25
    if _ASKS_EN.search(body):
        return 0.86
    n_words = len(re.findall(r"[a-z']+|\d+", body))
    return 0.55 if n_words < 3 else 0.7


def _dictated_words(body: str) -> float | None:
    found = re.search(rf"(?:(?:\b(?:{_DIGIT_EN})\b|\d)[\s,-]*)+$", body)
    if found is None or not re.search(_DICTATING_EN, body[: found.start()]):
        return None
    n_digits = len(re.findall(rf"\b(?:{_DIGIT_EN})\b|\d", found.group()))
    return 0.9 if n_digits >= 10 else 0.45 if n_digits in (4, 6, 7, 8) else 0.15
