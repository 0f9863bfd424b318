"""Numbers as one says them in Chinese."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "零一二三四五六七八九"
_SMALL: Final = ("", "十", "百", "千")
_SCALES: Final = ((10**8, "亿"), (10**4, "万"))


def say_digits(digits: str, *, telephone: bool = False) -> str:
    """Return digits one by one; on the telephone 1 is 幺. Other characters are dropped."""
    table = "零幺二三四五六七八九" if telephone else _DIGITS
    return "".join(table[int(digit)] for digit in digits if digit.isascii() and digit.isdigit())


def say_integer(number: int) -> str:
    """Return a cardinal: 10 is 十, 2000 两千, 10050 一万零五十."""
    if number < 0:
        return "负" + say_integer(-number)
    if number == 0:
        return "零"
    if number >= 10**16:
        return say_digits(str(number))
    text = _scaled(number)
    if text.startswith("一十"):
        text = text[1:]
    if text.startswith("二") and text[1:2] in ("百", "千", "万", "亿"):
        text = "两" + text[1:]
    return text


def say_number(text: str) -> str:
    """Return a number written with digits, perhaps a sign, thousands separators and a decimal point."""
    body = text.replace(",", "").replace("，", "")
    sign = ""
    if body[:1] in "-−+":
        sign = "正" if body[0] == "+" else "负"
        body = body[1:]
    whole, point, fraction = body.partition(".")
    spoken = say_integer(int(whole or "0"))
    return sign + spoken + ("点" + say_digits(fraction) if point and fraction else "")


def _scaled(number: int) -> str:
    """Return a number below 10**16, its leading 一十 and 二 still bookish."""
    for scale, name in _SCALES:
        high, low = divmod(number, scale)
        if high:
            gap = "零" if low and low < scale // 10 else ""
            return _scaled(high) + name + (gap + _scaled(low) if low else "")
    return _four(number)


def _four(number: int) -> str:
    """Return a number below 10,000."""
    text = ""
    gap = False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _SMALL[place]
            gap = False
        else:
            gap = True
    return text
