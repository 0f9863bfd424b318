"""How numbers, dates, units and signs are worded in Chinese."""

from __future__ import annotations

import re
from typing import Final

from companion.text.aligned import Aligned, Replace
from companion.text.chinese_numbers import say_digits, say_integer, say_number

_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SIGNED: Final = rf"[-+]?{_NUMBER}"
_TO: Final = r"\s*[-~—–～至到]+\s*"
# Units after a number; longer ones first where one begins another.
UNITS: Final[dict[str, str]] = {
    "km/h": "公里每小时",
    "m/s²": "米每二次方秒",
    "m/s": "米每秒",
    "km²": "平方公里",
    "cm²": "平方厘米",
    "m²": "平方米",
    "m³": "立方米",
    "㎡": "平方米",
    "km": "公里",
    "cm": "厘米",
    "mm": "毫米",
    "nm": "纳米",
    "μm": "微米",
    "kg": "公斤",
    "mg": "毫克",
    "ml": "毫升",
    "mL": "毫升",
    "kWh": "千瓦时",
    "kW": "千瓦",
    "mAh": "毫安时",
    "GHz": "吉赫兹",
    "MHz": "兆赫兹",
    "kHz": "千赫兹",
    "Hz": "赫兹",
    "Mbps": "兆比特每秒",
    "kcal": "千卡",
    "dB": "分贝",
    "hPa": "百帕",
    "min": "分钟",
    "℃": "摄氏度",
    "°C": "摄氏度",
    "℉": "华氏度",
    "°F": "华氏度",
    "°": "度",
    "‰": "",
    "ms": "毫秒",
    "W": "瓦",
    "V": "伏",
    "g": "克",
    "m": "米",
    "L": "升",
    "l": "升",
    "h": "小时",
    "s": "秒",
}
_CURRENCIES: Final = {
    "¥": "元",
    "￥": "元",
    "RMB": "元",
    "CNY": "元",
    "$": "美元",
    "US$": "美元",
    "USD": "美元",
    "HK$": "港元",
    "€": "欧元",
    "EUR": "欧元",
    "£": "英镑",
    "₩": "韩元",
    "₽": "卢布",
}
_SIGNS: Final = {
    "+": "加",
    "-": "减",
    "×": "乘以",
    "*": "乘以",
    "÷": "除以",
    "=": "等于",
    ">": "大于",
    "<": "小于",
    "≥": "大于等于",
    "≤": "小于等于",
    "≈": "约等于",
    "±": "正负",
}
_MEASURES: Final = (
    "个只位天次年件本张条块杯瓶碗份种点小分秒岁辆台部双对套名头匹棵朵片颗粒间层家所座场首句段遍趟回声元角公斤米里克升吨人"
    "万千亿倍周口步盒包袋封幅支枝根道顿节门把面"
)
_UNIT_PATTERN: Final = "|".join(re.escape(unit) for unit in UNITS)
_CURRENCY_PATTERN: Final = "|".join(re.escape(sign) for sign in sorted(_CURRENCIES, key=len, reverse=True))


def chinese_wording(text: Aligned) -> Aligned:
    """Return `text` with everything that is not a letter or a mark in words."""
    for pattern, replace in _RULES:
        text = text.sub(pattern, replace)
    return text


def _year(digits: str) -> str:
    """Return a year digit by digit, a round thousand as a number."""
    return say_integer(int(digits)) if digits in ("1000",) else say_digits(digits)


def _date(match: re.Match[str]) -> str | None:
    year, month, day = match.group("year"), int(match["month"]), int(match["day"])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    return f"{_year(year)}年{say_integer(month)}月{say_integer(day)}日"


def _time(match: re.Match[str]) -> str | None:
    hour, minute, second = int(match["hour"]), int(match["minute"]), match["second"]
    if hour > 24 or minute > 59:
        return None
    text = ("两" if hour == 2 else say_integer(hour)) + "点"
    if minute or second:
        text += ("零" if 0 < minute < 10 else "") + say_integer(minute) + "分"
    if second:
        text += say_integer(int(second)) + "秒"
    return text


def _fraction(match: re.Match[str]) -> str | None:
    top, bottom = match.group(1), match.group(2)
    if int(bottom) == 0:
        return None
    return f"{say_integer(int(bottom))}分之{say_integer(int(top))}"


def _percent(match: re.Match[str]) -> str:
    base = "千分之" if match.group().endswith("‰") else "百分之"
    spoken = say_number(match.group(1).lstrip("-+"))
    return {"-": "负", "+": "正"}.get(match.group(1)[0], "") + base + spoken.replace("两", "二")


def _percent_range(match: re.Match[str]) -> str:
    return f"百分之{say_number(match.group(1))}到百分之{say_number(match.group(2))}"


def _money(match: re.Match[str]) -> str:
    amount, scale = match["amount"], match["scale"] or ""
    return _counted(amount) + scale + _CURRENCIES[match["sign"]]


def _temperature(match: re.Match[str]) -> str:
    sign = "零下" if match.group(1).startswith("-") else ""
    return sign + _counted(match.group(1).lstrip("-+")) + UNITS[match.group(2)]


def _with_unit(match: re.Match[str]) -> str:
    return _counted(match.group(1)) + UNITS[match.group(2)]


def _counted(number: str) -> str:
    """Return a number before what it counts: 2 is 两."""
    sign = {"-": "负", "+": "正"}.get(number[:1], "")
    plain = number.lstrip("-+")
    return sign + ("两" if plain == "2" else say_number(plain))


def _before_measure(match: re.Match[str]) -> str:
    ordinal = match.string[max(0, match.start() - 1) : match.start()]
    number = match.group(1)
    follows = match.string[match.end() : match.end() + 2]
    if number == "2" and (
        ordinal in ("第", "初", "周", "期") or follows.startswith(("月", "号", "日", "楼", "班", "年级"))
    ):
        return "二"
    return _counted(number)


def _range(match: re.Match[str]) -> str:
    left, right = match.group(1), match.group(2)
    joint = "比" if re.search("(?:比分|以|比)[^，。]{0,6}$", match.string[: match.start()]) else "到"
    return say_number(left) + joint + say_number(right)


def _ratio(match: re.Match[str]) -> str:
    return "".join(match.group(1, 2)) + f"{say_number(match.group(3))}比{say_number(match.group(4))}"


def _years(match: re.Match[str]) -> str:
    return f"{_year(match.group(1))}到{_year(match.group(2))}"


def _pressure(match: re.Match[str]) -> str:
    return match.group(1) + f"{say_integer(int(match.group(2)))}，{say_integer(int(match.group(3)))}"


def _score(match: re.Match[str]) -> str:
    return f"{say_number(match.group(1))}比{say_number(match.group(2))}"


def _code(match: re.Match[str]) -> str:
    """Return digits beside Latin letters: up to two as a number, more one by one, a round hundred as a number."""
    digits = match.group()
    if "." in digits:
        return (
            " "
            + "点".join(
                say_integer(int(part)) if len(part) < 3 else say_digits(part) for part in digits.split(".")
            )
            + " "
        )
    spoken = (
        say_integer(int(digits)) if len(digits) <= 2 and not digits.startswith("0") else say_digits(digits)
    )
    return f" {spoken} "


def _plain(match: re.Match[str]) -> str:
    text = match.group()
    bare = text.replace(",", "")
    if (len(bare) > 1 and bare.startswith("0") and "." not in bare) or (
        "," not in text and len(bare) >= 9 and bare.isdigit()
    ):
        return say_digits(bare)
    return say_number(text)


def _power(match: re.Match[str]) -> str:
    return "的平方" if match.group() == "²" else "的立方"


def _expression(match: re.Match[str]) -> str:
    return _SIGNS[match.group(1)]


def _decade(match: re.Match[str]) -> str:
    digits = match.group(1)
    return (say_digits(digits) if len(digits) == 4 else say_integer(int(digits))) + "年代"


def _rule(pattern: str, replace: Replace | str) -> tuple[re.Pattern[str], Replace | str]:
    return re.compile(pattern), replace


_END: Final = r"(?![\d.,]*\d)"
_RULES: Final = (
    _rule(r"(?<!\d)(?P<year>\d{4})\s*[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)", _date),
    _rule(
        r"(?<!\d)(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})(?=[日号])日?",
        lambda m: (_date(m) or m.group())[: None if m.group().endswith("日") else -1],
    ),
    _rule(r"(?<!\d)(\d{4}|\d0)年代", _decade),
    _rule(rf"(?<!\d)([12]\d{{3}}){_TO}([12]\d{{3}})(?=\s*年)", _years),
    _rule(r"(?<!\d)([12]\d{3})(?=\s*年)(?!年[前后来间])", lambda m: _year(m.group(1))),
    _rule(r"(?<!\d)(\d{1,2})(?=月(?!球))", lambda m: say_integer(int(m.group(1)))),
    _rule(r"(比例|比分|比率|配比|按)([^，。！？\d]{0,3})(\d{1,3})[:：](\d{1,3})(?![\d:])", _ratio),
    _rule(r"(血压[^，。！？\d]{0,3})(\d{2,3})/(\d{2,3})(?!\d)", _pressure),
    _rule(r"(?<![\d:.])(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?:[:：](?P<second>\d{2}))?(?![\d:])", _time),
    _rule(r"(?<=[点分])\s*[-~—–～]+\s*(?=[零一二两三四五六七八九十])", "到"),
    _rule(r"(?<![\d:])(\d{1,3})[:：](\d{1,3})(?![\d:])", _score),
    _rule(
        r"(?<![\d.])(?:\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)",
        lambda m: say_digits("".join(m.groups()), telephone=True),
    ),
    _rule(r"(?<![\d.])(0\d{2,3})-(\d{7,8})(?!\d)", lambda m: say_digits(m.group(), telephone=True)),
    _rule(r"(?<![\d.])(400|800)-?(\d{3})-?(\d{4})(?!\d)", lambda m: say_digits(m.group(), telephone=True)),
    _rule(
        r"(?:(?<=拨打)|(?<=电话)|(?<=热线)|(?<=报警)|(?<=呼叫))[是为：: ]*(\d{3,12})(?!\d)",
        lambda m: say_digits(m.group(), telephone=True),
    ),
    _rule(
        r"(?<=打)(110|119|120|122|12345|12348|12356)(?![\d分个折块元次下天层%.])",
        lambda m: say_digits(m.group(), telephone=True),
    ),
    _rule(
        r"(?:(?<=号码)|(?<=编号)|(?<=密码)|(?<=证码)|(?<=账号)|(?<=学号)|(?<=工号)|(?<=尾号)|(?<=邮编)|(?<=房间)|(?<=房间号)|(?<=门牌号)|(?<=QQ)|(?<=QQ号))(\s*[是为：:]?\s*)(\d{2,})(?!\d)",
        lambda m: m.group(1) + say_digits(m.group(2)),
    ),
    _rule(r"(?<![\d.])(\d{3,4})(?=\s*(?:号?房间|室|号房))", lambda m: say_digits(m.group(1))),
    _rule(
        rf"(?P<sign>{_CURRENCY_PATTERN})\s*(?P<amount>{_NUMBER})(?P<scale>[百千万亿]*)(?:元|美元|欧元)?",
        _money,
    ),
    _rule(rf"({_NUMBER})%?{_TO}({_NUMBER})%", _percent_range),
    _rule(rf"((?:(?<![A-Za-z\d])[-+])?{_NUMBER})\s*[%‰]", _percent),
    _rule(
        rf"(?<![A-Za-z\d.])({_NUMBER}){_TO}({_NUMBER})(?=\s*(?:℃|°C|℉|°F))",
        lambda m: f"{say_number(m.group(1))}到{m.group(2)}",
    ),
    _rule(rf"((?:(?<![A-Za-z\d])[-+])?{_NUMBER})\s*(℃|°C|℉|°F)", _temperature),
    _rule(
        rf"(?<![A-Za-z\d.])({_NUMBER}){_TO}({_NUMBER})(?=\s*(?:{_UNIT_PATTERN})(?![A-Za-z²³]))",
        lambda m: f"{say_number(m.group(1))}到{m.group(2)}",
    ),
    _rule(rf"(?<![A-Za-z\d.])({_NUMBER})\s*({_UNIT_PATTERN})(?![A-Za-z²³])", _with_unit),
    _rule(r"(?<![\d/.])(\d{1,3})/(\d{1,3})(?![\d/])", _fraction),
    _rule(
        r"(?<=\d)([×*÷=<>≥≤≈±])(?=\s*[-\d])|(?<=\d)\s+([-+])\s+(?=\d)",
        lambda m: _SIGNS[m.group(1) or m.group(2)],
    ),
    _rule(r"(?<=\d)\s*([+])\s*(?=\d)", _expression),
    _rule(
        r"(?<![A-Za-z\d.\-])(\d+)-(\d+)(?==|等于)",
        lambda m: f"{say_number(m.group(1))}减{say_number(m.group(2))}",
    ),
    _rule(rf"(?<![A-Za-z\d.\-])({_NUMBER}){_TO}({_NUMBER})(?![\d\-])", _range),
    _rule(
        r"(?<=[A-Za-z])[-_ ]?\d+(?:\.\d+)*|\d+(?:\.\d+)*(?=-?[A-Za-z])",
        lambda m: _code(re.search(r"[\d.]+", m.group()) or m),
    ),
    _rule(
        r"(?<![\d.])(\d+(?:\.\d+){2,})(?![\d.])",
        lambda m: "点".join(say_integer(int(part)) for part in m.group(1).split(".")),
    ),
    _rule(
        rf"((?:(?<![A-Za-z\d.])[-+])?{_NUMBER})(?=\s*(?:多|余|来|几)?[{_MEASURES}月号日楼班])",
        _before_measure,
    ),
    _rule(rf"(?<![A-Za-z\d.])[-+]{_NUMBER}", lambda m: say_number(m.group())),
    _rule(_NUMBER, _plain),
    _rule("[²³]", _power),
    _rule(r"(?<=[A-Za-z])\+\+", "加加"),
    _rule(
        r"(?<=[A-Za-z零一二三四五六七八九十百千方])\s*([+=×÷<>≥≤≈±])\s*(?=[A-Za-z零一二三四五六七八九十两负])",
        _expression,
    ),
    _rule(r"√", "根号"),
    _rule(r"\s*&\s*", " 和 "),
    _rule(r"@", "艾特"),
    _rule(r"(?<=[一二三四五六七八九十])\s*#", "号"),
    _rule(r"[℃]", "摄氏度"),
    _rule(r"%", "百分号"),
    _rule(r"—{2,}|-{2,}|–", "—"),
    _rule(r"\.{3,}|。{2,}|…+", "…"),
    _rule(r"[*#_~～/\\|<>=^`·•+$¥￥]+|(?<![A-Za-z])-(?![A-Za-z])|(?<=[A-Za-z])-(?=[A-Za-z])", " "),
)
