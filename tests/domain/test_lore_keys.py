"""Keys are found in Chinese, Japanese and Latin script, wherever a reader would find them and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.lore_keys import Key, KeyTable, Text, tidy
from companion.text.folding import fold_search

pytestmark = pytest.mark.unit


def found(key: str, *texts: str, case_sensitive: bool = False, whole_words: bool | None = None) -> int | None:
    ready = Key.of(key, fold_search, case_sensitive=case_sensitive, whole_words=whole_words)
    return None if ready is None else KeyTable([ready]).search(Text(texts, fold_search)).get(0)


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        # Chinese: anywhere, in either script and width
        ("铜板", "那只铜板在哪儿？", True),
        ("猫", "熊猫", True),
        ("顾小满", "顧小滿來了", True),
        ("國王", "国王万岁", True),
        ("小 满", "小满", True),
        ("红楼梦", "《红楼　梦》", True),
        ("铜板", "铜\n板", False),
        ("猫", "狗", False),
        # English: whole words, a Han character or a mark is a boundary
        ("cat", "the cat sat", True),
        ("cat", "concatenate", False),
        ("cat", "cats", False),
        ("cat", "cat2", False),
        ("cat", "我的cat在睡觉", True),
        ("cat", "猫cat。", True),
        ("ＣＡＴ", "a cat", True),
        ("cat", "a ＣＡＴ", True),
        ("cat", "«cat»", True),
        ("New York", "in new york now", True),
        ("New York", "in New\nYork now", True),
        ("New  York", "in new york now", True),
        ("Wren's", "it is Wren’s", True),
        ("well-known", "a well‑known place", True),
        ("café", "at the cafe\u0301", True),
        ("C++", "I write C++ daily", True),
        ("C++", "I write C++20", True),
        (".NET", "with .NET", True),
        ("42", "room 42", True),
        ("42", "room 421", False),
        ("кот", "мой кот спит", True),
        ("кот", "который", False),
        # mixed
        ("AI少女", "这个ＡＩ少女真可爱", True),
        ("AI少女", "这个 AI 少女真可爱", True),
        ("AI 少女", "AI少女", True),
        ("AI少女", "KAI少女", False),
        ("小A", "小A来了", True),
        ("小A", "小AB来了", False),
        ("小A", "小a", True),
        ("T恤", "白T恤", True),
        # Japanese: anywhere; kana are not merged, half width is
        ("猫", "黒猫が好き", True),
        ("ハリー・ポッター", "ﾊﾘｰ･ﾎﾟｯﾀｰ", True),
        ("ガラス", "ｶﾞﾗｽの靴", True),
        ("がくせい", "か\u3099くせい", True),
        ("はな", "ハナ", False),
        ("桜", "櫻の木", True),
        ("竜", "龍", True),
        ("リン", "リンゴ", True),
        ("佐々木", "佐々木さん", True),
        ("Aさん", "Aさんは", True),
        # Korean particles join the word
        ("학교", "학교에 가요", True),
        # nothing to look for
        ("", "anything", False),
        ("  ", "a  b", False),
        ("\u200b", "anything", False),
    ],
)
def test_a_key_matches_as_its_script_demands(key: str, text: str, expected: bool) -> None:
    assert (found(key, text) is not None) is expected


@pytest.mark.parametrize(
    ("key", "text", "whole_words", "expected"),
    [
        ("cat", "concatenate", False, True),
        ("cat", "concatenate", True, False),
        ("cat", "concatenate", None, False),
        ("猫", "熊猫馆", True, True),
        ("ネコ", "クロネコ", True, True),
        ("猫", "熊猫馆", False, True),
    ],
)
def test_whole_words_are_a_matter_of_latin_script(
    key: str, text: str, whole_words: bool | None, expected: bool
) -> None:
    assert (found(key, text, whole_words=whole_words) is not None) is expected


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("Iris", "Iris smiled", True),
        ("Iris", "iris smiled", False),
        ("Iris", "iris, but Iris too", True),
        ("Ｉｒｉｓ", "Iris", True),
        ("Iris", "Ｉｒｉｓ", True),
        ("New York", "New\nYork", True),
        ("顾Iris", "顧Iris", True),
        ("顾Iris", "顧iris", False),
        ("猫", "猫", True),
    ],
)
def test_case_counts_where_asked(key: str, text: str, expected: bool) -> None:
    assert (found(key, text, case_sensitive=True) is not None) is expected


def test_the_newest_match_tells_how_far_back_a_key_lies() -> None:
    assert found("茶", "喝茶", "tea", "茶馆", "再见") == 2
    assert found("tea", "tea", "steamed") == 2
    assert found("猫", "狗") is None


def test_no_key_matches_across_two_messages() -> None:
    assert found("铜板", "那只铜", "板凳") is None
    assert found("New York", "New", "York") is None


def test_a_match_inside_a_word_does_not_hide_an_earlier_whole_one() -> None:
    assert found("he", "he saw the other " + "the " * 300) is not None


def test_a_text_of_near_misses_does_not_make_a_key_slow() -> None:
    assert found("aa", "a" * 50_000) is None


def test_invisible_characters_do_not_hide_a_key() -> None:
    assert found("小满", "小\u200b满") == 1
    assert found("葛", "葛\U000e0100") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("我 的 cat  is　黑 色", "我的cat is黑色"), ("a \t\n b", "a\nb"), ("cafe\u0301", "café"), ("ｶﾞ", "ガ")],
)
def test_tidying_leaves_one_way_to_write(text: str, expected: str) -> None:
    assert tidy(text) == expected


@given(
    st.lists(st.text("abAB 猫貓国國のノ・· 12", min_size=1, max_size=4), min_size=1, max_size=12),
    st.text("abAB 猫貓国國のノ・· 12"),
)
def test_the_table_finds_what_looking_for_each_key_finds(keys: list[str], text: str) -> None:
    ready = [one for key in keys if (one := Key.of(key, fold_search, case_sensitive=False, whole_words=None))]
    unique = list(dict.fromkeys(ready))
    searched = Text([text], fold_search)
    one_by_one = {i: depth for i, key in enumerate(unique) if (depth := searched.newest(key)) is not None}
    assert KeyTable(unique).search(searched) == one_by_one


@given(st.text(), st.text(min_size=1), st.text())
def test_a_han_key_is_found_between_any_texts(left: str, key: str, right: str) -> None:
    assert found("铜板", f"{left}铜板{right}") == 1
