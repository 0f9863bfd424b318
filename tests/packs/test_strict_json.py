"""Strangers' JSON is read within limits, and given back with every number as it was spelt."""

from __future__ import annotations

import copy
import json
import random

import pytest

from companion.errors import PackError
from companion.packs.strict_json import MAX_DEPTH, clean, dump_exact, load_exact, load_json

pytestmark = pytest.mark.unit

SPELT = '{"a":1.0,"b":1e5,"c":-0,"d":12345678901234567890,"e":1.10,"f":0.1E+2,"g":-0.0,"i":3}'


def test_numbers_keep_their_spelling() -> None:
    raw = SPELT.encode()
    assert json.loads(dump_exact(load_exact(raw, "x.json")), parse_float=str, parse_int=str) == json.loads(
        raw, parse_float=str, parse_int=str
    )


def test_a_copied_number_keeps_its_spelling_and_counts_like_any_other() -> None:
    value = load_exact(b'{"a": [1.0, -0, 1e5]}', "x.json")
    assert dump_exact(copy.deepcopy(value), indent=0) == b'{"a": [1.0,-0,1e5]}'
    assert value == {"a": [1.0, 0, 100_000.0]}
    assert sum(value["a"]) == 100_001


def test_order_strings_and_line_ends_come_back_untouched() -> None:
    value = {"z": '\r\n\t"\\/\u2028\u0000', "a": {}, "名": [[], {}, None, True, False], "": "\ud83d\ude00"}
    value["emoji"] = "🙂👩\u200d💻"
    raw = json.dumps(value).encode()
    again = load_exact(dump_exact(load_exact(raw, "x.json")), "x.json")
    assert json.dumps(again) == json.dumps(load_exact(raw, "x.json"))
    assert list(again) == list(value)


def test_a_lone_surrogate_comes_back_but_is_not_used() -> None:
    raw = b'{"a": "x\\ud800y"}'
    assert dump_exact(load_exact(raw, "x.json"), indent=0) == raw
    assert load_json(raw, "x.json") == {"a": "x?y"}
    assert clean(["\udfff", {"\ud800": "好"}]) == ["?", {"?": "好"}]


def test_random_trees_survive() -> None:
    dice = random.Random(3)

    def tree(depth: int) -> object:
        kind = dice.randrange(7 if depth < 6 else 5)
        if kind == 5:
            return [tree(depth + 1) for _ in range(dice.randrange(4))]
        if kind == 6:
            return {dice.choice("abc名🙂") * n: tree(depth + 1) for n in range(dice.randrange(4))}
        return (None, True, dice.randrange(-(10**20), 10**20), dice.random() * 1e9, '文\n"')[kind]

    for _ in range(200):
        value = {"root": tree(0)}
        for indent in (0, 2):
            assert json.loads(dump_exact(value, indent=indent)) == value
            assert load_exact(dump_exact(value, indent=indent), "x") == value


def test_what_is_no_json_is_not_written() -> None:
    for value in (float("nan"), float("inf"), object(), b"x"):
        with pytest.raises((ValueError, TypeError)):
            dump_exact({"a": value})


@pytest.mark.parametrize("load", [load_json, load_exact])
@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"a": {"b": [0, NaN]}}', ("x.json", "a.b[1]", "NaN")),
        (b'{"a": {"k": 1, "k": 2}}', ("x.json", "a.k", "twice")),
        (b'{"a": 1e999}', ("a", "1e999")),
        (b'{"a": -1e309}', ("a", "-1e309")),
        (b'{"a": ' + b"9" * 301 + b"}", ("301 digits", "300")),
        (b'{"a": 0.' + b"9" * 4_400 + b"}", ("digits", "300")),
        (b"[" * 40 + b"]" * 40, ("32 deep",)),
        (b'{"a": ' * 33 + b"1" + b"}" * 33, ("32 deep",)),
        (b"\xff\xfe{}{", ("UTF-8",)),
        (b'{"a": "\xff"}', ("UTF-8", "byte 7")),
        (b"", ("not valid JSON",)),
        (b"{}{}", ("not valid JSON",)),
        (b"{'a': 1}", ("not valid JSON",)),
        (b"[]", ("no JSON object",)),
        (b"null", ("no JSON object",)),
        (b'{"a": "' + b"x" * 8_000_000 + b'"}', ("8,000,000",)),
        (b'{"a": [' + b"0," * 300_000 + b"0]}", ("300,000",)),
    ],
)
def test_the_message_names_file_field_and_limit(load: object, raw: bytes, words: tuple[str, ...]) -> None:
    with pytest.raises(PackError) as caught:
        load(raw, "x.json")  # type: ignore[operator]
    assert [word for word in words if word not in str(caught.value)] == []
    assert "x.json" in caught.value.what


def test_what_a_card_may_hold_is_loaded() -> None:
    raw = (
        b'\xef\xbb\xbf{"a": '
        + b"[" * (MAX_DEPTH - 1)
        + b"]" * (MAX_DEPTH - 1)
        + b', "b": 1e308, "c": "[[[[{{{{"}'
    )
    assert load_json(raw, "x.json")["b"] == 1e308
    brackets = '{"a": "' + "[" * 99 + '\\"' + "{" * 99 + '"}'
    assert load_json(brackets.encode(), "x.json")["a"].count("[") == 99


CHINESE = '{"name": "林晚", "description": "茶馆老板，住在渡口。", "first_mes": "你来啦，里边请！"}'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
def test_what_older_windows_programs_save_is_read(encoding: str) -> None:
    assert load_json(CHINESE.encode(encoding), "x.json") == json.loads(CHINESE)
    assert load_json(("\ufeff" + CHINESE).encode("gb18030"), "x.json") == json.loads(CHINESE)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("big5", "你來啦，客官裡邊請！今天天氣很好。"),
        ("shift_jis", "乗りますか。今日はいい天気ですね。"),
        ("euc_jp", "夜に舟を漕ぐ。乗りますか。"),
        ("euc_kr", "안녕하세요 반갑습니다"),
        ("cp1252", "Zoë waits in the café."),
        ("gb18030", "龘靐齉爩"),
    ],
)
def test_no_other_encoding_is_taken_for_chinese(encoding: str, said: str) -> None:
    with pytest.raises(PackError, match="Save it as UTF-8"):
        load_json(json.dumps({"said": said}, ensure_ascii=False).encode(encoding), "x.json")
