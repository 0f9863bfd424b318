"""How numbers, dates, units and signs are said in Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.text.aligned import Aligned
from companion.text.chinese_numbers import say_digits, say_integer, say_number
from companion.text.normalise import normalised

pytestmark = pytest.mark.unit


def worded(text: str) -> str:
    return " ".join(normalised(Aligned.of(text), "zh").text.split())


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (101, "一百零一"),
        (110, "一百一十"),
        (200, "两百"),
        (222, "两百二十二"),
        (1001, "一千零一"),
        (2000, "两千"),
        (10050, "一万零五十"),
        (20000, "两万"),
        (100000, "十万"),
        (100000000, "一亿"),
        (100010000, "一亿零一万"),
        (123456789, "一亿二千三百四十五万六千七百八十九"),
        (-5, "负五"),
    ],
)
def test_integers(number: int, expected: str) -> None:
    assert say_integer(number) == expected


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_an_integer_reads_back(number: int) -> None:
    assert _value(say_integer(number)) == number


def _value(text: str) -> int:
    digits = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
    scales = {"十": 10, "百": 100, "千": 1000}
    total = section = digit = 0
    for char in text:
        if char in digits:
            digit = digits[char]
        elif char in scales:
            section += (digit or 1) * scales[char]
            digit = 0
        elif char == "万":
            total += (section + digit) * 10**4 if total % 10**8 == 0 else 0
            section = digit = 0
        else:
            total = (total + section + digit) * 10**8
            section = digit = 0
    return total + section + digit


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3.14", "三点一四"), ("1,000", "一千"), ("-0.5", "负零点五"), ("1,234.50", "一千二百三十四点五零")],
)
def test_written_numbers(text: str, expected: str) -> None:
    assert say_number(text) == expected


def test_on_the_telephone_one_has_its_own_name() -> None:
    assert (say_digits("110", telephone=True), say_digits("110")) == ("幺幺零", "一一零")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026年11月25日", "二零二六年十一月二十五日"),
        ("2026-11-25", "二零二六年十一月二十五日"),
        ("2026/1/5到了", "二零二六年一月五日到了"),
        ("1998年出生", "一九九八年出生"),
        ("3年前", "三年前"),
        ("90年代", "九十年代"),
        ("1990年代", "一九九零年代"),
        ("现在12:30", "现在十二点三十分"),
        ("8:05", "八点零五分"),
        ("2:00", "两点"),
        ("14:00-15:30开会", "十四点到十五点三十分开会"),
        ("3:2", "三比二"),
        ("电话13812345678", "电话幺三八幺二三四五六七八"),
        ("拨打110", "拨打幺幺零"),
        ("快打120。", "快打幺二零。"),
        ("老师打120分", "老师打一百二十分"),
        ("密码是1234", "密码是一二三四"),
        ("编号007", "编号零零七"),
        ("¥12.5", "十二点五元"),
        ("$3.50", "三点五零美元"),
        ("¥3万", "三万元"),
        ("3万元", "三万元"),
        ("100元", "一百元"),
        ("5%", "百分之五"),
        ("3%-5%", "百分之三到百分之五"),
        ("-2.5%", "负百分之二点五"),
        ("1/2的人", "二分之一的人"),
        ("3-5天", "三到五天"),
        ("10~20个", "十到二十个"),
        ("比分3-2", "比分三比二"),
        ("第3名", "第三名"),
        ("第2个", "第二个"),
        ("2个人", "两个人"),
        ("2只猫", "两只猫"),
        ("2号", "二号"),
        ("12月2日", "十二月二日"),
        ("22岁", "二十二岁"),
        ("今天-3℃", "今天零下三摄氏度"),
        ("25°C", "二十五摄氏度"),
        ("3-5℃", "三到五摄氏度"),
        ("100km", "一百公里"),
        ("5 kg", "五公斤"),
        ("60km/h", "六十公里每小时"),
        ("20m²", "二十平方米"),
        ("16GB", "十六 GB"),
        ("x²+y²=z²", "x的平方加y的平方等于z的平方"),
        ("3+5=8", "三加五等于八"),
        ("5-3=2", "五减三等于二"),
        ("3×4", "三乘以四"),
        ("A4纸", "A 四 纸"),
        ("3D", "三 D"),
        ("iPhone 15", "iPhone 十五"),
        ("T恤", "T恤"),
        ("GPT-4", "GPT 四"),
        ("RTX4090", "RTX 四零九零"),
        ("1.2.3版", "一点二点三版"),
        ("１２３，ＡＢＣ", "一百二十三，ABC"),
        ("C++", "C加加"),
        ("😀你好👍🏻", "你好"),
        ("看https://example.com/a?b=1吧", "看example 点 com吧"),
        ("发到bob@example.com", "发到bob 艾特 example 点 com"),
        ("1.5倍", "一点五倍"),
        ("温度−5度", "温度负五度"),
        ("123456789012", "一二三四五六七八九零一二"),
    ],
)
def test_everything_is_worded(text: str, expected: str) -> None:
    assert worded(text) == expected


@given(st.text(alphabet="0123456789.,:-/%年月日点个元km℃¥$第2~ Ax²", max_size=24))
def test_no_digit_survives_and_the_alignment_holds(text: str) -> None:
    result = normalised(Aligned.of(text), "zh")
    assert not any(char.isdigit() and char.isascii() for char in result.text)
    assert len(result.origin) == len(result.text)
    assert list(result.origin) == sorted(result.origin)
    assert all(0 <= place < len(text) for place in result.origin)


def test_worded_characters_point_at_what_they_replace() -> None:
    text = "我有3.14元"
    result = normalised(Aligned.of(text), "zh")
    place = result.text.index("点")
    assert text[result.origin[place]] in "3.14"
    assert result.origin[result.text.index("元")] == text.index("元")
