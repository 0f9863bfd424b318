"""Numbers as one says them in English."""

from __future__ import annotations

from typing import Final

_ONES_TEXT: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_ONES: Final = tuple(_ONES_TEXT.split())
_TENS_TEXT: Final = "- - twenty thirty forty fifty sixty seventy eighty ninety"
_TENS: Final = tuple(_TENS_TEXT.split())
_LARGE: Final = ("", " thousand", " million", " billion", " trillion", " quadrillion")
_ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def say_digits(digits: str) -> str:
    """Return digits one by one; other characters are dropped."""
    return " ".join(_ONES[int(digit)] for digit in digits if digit.isascii() and digit.isdigit())


def say_integer(number: int) -> str:
    """Return a cardinal: 1250 is `one thousand two hundred fifty`."""
    if number < 0:
        return "minus " + say_integer(-number)
    if number >= 10**18:
        return say_digits(str(number))
    if number < 1000:
        return _below_thousand(number)
    parts: list[str] = []
    for place in range(len(_LARGE) - 1, -1, -1):
        group = number // 1000**place % 1000
        if group:
            parts.append(_below_thousand(group) + _LARGE[place])
    return " ".join(parts)


def say_number(text: str) -> str:
    """Return a number written with digits, perhaps a sign, thousands separators and a decimal point."""
    body = text.replace(",", "")
    sign = ""
    if body[:1] in ("-", "−", "+"):
        sign = "plus " if body[0] == "+" else "minus "
        body = body[1:]
    whole, point, fraction = body.partition(".")
    spoken = say_integer(int(whole or "0"))
    return sign + spoken + (" point " + say_digits(fraction) if point and fraction else "")


def say_ordinal(number: int) -> str:
    """Return an ordinal: 21 is `twenty first`."""
    words = say_integer(number).split(" ")
    last = words[-1]
    if last in _ORDINALS:
        words[-1] = _ORDINALS[last]
    else:
        words[-1] = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return " ".join(words)


def say_year(year: int) -> str:
    """Return a year: 1999 is `nineteen ninety nine`, 2005 `two thousand five`, 2026 `twenty twenty six`."""
    century, rest = divmod(year, 100)
    if 2000 <= year <= 2009 or year < 1000 or year > 9999 or (century % 10 == 0 and rest < 10):
        return say_integer(year)
    if rest == 0:
        return f"{say_integer(century)} hundred"
    return f"{say_integer(century)} {'oh ' if rest < 10 else ''}{say_integer(rest)}"


def say_plural(word: str) -> str:
    """Return the plural of a number word: `ninety` becomes `nineties`."""
    return word[:-1] + "ies" if word.endswith("y") else word + ("es" if word.endswith("x") else "s")


def _below_thousand(number: int) -> str:
    words: list[str] = []
    hundreds, rest = divmod(number, 100)
    if hundreds:
        words.append(f"{_ONES[hundreds]} hundred")
    if rest >= 20:
        words.append(_TENS[rest // 10] + (f" {_ONES[rest % 10]}" if rest % 10 else ""))
    elif rest or not hundreds:
        words.append(_ONES[rest])
    return " ".join(words)
