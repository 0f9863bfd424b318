"""Which names a recogniser is told to expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.domain.character import Character, Lorebook, LoreEntry
from companion.text.hotwords import hotwords

pytestmark = pytest.mark.unit


def entry(
    *keys: str, aliases: tuple[str, ...] = (), enabled: bool = True, use_regex: bool = False
) -> LoreEntry:
    return LoreEntry(keys, "", aliases=aliases, enabled=enabled, use_regex=use_regex)


def character(*entries: LoreEntry, name: str = "顾小满", nickname: str = "小满") -> Character:
    return Character("id", name, Path("id"), nickname=nickname, lore=Lorebook(entries))


def test_her_own_names_come_first_then_each_entrys_first_key() -> None:
    found = hotwords(character(entry("栖水镇", "栖水"), entry("半日闲", aliases=("半闲居",))))
    assert found == ("小满", "顾小满", "栖水镇", "半日闲", "栖水", "半闲居")


def test_ordinary_words_are_left_out() -> None:
    found = hotwords(
        character(entry("爸爸", "妈妈"), entry("喝茶", "茶"), entry("tea", "mother"), entry("Saltmere"))
    )
    assert found == ("小满", "顾小满", "Saltmere")


def test_switched_off_entries_and_patterns_are_left_out() -> None:
    found = hotwords(character(entry("栖水镇", enabled=False), entry("/Salt.*/i", "半日闲", use_regex=True)))
    assert found == ("小满", "顾小满")


def test_attached_books_count_too() -> None:
    book = Lorebook((entry("林黛玉"),), id="stone")
    assert hotwords(character(), (book,)) == ("小满", "顾小满", "林黛玉")


def test_the_list_is_capped() -> None:
    many = tuple(entry(f"甪{chr(0x8D3E + place)}玉") for place in range(200))
    found = hotwords(character(*many))
    assert len(found) <= 24
    assert found[0] == "小满"


def test_an_english_character_gives_names_with_capitals() -> None:
    found = hotwords(character(entry("Saltmere", "town"), name="Wren Ashdown", nickname="Wren"))
    assert found == ("Wren", "Wren Ashdown", "Saltmere")


def test_the_title_of_an_entry_counts_if_it_is_a_name() -> None:
    elias = LoreEntry(("grandfather",), "", name="Elias")
    tea = LoreEntry(("tea",), "", name="the tea")
    assert hotwords(character(elias, tea)) == ("小满", "顾小满", "Elias")
