"""How numbers, dates, money, abbreviations and signs are said in English."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.text.aligned import Aligned
from companion.text.english_numbers import say_integer, say_ordinal, say_year
from companion.text.normalise import normalised

pytestmark = pytest.mark.unit


def worded(text: str) -> str:
    return " ".join(normalised(Aligned.of(text), "en").text.split())


@pytest.mark.parametrize(
    ("number", "cardinal", "ordinal"),
    [
        (0, "zero", "zeroth"),
        (3, "three", "third"),
        (12, "twelve", "twelfth"),
        (20, "twenty", "twentieth"),
        (21, "twenty one", "twenty first"),
        (105, "one hundred five", "one hundred fifth"),
        (1250, "one thousand two hundred fifty", "one thousand two hundred fiftieth"),
        (1_000_000, "one million", "one millionth"),
    ],
)
def test_integers(number: int, cardinal: str, ordinal: str) -> None:
    assert (say_integer(number), say_ordinal(number)) == (cardinal, ordinal)


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (1999, "nineteen ninety nine"),
        (1900, "nineteen hundred"),
        (1805, "eighteen oh five"),
        (2000, "two thousand"),
        (2005, "two thousand five"),
        (2026, "twenty twenty six"),
    ],
)
def test_years(year: int, expected: str) -> None:
    assert say_year(year) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("On November 25, 2026.", "On November twenty fifth, twenty twenty six."),
        ("2026-11-25", "November twenty fifth, twenty twenty six"),
        ("25 Nov 2026", "twenty fifth of November, twenty twenty six"),
        ("in 1999", "in nineteen ninety nine"),
        ("the 1990s", "the nineteen nineties"),
        ("at 12:30 p.m. today", "at twelve thirty PM today"),
        ("It's 8:05.", "It's eight oh five."),
        ("at 8:00", "at eight o'clock"),
        ("5 pm", "five PM"),
        ("$3.50", "three dollars and fifty cents"),
        ("$1,000", "one thousand dollars"),
        ("$5 million", "five million dollars"),
        ("£1", "one pound"),
        ("€0.99", "ninety nine cents"),
        ("3.14", "three point one four"),
        ("-5", "minus five"),
        ("50%", "fifty percent"),
        ("72°F", "seventy two degrees Fahrenheit"),
        ("1 kg and 5 km", "one kilogram and five kilometers"),
        ("the 21st", "the twenty first"),
        ("1/2 or 3/4", "one half or three quarters"),
        ("3-5 days", "three to five days"),
        ("1939-1945", "nineteen thirty nine to nineteen forty five"),
        ("Dr. Smith and Mr. Lee", "Doctor Smith and Mister Lee"),
        ("e.g. apples", "for example apples"),
        ("the U.S. team", "the US team"),
        ("etc.", "et cetera."),
        ("555-1234", "five five five, one two three four"),
        ("GPT-4", "GPT four"),
        ("iPhone 15", "iPhone fifteen"),
        ("3 + 5 = 8", "three plus five equals eight"),
        ("Q&A", "Q and A"),
        ("No. 5", "number five"),
        ("#1", "number one"),
        ("1.2.3", "one point two point three"),
        ("bob@example.com", "bob at example dot com"),
        ("12345678", "one two three four five six seven eight"),
        ("C++", "C plus plus"),
        ("hi 😀", "hi"),
    ],
)
def test_everything_is_worded(text: str, expected: str) -> None:
    assert worded(text) == expected


@given(st.text(alphabet="0123456789.,:-/%$°F kmst'amp#+ ANov", max_size=24))
def test_no_digit_survives_and_the_alignment_holds(text: str) -> None:
    result = normalised(Aligned.of(text), "en")
    assert not any(char.isdigit() and char.isascii() for char in result.text)
    assert len(result.origin) == len(result.text)
    assert list(result.origin) == sorted(result.origin)
    assert all(0 <= place < len(text) for place in result.origin)
