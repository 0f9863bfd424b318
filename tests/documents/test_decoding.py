"""Bytes to text in the encodings that novels come in."""

from __future__ import annotations

import pytest

from companion.documents.decoding import decoded
from companion.errors import DocumentError

pytestmark = pytest.mark.unit

SIMPLE = "话说宝玉听了，心中十分欢喜，便笑道：“这个妹妹我曾见过的。”众人都笑了。"
TRADITIONAL = "話說寶玉聽了，心中十分歡喜，便笑道：「這個妹妹我曾見過的。」眾人都笑了。"
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SIMPLE, "utf-8"),
        (SIMPLE, "utf-8-sig"),
        (SIMPLE, "utf-16"),
        (SIMPLE, "utf-16-le"),
        (SIMPLE, "utf-16-be"),
        (SIMPLE, "utf-32"),
        (SIMPLE, "gb18030"),
        (SIMPLE, "gbk"),
        (TRADITIONAL, "big5"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        ("It was the best of times.", "ascii"),
        ("It was the best of times.", "utf-16-le"),
        ("Le café était déjà fermé à côté de l'hôtel.", "cp1252"),
    ],
)
def test_the_encoding_is_found(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding), "a.txt") == text


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7 ...", b"PK\x03\x04rest", bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError) as error:
        decoded(data, "a.txt")

    assert error.value.code == "binary"
    assert "a.txt" in error.value.what
