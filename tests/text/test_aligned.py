"""Text that remembers where it came from."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.text.aligned import Aligned

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "new", "expected", "origin"),
    [
        ("a12b", "一二", "a一二b", (0, 1, 2, 3)),
        ("a12b", "twelve", "atwelveb", (0, 1, 1, 1, 2, 2, 2, 3)),
        ("a12b", "", "ab", (0, 3)),
        ("a12b", "x", "axb", (0, 1, 3)),
    ],
)
def test_new_characters_are_spread_over_the_old(
    text: str, new: str, expected: str, origin: tuple[int, ...]
) -> None:
    result = Aligned.of(text).sub(re.compile(r"\d+"), lambda _: new)
    assert (result.text, result.origin) == (expected, origin)


def test_none_leaves_a_match_as_it_was() -> None:
    text = Aligned.of("1 2")
    assert text.sub(re.compile(r"\d"), lambda _: None) is text


def test_replacements_may_be_stacked() -> None:
    text = Aligned.of("x10").sub(re.compile("10"), lambda _: "ten").sub(re.compile("n"), lambda _: "nn")
    assert (text.text, text.origin) == ("xtenn", (0, 1, 1, 2, 2))


@given(st.text(alphabet="ab1", max_size=12), st.text(alphabet="xy", max_size=4))
def test_the_origin_never_falls(text: str, new: str) -> None:
    result = Aligned.of(text).sub(re.compile("1+"), lambda _: new)
    assert list(result.origin) == sorted(result.origin)
    assert len(result.origin) == len(result.text)
