"""What a user says of himself: which sentences become cards, and which must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.domain.remembering.facts import worded
from companion.domain.remembering.statements import facts_in, place_of
from companion.domain.slots import corrected, rivals

pytestmark = pytest.mark.unit

_SENTENCES = Path(__file__).with_name("statements.tsv")


def _labelled() -> list[tuple[str, set[tuple[str, str]]]]:
    """Return hand-written sentences, each with the (slot, value) pairs that it tells."""
    labelled = []
    for line in _SENTENCES.read_text("utf-8").splitlines():
        sentence, _, told = line.partition("\t")
        pairs = [one.partition("=") for one in told.split(";") if one]
        labelled.append((sentence, {(slot, value) for slot, _, value in pairs}))
    return labelled


def _told(text: str) -> set[tuple[str, str]]:
    return {(fact.slot, fact.value) for fact in facts_in(text)}


def test_most_of_300_sentences_are_understood_and_hardly_one_wrongly() -> None:
    labelled = _labelled()
    right = sum(len(told & _told(sentence)) for sentence, told in labelled)
    wrong = sum(len(_told(sentence) - told) for sentence, told in labelled)
    n_told = sum(len(told) for _, told in labelled)
    assert len(labelled) >= 300
    assert right / (right + wrong) >= 0.97
    assert right / n_told >= 0.9


@pytest.mark.parametrize(
    "sentence", [sentence for sentence, told in _labelled() if not told], ids=lambda sentence: sentence[:24]
)
def test_questions_suppositions_and_talk_of_others_tell_nothing(sentence: str) -> None:
    assert facts_in(sentence) == []


def test_the_last_of_two_statements_about_one_thing_counts() -> None:
    assert _told("我叫小明。不对，我叫小林。") == {("name", "小林")}
    assert _told("I live in Rome. Wait, I just moved to Turin.") == {("home", "Turin")}


def test_a_text_of_two_languages_is_read_in_both() -> None:
    assert _told("我叫小林。My dog's name is Rex.") == {("name", "小林"), ("pet:dog", "Rex")}


def test_a_whole_pasted_page_tells_nothing() -> None:
    assert facts_in("我叫小林。" + "天气很好。" * 500) == []


def test_a_card_is_worded_in_the_character_s_language() -> None:
    (name,) = facts_in("我叫小林")
    assert worded(name, "zh") == "用户叫小林"
    assert worded(name, "en") == "The user's name is 小林"
    (liked,) = facts_in("我最爱喝乌龙茶")
    assert worded(liked, "zh") == "用户最爱喝乌龙茶"
    assert worded(liked, "en") == "The user likes 乌龙茶"
    (home,) = facts_in("I live in Rome")
    assert worded(home, "zh") == "用户住在Rome"


def test_every_fact_has_words_in_both_languages_that_hold_its_value() -> None:
    for sentence, _ in _labelled():
        for fact in facts_in(sentence):
            for language in ("zh", "en"):
                assert fact.value in worded(fact, language) or fact.thing in worded(fact, language)


def test_one_thing_under_two_names_is_one_slot() -> None:
    assert [fact.slot for fact in facts_in("我养了一只橘猫")] == [
        fact.slot for fact in facts_in("我的猫叫咪咪")
    ]
    assert [fact.slot for fact in facts_in("My mum is a nurse")] == [
        fact.slot for fact in facts_in("My mother is a doctor")
    ]


def test_a_taste_and_its_opposite_exclude_each_other() -> None:
    (likes,), (dislikes,) = facts_in("我喜欢吃香菜"), facts_in("我不喜欢香菜了")
    assert dislikes.slot in rivals(likes.slot)
    assert likes.slot in rivals(dislikes.slot)
    assert rivals("") == ()
    assert rivals("home") == ("home",)


@pytest.mark.parametrize(
    ("slot", "value", "old", "new", "expected"),
    [
        ("home", "北京", "用户住在北京", "用户住在上海", ("home", "上海")),
        ("likes:tea", "tea", "The user likes tea", "The user likes coffee", ("likes:coffee", "coffee")),
        ("home", "北京", "用户住在北京", "用户早就搬走了", ("home", "用户早就搬走了")),
        ("", "", "用户怕黑", "用户不怕黑", ("", "用户不怕黑")),
        ("name", "小林", "用户叫小林", "用户名叫小林", ("name", "小林")),
    ],
)
def test_a_correction_finds_the_new_value(
    slot: str, value: str, old: str, new: str, expected: tuple[str, str]
) -> None:
    assert corrected(slot, value, old, new) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("用户住在上海", ("home", "上海")),
        ("我对花生过敏", ("allergy:花生", "花生")),
        ("My dog's name is Rex", ("pet:dog", "Rex")),
        ("我叫小林，住在上海", ("", "")),
        ("她泡的茶最好", ("", "")),
    ],
)
def test_what_the_user_writes_into_the_list_finds_its_place(text: str, place: tuple[str, str]) -> None:
    assert place_of(text) == place
