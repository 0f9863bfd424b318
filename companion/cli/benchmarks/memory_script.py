"""What a user says in 200 turns of ten days: thirty facts, what becomes of some of them, and the questions for all."""

# ruff: noqa: E501 - one fact a line

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

N_DAYS, TURNS_A_DAY = 10, 20
_TELLING_DAYS, _CORRECTING_DAYS = range(5), range(5, 8)


@dataclass(frozen=True, slots=True)
class Planted:
    """A thing that is told, how it is asked for in other words, what the answer holds, and how it is corrected.

    `corrected` starting with `=` is written into the list of what she knows, anything else is said.
    """

    told: str
    asked: str
    value: str
    corrected: str = ""
    new_value: str = ""

    @property
    def wanted(self) -> str:
        """What an answer has to know in the end."""
        return self.new_value or self.value

    def is_outdated(self, text: str) -> bool:
        """Tell whether `text` states the old form alone; to be asked after the correction."""
        return bool(self.corrected) and self.value in text and self.new_value not in text


FACTS = (
    Planted("对了，我叫林晚舟", "你还记得我是谁吗？", "林晚舟"),
    Planted("我现在住在青岛", "我家在哪座城市来着？", "青岛", "我搬到厦门了", "厦门"),
    Planted("我生日是三月九号", "我什么时候过生日？", "三月九号", "说错了，其实我生日是五月二号", "五月二号"),
    Planted("我是一名牙医", "我靠什么谋生，你说说看？", "牙医", "=用户的工作是兽医", "兽医"),
    Planted("我养了一只狸花猫，叫豆包", "我的猫叫什么名字？", "豆包", "=用户养了一只狸花猫叫年糕", "年糕"),
    Planted("我对芒果过敏", "给我点个甜品，有什么是我不能吃的？", "芒果"),
    Planted("我特别喜欢喝普洱茶", "给我泡点什么茶好呢？", "普洱茶", "我不喜欢普洱茶了", "不喜欢普洱茶"),
    Planted("我最讨厌香菜", "我讨厌吃什么你知道吗？", "香菜"),
    Planted("我妹妹叫林晚星", "我妹妹的名字你还有印象吗？", "林晚星"),
    Planted("我爸爸是火车司机", "我爸是干什么的？", "火车司机"),
    Planted("我老家是湖南的", "猜猜我是哪里人？", "湖南"),
    Planted("我的专业是考古学", "我大学学什么的？", "考古学"),
    Planted("我会说法语", "我会哪国的外语？", "法语"),
    Planted("我最近在学钢琴", "我在学什么乐器？", "钢琴", "=用户最近在学二胡", "二胡"),
    Planted("我有一辆蓝色的自行车", "我平时骑什么出门？", "自行车"),
    Planted("我最喜欢的颜色是墨绿色", "我最爱什么颜色？", "墨绿色", "=用户最喜欢的颜色是橙色", "橙色"),
    Planted("我怕打雷", "你知道我害怕什么吗？", "打雷"),
    Planted("我有哮喘", "我身体有什么毛病？", "哮喘"),
    Planted("我下周三要去重庆面试", "我的面试是哪天？", "下周三", "我的面试改到下周五了", "下周五"),
    Planted("我们是青梅竹马", "我们之间是什么关系？", "青梅竹马"),
    Planted("6月18日是我们的纪念日", "我们的纪念日是哪天？", "6月18日", "=你和用户的纪念日：8月8日", "8月8日"),
    Planted("我答应你明年带你去看海", "我答应过你什么？", "看海"),
    Planted("我每天五点半起床跑步", "我几点起床锻炼，你记得吗？", "五点半"),
    Planted("昨天我在旧书摊淘到一本《梦溪笔谈》", "我上次在旧书摊买到了什么书？", "梦溪笔谈"),
    Planted("我的邻居王大爷总在楼道里吹唢呐", "吹唢呐的那个邻居是谁，我跟你提过的？", "王大爷"),
    Planted("小时候我掉进过荷花池，被外婆捞上来的", "我跟你讲过掉进荷花池的事吗？谁救的我？", "外婆"),
    Planted("我是天蝎座的", "我是什么星座？", "天蝎座"),
    Planted("My best friend lives in Oslo, his name is Erik", "Who is my friend in Oslo, do you remember?", "Erik"),
    Planted("I'm a fan of old jazz records", "What kind of music do I like?", "jazz", "=The user likes punk records", "punk"),
    Planted("朋友们都叫我阿舟", "你该怎么称呼我？", "阿舟", "以后叫我船长吧", "船长"),
)  # fmt: skip
SMALL_TALK = (
    "今天天气真好", "你在忙什么呀", "哈哈，太好笑了", "我先去吃饭啦", "晚安，做个好梦", "刚才那阵雨真大", "嗯嗯，我知道了",
    "你说得对", "再讲个笑话吧", "有点困了", "今天路上好堵", "外面有人在放烟花", "谢谢你陪我", "好的呀", "你真可爱", "等我一下",
    "这首歌真好听", "终于到周末了", "下班啦", "早上好", "That made me laugh", "See you tomorrow", "What a long day",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One turn on `day`, counted from 0: what is said, and what it does to a fact.

    `rewrites` are corrected in the list before it is said.
    """

    day: int
    said: str
    corrects: Planted | None = None
    asks: Planted | None = None
    rewrites: tuple[Planted, ...] = ()


def ten_days(talk: Sequence[str] = SMALL_TALK) -> list[Line]:
    """Return 200 turns: facts on five days, corrections on the next three, every question on the last two.

    Between them stands `talk`, again from its beginning where it is too short.
    """
    special = [_told_on(day) for day in range(N_DAYS)]
    lines: list[Line] = []
    n_talk = 0
    for day, due in enumerate(special):
        rewrites = _rewritten_on(day)
        for n in range(TURNS_A_DAY):
            is_free = n % 4 == 0 if day > _CORRECTING_DAYS[-1] else n % 3 != 1
            if is_free or not due:
                line = Line(day, talk[n_talk % len(talk)])
                n_talk += 1
            else:
                line = due.pop(0)
            lines.append(Line(day, line.said, line.corrects, line.asks, rewrites if n == 0 else ()))
    return lines


def _told_on(day: int) -> list[Line]:
    if day in _TELLING_DAYS:
        return [Line(day, fact.told) for fact in FACTS[day * 6 : day * 6 + 6]]
    if day in _CORRECTING_DAYS:
        return [
            Line(day, fact.corrected, corrects=fact)
            for fact in _corrected_on(day)
            if not fact.corrected.startswith("=")
        ]
    first = 0 if day == _CORRECTING_DAYS[-1] + 1 else len(FACTS) // 2
    return [Line(day, fact.asked, asks=fact) for fact in FACTS[first : first + len(FACTS) // 2]]


def _rewritten_on(day: int) -> tuple[Planted, ...]:
    if day not in _CORRECTING_DAYS:
        return ()
    return tuple(fact for fact in _corrected_on(day) if fact.corrected.startswith("="))


def _corrected_on(day: int) -> list[Planted]:
    corrected = [fact for fact in FACTS if fact.corrected]
    return corrected[day - _CORRECTING_DAYS[0] :: len(_CORRECTING_DAYS)]
