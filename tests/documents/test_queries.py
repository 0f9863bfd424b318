"""Questions as queries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product

import pytest

from companion.documents.lexicon import Lexicon, dumped, lexicon_of, loaded
from companion.documents.queries import keyword_query, parse_query
from companion.text.search_tokens import search_tokens

pytestmark = pytest.mark.unit

LEXICON = lexicon_of(
    ["黛玉葬花，宝玉听见了。", "黛玉把花瓣埋在花冢里，宝玉帮忙。", "花瓣 petal Petals house"] * 2, ["紫鹃"]
)


def _nothing(word: str) -> Sequence[tuple[str, float]]:
    return ()


def test_words_of_asking_are_left_out() -> None:
    assert parse_query("你还记得黛玉为什么葬花吗？", LEXICON).text == "黛玉 葬花 ?"
    assert parse_query("是谁？", LEXICON).text


def test_words_of_the_documents_are_told_from_others() -> None:
    query = parse_query("黛玉把花瓣放进陶罐", LEXICON)

    assert {"黛玉", "花瓣"} <= set(query.known)
    assert "陶罐" in "".join(query.unknown)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("渡口的老人姓邵，黄昏时点起铜灯。", "渡口的老人姓什么？"),
        ("The ferryman hangs a brass lantern out.", "What does the ferryman hang out, a lantern?"),
    ],
)
def test_in_a_short_document_each_word_counts_that_stands_there_once(text: str, asked: str) -> None:
    assert not parse_query(asked, lexicon_of([text])).unknown
    assert parse_query(asked, lexicon_of([text, *["别的", "other"] * 100])).unknown


def test_chinese_names_in_an_english_question_are_known() -> None:
    query = parse_query("Where does Daiyu bury the fallen petals, and what did Zijuan say?", LEXICON)

    assert {"黛玉", "紫鹃"} <= set(query.known)
    assert {"bury", "fallen"} <= set(query.unknown)
    assert not {"where", "the", "what", "does"} & set(query.unknown)


def test_english_words_are_known_by_their_stems() -> None:
    assert parse_query("Which houses have petals?", LEXICON).unknown == ()


def test_an_unknown_word_is_searched_by_what_is_near_to_it_as_a_whole() -> None:
    def near(word: str) -> Sequence[tuple[str, float]]:
        return [("掩埋", 0.9), ("无关", 0.1)] if word == "bury" else ()

    tokens = search_tokens(keyword_query(parse_query("Did Daiyu bury them?", LEXICON), near))

    assert tokens.count("掩埋") == 1
    assert "掩" not in tokens
    assert "无关" not in tokens
    assert tokens.count("黛玉") == 2


def test_a_query_weighs_more_than_what_is_near_to_it() -> None:
    tokens = search_tokens(keyword_query(parse_query("黛玉葬花", LEXICON), _nothing))

    assert tokens.count("黛玉") == 2


def test_a_lexicon_comes_back_as_it_was_kept() -> None:
    assert loaded(dumped(LEXICON)) == LEXICON
    assert loaded(dumped(LEXICON)).spoken["daiyu"] == "黛玉"
    with pytest.raises(ValueError):
        loaded(b"[]")


def test_a_large_lexicon_is_kept_in_parts_and_comes_back_whole() -> None:
    texts = ["".join(letters) for letters in product("abcdefghijklm", repeat=3)]
    lexicon = lexicon_of([*texts, *texts], [chr(0x4E00 + n) + chr(0x4E01 + n) for n in range(2_500)])
    data = dumped(lexicon)
    assert len(data.splitlines()) == 5
    assert loaded(data) == lexicon
    assert loaded(data).spoken == lexicon.spoken


def test_a_lexicon_kept_in_one_piece_is_read() -> None:
    old = json.dumps({"words": sorted(LEXICON.words), "spoken": dict(LEXICON.spoken)}).encode()
    assert loaded(old) == LEXICON


def test_without_a_lexicon_everything_is_searched_as_it_is() -> None:
    query = parse_query("黛玉葬花", Lexicon())

    assert "黛玉葬花" in keyword_query(query, _nothing)
