"""How long a reply waits before it may be heard."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.gate import LONGEST_MS, SHORTEST_MS, Pauses, silence_ms, wait_ms, whole

pytestmark = pytest.mark.unit

PROBABILITY = st.floats(0.0, 1.0)
PAUSE = st.floats(0.0, 5000.0)
LEARNT = st.lists(st.tuples(PAUSE, st.booleans()), max_size=60)


def taught(pauses: list[tuple[float, bool]]) -> Pauses:
    learnt = Pauses()
    for pause_ms, went_on in pauses:
        learnt = learnt.learn(pause_ms, went_on)
    return learnt


@pytest.mark.parametrize(
    ("text", "language", "least", "most"),
    [
        ("你今天过得怎么样？", "zh", 400, 460),
        ("好的。", "zh", 400, 460),
        ("我想去公园，然后", "zh", 1500, 2000),
        ("那个", "zh", 1500, 2000),
        ("今天天气真好。", "zh", 500, 700),
        ("How are you?", "en", 400, 460),
        ("I went there and", "en", 1500, 2000),
        ("It rained all day.", "en", 500, 700),
        ("", "zh", 700, 800),
    ],
)
def test_the_words_set_the_wait(text: str, language: str, least: int, most: int) -> None:
    assert least <= silence_ms(text, language, Pauses()) <= most


@given(PROBABILITY, PROBABILITY)
def test_a_more_complete_turn_never_waits_longer(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert wait_ms(low) >= wait_ms(high)


@given(st.sampled_from(["好。", "今天天气真好", "我觉得", "so I"]), LEARNT, st.none() | PROBABILITY)
def test_the_wait_stays_within_its_bounds(
    text: str, pauses: list[tuple[float, bool]], turn: float | None
) -> None:
    assert SHORTEST_MS <= silence_ms(text, "zh", taught(pauses), turn_probability=turn) <= LONGEST_MS


@given(PROBABILITY, PROBABILITY, PROBABILITY)
def test_melody_that_sounds_more_complete_never_lengthens_the_wait(
    text: float, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert whole(text, low) <= whole(text, high)


def test_melody_alone_does_not_overrule_words_that_hang() -> None:
    assert silence_ms("我想问一下那个", "zh", Pauses(), turn_probability=0.95) >= 1000


def test_words_and_melody_together_are_quicker_than_unclear_words() -> None:
    unclear = silence_ms("今天天气真好", "zh", Pauses())
    assert silence_ms("今天天气真好", "zh", Pauses(), turn_probability=0.95) < unclear
    assert silence_ms("今天天气真好", "zh", Pauses(), turn_probability=0.05) > unclear


def test_a_user_with_long_pauses_is_waited_for() -> None:
    slow = taught([(900.0, True)] * 20)
    assert silence_ms("今天天气真好", "zh", slow) > silence_ms("今天天气真好", "zh", Pauses())


def test_a_user_with_short_pauses_waits_less() -> None:
    quick = taught([(180.0, True)] * 30 + [(450.0, False)] * 5)
    assert silence_ms("今天天气真好", "zh", quick) < silence_ms("今天天气真好", "zh", Pauses())


def test_pauses_that_ended_turns_leave_the_measured_length_alone() -> None:
    learnt = taught([(2000.0, False)] * 50)
    assert (learnt.mean_ms, learnt.n) == (Pauses().mean_ms, 0)
    assert learnt.share < 0.05


@given(LEARNT, PAUSE, PAUSE)
def test_a_longer_pause_never_shortens_the_mean(
    before: list[tuple[float, bool]], one: float, other: float
) -> None:
    low, high = sorted((one, other))
    learnt = taught(before)
    assert learnt.learn(low, True).mean_ms <= learnt.learn(high, True).mean_ms


def test_the_key_ends_a_turn_at_once() -> None:
    assert silence_ms("然后", "zh", Pauses(), mode="push_to_talk") == 0


@given(LEARNT)
def test_what_was_learnt_outlives_a_launch(pauses: list[tuple[float, bool]]) -> None:
    learnt = taught(pauses)
    assert Pauses.from_plain(json.loads(json.dumps(learnt.as_plain()))) == learnt


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"mean_ms": "900", "spread_ms": 1.0, "share": 0.1, "n": 3},
        {"mean_ms": math.nan, "spread_ms": 1.0, "share": 0.1, "n": 3},
        {"mean_ms": 900.0, "spread_ms": 1.0, "share": 7.0, "n": 3},
        {"mean_ms": 900.0, "spread_ms": 1.0, "share": 0.1, "n": True},
        {"mean_ms": 900.0, "spread_ms": 1.0, "share": 0.1, "n": -1},
    ],
)
def test_damaged_statistics_count_as_never_learnt(plain: dict[str, object]) -> None:
    assert Pauses.from_plain(plain) == Pauses()


def test_a_pause_that_is_no_number_teaches_no_length() -> None:
    assert Pauses().learn(math.nan, True).mean_ms == Pauses().mean_ms
