"""English pronunciation: dictionary, heteronyms, inflections, letters, unknown words."""

from __future__ import annotations

import pytest

from companion.text.english import read_english
from companion.text.english_unknown import guess

pytestmark = pytest.mark.unit


def read(text: str) -> list[str]:
    words = text.replace(",", "").replace(".", "").replace("?", "").split()
    ends = [word[-1] in ",.?" for word in text.split()]
    ends[-1] = True
    return read_english(words, ends)


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("I want to read it.", 3, "ɹˈid"),
        ("I have read it.", 2, "ɹˈɛd"),
        ("She read it yesterday.", 1, "ɹˈɛd"),
        ("I read every day.", 1, "ɹˈid"),
        ("I live here.", 1, "lˈɪv"),
        ("a live show", 1, "lˈIv"),
        ("I object to that.", 1, "əbʤˈɛkt"),
        ("the object is red", 1, "ˈɑbʤəkt"),
        ("Please close the door.", 1, "klˈOz"),
        ("It is close.", 2, "klˈOs"),
        ("the wind is cold", 1, "wˈɪnd"),
        ("my record is new", 1, "ɹˈɛkəɹd"),
        ("We will record it.", 2, "ɹəkˈɔɹd"),
        ("I use it.", 1, "jˈuz"),
        ("the use of it", 1, "jˈus"),
        ("a present for you", 1, "pɹˈɛzᵊnt"),
        ("made of lead", 2, "lˈɛd"),
        ("lead the way", 0, "lˈid"),
        ("the contents of it", 1, "kˈɑntɛnts"),
    ],
)
def test_a_heteronym_is_read_by_its_neighbours(text: str, place: int, expected: str) -> None:
    assert read(text)[place] == expected


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("the apple", 0, "ði"),
        ("the house", 0, "ðə"),
        ("a cat", 0, "ɐ"),
        ("to eat", 0, "tʊ"),
        ("to go", 0, "tə"),
        ("I used to go", 1, "jˈust"),
        ("I used it", 1, "jˈuzd"),
    ],
)
def test_a_little_word_follows_the_next_sound(text: str, place: int, expected: str) -> None:
    assert read(text)[place] == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("wanted", "wˈɑntᵻd"),
        ("walked", "wˈɔkt"),
        ("running", "ɹˈʌnɪŋ"),
        ("houses", "hˈWsᵻz"),
        ("cats'", "kˈæts"),
        ("café", "kæfˈA"),
        ("ChatGPT", "ʧˈæt ʤˌipˌitˈi"),
        ("URL", "jˌuˌɑɹˈɛl"),
        ("GPT", "ʤˌipˌitˈi"),
        ("NASA", "nˈæsə"),
        ("iPhone", "ˈIfˌOn"),
        ("don’t", "dˈOnt"),
        ("Paris", "pˈɛɹəs"),
    ],
)
def test_inflections_letters_and_names(word: str, expected: str) -> None:
    assert read(f"some {word} here")[1] == expected


def test_shouting_is_not_spelt() -> None:
    assert read("HELLO THERE") == read("hello there")


@pytest.mark.parametrize("word", ["blorvax", "skibidi", "tsundere", "wugs", "frindle"])
def test_an_unknown_word_gets_a_stressed_vowel(word: str) -> None:
    symbols = guess(word)
    assert any(symbol in "AIOWYiuæɑɔəɛɪʊʌ" for symbol in symbols)
    assert "ˈ" in symbols


def test_an_unknown_word_keeps_its_consonants() -> None:
    symbols = [symbol for symbol in guess("blorvax") if symbol in "blɹvks"]
    assert symbols == ["b", "l", "ɹ", "v", "k", "s"]
