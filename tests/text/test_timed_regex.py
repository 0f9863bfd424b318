"""Patterns of strangers end in time, each and all together; those that did nothing are named."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest

from companion.text.timed_regex import MAX_PATTERN, TimedRegex, compiled, literal

pytestmark = pytest.mark.unit

TEXT_4K = ("aaaaaaaaaaaaaaaaaaaaaaaaaaaab" * 60 + "名字名字名字名字名字名字名字啊" * 140)[
    :3_980
] + "\n x\n !\n y\n z\n Q\n ;\n 0"
_LETTERS = ("a", "名字", r"\w", "[a-z]", ".", r"(?:a|aa)", r"\S", "[^x]", r"(?:\w|名)", "(a?)")
_SHAPES = (
    "({0}+)+$", "({0}*)*!", "(({0}+)+)+!", "({0}|{0}?)+!", "({0}{{1,20}}){{1,20}}!", "^({0}+)*x$", "({0}+{0}+)+x",
    "(?:{0}+){{10,}}x", "({0}*{0}*{0}*)*x", "(x+x+)+y|({0}+)+y", "({0}+)+(?={0}x)z", "(?i)({0}+)+Q$",
    "({0}+)\\1+x", "(?:(?:{0}+)+,?)+;$", "(.*{0}.*){{12}}x", "({0}+?)+?x", "((({0}*)*)*)*x", "({0}+|b)+x!",
    "(?>{0}*)*({0}+)+x", "^(({0})+)+\\d$",
)  # fmt: skip
SLOW = r"(\w+)+$"
EVIL = tuple(shape.format(letter) for shape, letter in itertools.product(_SHAPES, _LETTERS))


class Clock:
    """Time that passes by `step` at each look."""

    def __init__(self, *steps: float) -> None:
        self.now, self._steps = 0.0, iter(steps)

    def __call__(self) -> float:
        self.now += next(self._steps, 0.0)
        return self.now


def test_plain_and_slashed_patterns_match() -> None:
    search = TimedRegex().search
    assert search("猫+", "一只猫猫", False)
    assert search("/Cat/i", "a cat", True)
    assert not search("/Cat/", "a cat", False)
    assert search("cat", "a CAT", False)
    assert not search("cat", "a CAT", True)
    assert search("/a.b/s", "a\nb", True)
    assert search("/^b$/m", "a\nb", True)
    assert search(r"/第\d+章/gu", "第12章", True)
    assert search(r"https?://x", "http://x", False)


def test_an_invalid_empty_or_long_pattern_never_matches() -> None:
    search = TimedRegex().search
    for pattern in (
        "",
        "//",
        "(",
        "/(/",
        "[a",
        "*",
        "a" * (MAX_PATTERN + 1),
        r"(?P<a>x)(?P<a",
        r"\p{nothing}",
    ):
        assert not search(pattern, "aaa", False), pattern


def test_flags_are_told_from_a_path() -> None:
    assert literal("/a/i") == ("a", "i")
    assert literal("/a/b/") == ("a/b", "")
    assert literal("/home/名") is None
    assert literal("/") is None
    assert compiled("/a/q", case_sensitive=True) is not None


def test_a_slow_pattern_is_stopped_tried_no_more_and_named() -> None:
    scanner = TimedRegex()
    assert not scanner.search(SLOW, TEXT_4K, False)
    assert scanner.culprits == scanner.slow_patterns == (SLOW,)
    scanner.begin()
    assert not scanner.search(SLOW, "a", False)
    assert scanner.search("a", TEXT_4K, False)


def test_a_scan_ends_at_its_budget_and_names_what_it_skipped() -> None:
    scanner = TimedRegex(0.05, 0.1, Clock(0, 0, 0, 0.09, 0, 0, 0, 0.02))
    assert scanner.search("a", "a", False)
    assert scanner.search("b", "b", False)
    assert not scanner.search("c", "c", False)
    assert scanner.culprits == ("c",)
    scanner.begin()
    assert scanner.culprits == ()
    assert scanner.search("c", "c", False)


def test_the_evil_patterns_are_many() -> None:
    assert len(EVIL) == len(set(EVIL)) == 200


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_no_evil_pattern_is_slow_on_four_kilobytes(step: int) -> None:
    worst, n_slow = 0.0, 0
    for pattern in EVIL[::step]:
        scanner = TimedRegex()
        began = time.process_time()
        scanner.search(pattern, TEXT_4K, False)
        worst = max(worst, time.process_time() - began)
        n_slow += len(scanner.slow_patterns)
    # A guard against hangs: without the budget the worst of them takes years.
    assert worst < 2
    assert n_slow > 80 // step


def test_a_scan_over_all_evil_patterns_ends_soon() -> None:
    scanner = TimedRegex()
    began = time.process_time()
    for pattern in EVIL:
        scanner.search(pattern, TEXT_4K, False)
    assert time.process_time() - began < 3
    assert len(scanner.culprits) > 150
    assert scanner.slow_patterns


def test_control_evil_patterns_are_slow_without_a_budget() -> None:
    import regex

    def slow() -> Iterator[str]:
        for pattern in EVIL[::10]:
            try:
                regex.search(pattern, TEXT_4K, timeout=0.3)
            except TimeoutError:
                yield pattern

    assert next(slow(), None) is not None
