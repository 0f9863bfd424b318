"""How numbers, dates, units, abbreviations and signs are worded in English."""

from __future__ import annotations

import re
from typing import Final

from companion.text.aligned import Aligned, Replace
from companion.text.english_numbers import (
    say_digits,
    say_integer,
    say_number,
    say_ordinal,
    say_plural,
    say_year,
)

_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_TO: Final = r"\s?[-–—~]\s?"
_MONTHS_TEXT: Final = "January February March April May June July August September October November December"
_MONTHS: Final = tuple(_MONTHS_TEXT.split())
_MONTH: Final = "|".join([*_MONTHS, *(f"{month[:3]}\\.?" for month in _MONTHS), "Sept\\.?"])
_UNITS: Final = {
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "mph": ("mile per hour", "miles per hour"),
    "m/s": ("meter per second", "meters per second"),
    "km²": ("square kilometer", "square kilometers"),
    "m²": ("square meter", "square meters"),
    "m³": ("cubic meter", "cubic meters"),
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "nm": ("nanometer", "nanometers"),
    "kg": ("kilogram", "kilograms"),
    "mg": ("milligram", "milligrams"),
    "ml": ("milliliter", "milliliters"),
    "mL": ("milliliter", "milliliters"),
    "lbs": ("pound", "pounds"),
    "lb": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "ft": ("foot", "feet"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "kW": ("kilowatt", "kilowatts"),
    "GHz": ("gigahertz", "gigahertz"),
    "MHz": ("megahertz", "megahertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "Hz": ("hertz", "hertz"),
    "TB": ("terabyte", "terabytes"),
    "GB": ("gigabyte", "gigabytes"),
    "MB": ("megabyte", "megabytes"),
    "KB": ("kilobyte", "kilobytes"),
    "kB": ("kilobyte", "kilobytes"),
    "dB": ("decibel", "decibels"),
    "ms": ("millisecond", "milliseconds"),
    "min": ("minute", "minutes"),
    "hrs": ("hour", "hours"),
    "hr": ("hour", "hours"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "℃": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "℉": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"),
    "%": ("percent", "percent"),
    "W": ("watt", "watts"),
    "V": ("volt", "volts"),
    "g": ("gram", "grams"),
    "m": ("meter", "meters"),
    "L": ("liter", "liters"),
    "h": ("hour", "hours"),
    "s": ("second", "seconds"),
}
_UNIT_PATTERN: Final = "|".join(re.escape(unit) for unit in _UNITS)
_CURRENCIES: Final = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yuan", "yuan", "fen", "fen"),
    "￥": ("yuan", "yuan", "fen", "fen"),
}
_ABBREVIATIONS: Final = {
    "Mr.": "Mister",
    "Mrs.": "Missus",
    "Ms.": "Miz",
    "Dr.": "Doctor",
    "Prof.": "Professor",
    "St.": "Saint",
    "Jr.": "Junior",
    "Sr.": "Senior",
    "Capt.": "Captain",
    "Lt.": "Lieutenant",
    "Gen.": "General",
    "Sgt.": "Sergeant",
    "Mt.": "Mount",
    "Ave.": "Avenue",
    "Dept.": "Department",
    "Inc.": "Incorporated",
    "Ltd.": "Limited",
    "Corp.": "Corporation",
    "approx.": "approximately",
    "etc.": "et cetera",
    "e.g.": "for example",
    "i.e.": "that is",
    "vs.": "versus",
    "w/o": "without",
    "w/": "with",
}
_ABBREVIATION: Final = "|".join(re.escape(form) for form in sorted(_ABBREVIATIONS, key=len, reverse=True))
_SIGNS: Final = {
    "+": "plus",
    "-": "minus",
    "−": "minus",
    "×": "times",
    "*": "times",
    "÷": "divided by",
    "=": "equals",
    ">": "is greater than",
    "<": "is less than",
    "≥": "is at least",
    "≤": "is at most",
    "≈": "is about",
    "±": "plus or minus",
}
_PARTS: Final = {2: "half", 3: "third", 4: "quarter"}


def english_wording(text: Aligned) -> Aligned:
    """Return `text` with everything that is not a letter or a mark in words."""
    for pattern, replace in _RULES:
        text = text.sub(pattern, replace)
    return text


def _abbreviation(match: re.Match[str]) -> str:
    form = match.group()
    words = _ABBREVIATIONS.get(form) or next(
        words for known, words in _ABBREVIATIONS.items() if known.lower() == form.lower()
    )
    at_end = form.endswith(".") and not match.string[match.end() :].strip()
    return words + ("." if at_end else "")


def _initials(match: re.Match[str]) -> str:
    letters = match.group().replace(".", "").upper()
    rest = match.string[match.end() :]
    return letters + (
        "." if match.group().endswith(".") and (not rest.strip() or re.match(r"\s+[A-Z][a-z]", rest)) else ""
    )


def _day(match: re.Match[str]) -> str:
    year = match["year"]
    return f"{_month(match['month'])} {say_ordinal(int(match['day']))}" + (
        f", {say_year(int(year))}" if year else ""
    )


def _day_first(match: re.Match[str]) -> str:
    year = match["year"]
    return f"{say_ordinal(int(match['day']))} of {_month(match['month'])}" + (
        f", {say_year(int(year))}" if year else ""
    )


def _month(name: str) -> str:
    return next(month for month in _MONTHS if month[:3] == name[:3])


def _iso_date(match: re.Match[str]) -> str | None:
    month, day = int(match["month"]), int(match["day"])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    return f"{_MONTHS[month - 1]} {say_ordinal(day)}, {say_year(int(match['year']))}"


def _time(match: re.Match[str]) -> str | None:
    hour, minute, half = int(match["hour"]), int(match["minute"]), match["half"]
    if hour > 24 or minute > 59:
        return None
    text = say_integer(hour)
    if minute:
        text += f" {'oh ' if minute < 10 else ''}{say_integer(minute)}"
    elif not half:
        text += " o'clock" if 0 < hour <= 12 else " hundred"
    return text + _half_day(match, half)


def _whole_hour(match: re.Match[str]) -> str:
    return say_integer(int(match["hour"])) + _half_day(match, match["half"])


def _half_day(match: re.Match[str], half: str | None) -> str:
    if not half:
        return ""
    at_end = half.endswith(".") and not match.string[match.end() :].strip()
    return f" {half[0].upper()}M" + ("." if at_end else "")


def _money(match: re.Match[str]) -> str:
    one, many, cent, cents = _CURRENCIES[match["sign"]]
    amount, scale = match["amount"].replace(",", ""), match["scale"]
    if scale:
        return f"{say_number(amount)} {scale} {many}"
    whole, _, fraction = amount.partition(".")
    if fraction and len(fraction) != 2:
        return f"{say_number(amount)} {many}"
    text = f"{say_integer(int(whole))} {one if whole == '1' else many}"
    if fraction.strip("0"):
        rest = f"{say_integer(int(fraction))} {cent if fraction == '01' else cents}"
        return rest if whole == "0" else f"{text} and {rest}"
    return text


def _with_unit(match: re.Match[str]) -> str:
    one, many = _UNITS[match.group(2)]
    number = match.group(1)
    return f"{say_number(number)} {one if number.lstrip('-') == '1' else many}"


def _range(match: re.Match[str]) -> str:
    left, right = match.group(1), match.group(2)
    if len(left) == len(right) == 4 and "," not in left + right:
        return f"{_year_or_number(left)} to {_year_or_number(right)}"
    return f"{say_number(left)} to {say_number(right)}"


def _year_or_number(digits: str) -> str:
    return say_year(int(digits)) if 1100 <= int(digits) <= 2099 else say_integer(int(digits))


def _fraction(match: re.Match[str]) -> str | None:
    top, bottom = int(match.group(1)), int(match.group(2))
    if bottom < 2:
        return None
    if bottom > 20 or top > bottom:
        return f"{say_integer(top)} over {say_integer(bottom)}"
    part = _PARTS.get(bottom) or say_ordinal(bottom)
    if top == 1:
        return f"one {part}"
    return f"{say_integer(top)} {'halves' if bottom == 2 else part + 's'}"


def _decade(match: re.Match[str]) -> str:
    digits = match.group(1)
    spoken = say_year(int(digits)) if len(digits) == 4 else say_integer(int(digits))
    return say_plural(spoken)


def _code(match: re.Match[str]) -> str:
    """Return digits beside letters: up to two as a number, more one by one."""
    digits = match.group().strip("-_")
    spoken = (
        say_integer(int(digits)) if len(digits) <= 2 and not digits.startswith("0") else say_digits(digits)
    )
    return f" {spoken} "


def _plain(match: re.Match[str]) -> str:
    text = match.group()
    bare = text.replace(",", "")
    if bare.isdigit() and "," not in text:
        if (len(bare) > 1 and bare.startswith("0")) or len(bare) >= 8:
            return say_digits(bare)
        if len(bare) == 4:
            return _year_or_number(bare)
    return say_number(text)


def _rule(pattern: str, replace: Replace | str, flags: int = 0) -> tuple[re.Pattern[str], Replace | str]:
    return re.compile(pattern, flags), replace


_HALF: Final = r"(?P<half>[ap]\.m\.|[ap]m\b|[AP]M\b|[AP]\.M\.)"
_RULES: Final = (
    _rule(rf"(?<![\w.])(?:{_ABBREVIATION})(?!\w)", _abbreviation, re.IGNORECASE),
    _rule(r"(?<![\w.])(?:No\.\s?|#)(?=\d)", "number "),
    _rule(r"(?<![\w.])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?(?!\d)(?:\s?" + _HALF + ")?", _time),
    _rule(r"(?<![\w.])(?P<hour>1[0-2]|\d)\s?" + _HALF, _whole_hour),
    _rule(r"(?<![A-Za-z.])(?:[A-Za-z]\.){2,}(?![A-Za-z])", _initials),
    _rule(
        rf"\b(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?\s+(?P<year>[12]\d{{3}})\b)?",
        _day,
    ),
    _rule(
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b(?:,?\s+(?P<year>[12]\d{{3}})\b)?",
        _day_first,
    ),
    _rule(r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)", _iso_date),
    _rule(r"(?<![\d/])(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})(?!\d)", _iso_date),
    _rule(r"(?<![\w.])'?((?:1[1-9]|20)\d0|\d0)'?s\b", _decade),
    _rule(
        rf"(?P<sign>[$£€¥￥])\s?(?P<amount>{_NUMBER})(?:\s(?P<scale>thousand|million|billion|trillion)\b)?",
        _money,
    ),
    _rule(
        r"(?<![\d-])(?:\+?1[- ])?\(?(\d{3})\)?[- ](\d{3})-(\d{4})(?!\d)",
        lambda m: ", ".join(say_digits(part) for part in m.groups()),
    ),
    _rule(
        r"(?<![\d-])(\d{3})-(\d{4})(?!\d)", lambda m: f"{say_digits(m.group(1))}, {say_digits(m.group(2))}"
    ),
    _rule(
        r"\b(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)\b",
        lambda m: say_ordinal(int(m.group(1).replace(",", ""))),
    ),
    _rule(
        rf"(?<![\w.])({_NUMBER}){_TO}(?={_NUMBER}\s?(?:{_UNIT_PATTERN})(?![A-Za-z]))",
        lambda m: f"{say_number(m.group(1))} to ",
    ),
    _rule(rf"((?:(?<![\w.])[-−])?{_NUMBER})\s?({_UNIT_PATTERN})(?![A-Za-z²³])", _with_unit),
    _rule(r"(?<![\w/.])(\d{1,3})/(\d{1,3})(?![\d/])", _fraction),
    _rule(
        r"(?<=\d)\s+([-−])\s+(?=\d)|(?<=\d)\s*([+×*÷=<>≥≤≈±])\s*(?=[-\d])",
        lambda m: f" {_SIGNS[m.group(1) or m.group(2)]} ",
    ),
    _rule(rf"(?<![\w.\-])({_NUMBER}){_TO}({_NUMBER})(?![\w\-])", _range),
    _rule(r"(?<=[A-Za-z])[-_]?\d+(?!\.?\d)|(?<![\d.])\d+(?=-?[A-Za-z])", _code),
    _rule(
        r"(?<![\d.])(\d+(?:\.\d+){2,})(?![\d.])",
        lambda m: " point ".join(say_integer(int(part)) for part in m.group(1).split(".")),
    ),
    _rule(rf"(?<![\w.])[-−+]{_NUMBER}", lambda m: say_number(m.group())),
    _rule(_NUMBER, _plain),
    _rule(r"(?<=[A-Za-z])\+\+", " plus plus"),
    _rule("²", " squared"),
    _rule("³", " cubed"),
    _rule(r"(?<=[A-Za-z])\s+([+=×÷<>≥≤≈±])\s+(?=[A-Za-z])", lambda m: f" {_SIGNS[m.group(1)]} "),
    _rule(r"\s*&\s*", " and "),
    _rule(r"(?<=\w)\s*@\s*(?=\w)|(?<!\w)@(?=\w)", " at "),
    _rule(r"%", " percent"),
    _rule(r"#(?=\w)", ""),
    _rule(r"—{2,}|-{2,}|–|\s-\s", "—"),
    _rule(r"\.{3,}|…+", "…"),
    _rule(r"[*#_~/\\|<>=^`·•+$£€]+|-", " "),
)
