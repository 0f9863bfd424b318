"""Characters that a reader takes for the same become one, and the length of a text stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.text.folding import fold_search

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("ＡＩ少女", "ai少女"),
        ("Ｒ２－Ｄ２", "r2-d2"),
        ("顧小滿", "顾小满"),
        ("國王", "国王"),
        ("後宮", "后宫"),
        ("臺灣", "台湾"),
        ("看著妳", "看着你"),
        ("這裡", "這裏"),
        ("説話", "說話"),
        ("桜", "樱"),
        ("竜", "龍"),
        ("黒猫", "黑貓"),
        ("拉麺", "拉面"),
        ("ﾘﾝ", "リン"),
        ("ハリー・ポッター", "ハリー･ポッター"),
        ("哈利·波特", "哈利•波特"),
        ("Mary‐Jane", "mary-jane"),
        ("Wren’s", "wren's"),
        ("“Hi”", '"hi"'),
        ("new\u3000york", "NEW YORK"),
        ("ÉCOLE", "école"),
        ("100％", "100%"),
    ],
)
def test_variants_become_one(left: str, right: str) -> None:
    assert fold_search(left) == fold_search(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("はな", "ハナ"),
        ("か", "が"),
        ("口", "ロ"),
        ("ー", "-"),
        ("大", "太"),
        ("école", "ecole"),
        ("1", "一"),
    ],
)
def test_what_differs_stays_apart(left: str, right: str) -> None:
    assert fold_search(left) != fold_search(right)


@given(st.text())
def test_folding_never_changes_length(text: str) -> None:
    assert len(fold_search(text)) == len(text)


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold_search(fold_search(text)) == fold_search(text)
