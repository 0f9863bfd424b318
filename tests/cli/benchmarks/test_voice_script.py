"""The script of the voice benchmark holds what its figures need."""

from __future__ import annotations

from collections import Counter

import pytest

from companion.cli.benchmarks.voice.script import NOISES, choose, load_script
from companion.errors import UsageError

pytestmark = pytest.mark.unit

_TURNS = load_script()


def test_both_languages_are_spoken_alike_often() -> None:
    counted = Counter(turn.language for turn in _TURNS)
    assert counted["zh"] == counted["en"] >= 20


def test_there_are_enough_pauses_of_a_natural_length() -> None:
    pauses = [pause for turn in _TURNS for pause in turn.pauses_ms]
    assert len(pauses) >= 12
    assert all(300 <= pause <= 900 for pause in pauses)


@pytest.mark.parametrize("during", [("barge_in",), ("backchannel",), NOISES])
def test_each_kind_of_sound_comes_ten_times(during: tuple[str, ...]) -> None:
    assert sum(turn.during in during for turn in _TURNS) == 10


def test_every_turn_can_be_told_apart_and_spoken() -> None:
    assert len({turn.name for turn in _TURNS}) == len(_TURNS)
    assert all(len(turn.parts) == len(turn.pauses_ms) + 1 and all(turn.parts) for turn in _TURNS)
    assert all(turn.during_text for turn in _TURNS if turn.during in ("barge_in", "backchannel"))


def test_a_short_run_has_both_languages_and_every_kind_of_sound() -> None:
    chosen = choose(_TURNS, n=12)
    assert Counter(turn.language for turn in chosen) == {"zh": 6, "en": 6}
    assert {"barge_in", "backchannel", "cough"} <= {turn.during for turn in chosen}
    assert any(turn.pauses_ms for turn in chosen)


def test_more_turns_than_there_are_begin_anew() -> None:
    assert len(choose(_TURNS, n=60, only=("zh",))) == 60


def test_a_name_that_fits_nothing_is_told() -> None:
    with pytest.raises(UsageError):
        choose(_TURNS, n=None, only=("singing",))


@pytest.mark.parametrize("word", ["pause", "barge_in", "zh-yes", "en"])
def test_turns_are_chosen_by_kind_sound_name_and_language(word: str) -> None:
    chosen = choose(_TURNS, n=None, only=(word,))
    assert chosen
    assert all(word in (turn.kind, turn.during, turn.name, turn.language) for turn in chosen)


def test_what_is_said_is_written_as_its_language_is() -> None:
    by_name = {turn.name: turn for turn in _TURNS}
    assert by_name["zh-pause-tea"].text == "我昨天晚上没有睡好，所以今天想喝点安神的茶。"
    assert (
        by_name["en-pause-sleep"].text == "I could not sleep last night because the neighbours had a party."
    )
