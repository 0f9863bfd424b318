"""Training and speaking use the same symbols."""

from __future__ import annotations

import pytest

from companion.engines.voices.piper_onnx import symbol_ids
from companion.text.frontend import phonemise
from companion.text.phonemes import Language
from companion.voice_training.symbols import TABLE, ids, table_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "language"),
    [("Good morning, my friend.", "en"), ("今天有 3 个 apple。", "zh"), ("重庆的银行行长？", "zh")],
)
def test_a_text_has_the_ids_that_it_is_spoken_with(text: str, language: Language) -> None:
    phones = phonemise(text, language=language, alphabet="piper").phones

    assert ids(text, language) == symbol_ids([one for one in phones if one.symbol in TABLE], TABLE)[0]


@pytest.mark.parametrize(
    ("text", "language"),
    [("Which thin judge treasures the vision, boy?", "en"), ("全国人民都喜欢吃水果儿。", "zh")],
)
def test_the_table_holds_every_symbol_of_both_languages(text: str, language: Language) -> None:
    phones = phonemise(text, language=language, alphabet="espeak").phones

    assert [phone.symbol for phone in phones if phone.symbol not in TABLE] == []


def test_ids_begin_and_end_as_piper_wants_them_with_a_pad_after_each() -> None:
    rows = ids("你好", "zh")

    assert (rows[0], rows[-1]) == (TABLE["^"][0], TABLE["$"][0])
    assert set(rows[1::2]) == {0}


def test_tones_are_symbols_of_their_own() -> None:
    assert ids("妈", "zh") != ids("马", "zh")
    assert TABLE["3"][0] in ids("马", "zh")


def test_a_lexicon_of_the_pack_changes_the_reading() -> None:
    assert ids("行", "zh", {"行": "hang2"}) != ids("行", "zh", {"行": "xing2"})
    assert ids("Xiaoman", "en", {"Xiaoman": "xiao3 man3"}) != ids("Xiaoman", "en")


@pytest.mark.parametrize("text", ["", "🙂"])
def test_what_cannot_be_spoken_has_no_ids(text: str) -> None:
    assert ids(text, "zh") == []


def test_the_base_decides_over_its_own_table() -> None:
    table = table_of({"phoneme_id_map": {"_": [0], "^": [1], "$": [2], "m": [9], "a": [7], "1": [5]}})

    assert ids("妈", "zh", table=table) == [1, 0, 9, 0, 7, 0, 5, 0, 2]
