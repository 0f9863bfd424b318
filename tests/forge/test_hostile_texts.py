"""Texts that nobody wrote to be read: the work stays in proportion to their length."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from companion.forge.extraction import Extraction
from companion.forge.importing import FORMS, read_source

pytestmark = pytest.mark.unit

_N = 150_000


@pytest.mark.parametrize(
    "piece",
    [
        "“",
        "”",
        '"',
        "’",
        "\n",
        "　",
        " \n",
        "宝玉道：“",
        "宝玉道：好。”",
        "名：",
        "【",
        "[",
        "他说",
        "said he ",
    ],
)
def test_one_thing_again_and_again_comes_to_an_end(extract: Callable[..., Extraction], piece: str) -> None:
    text = piece * (_N // len(piece)) + "。"
    found = extract(text)
    assert all(one.end <= len(text) for one in found.quotes)


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("subtitles", "card")])
@pytest.mark.parametrize("piece", ["\n", "[", "　", 'e "', "名：", "#"])
def test_every_form_comes_to_an_end(write: Callable[..., Path], form: str, piece: str) -> None:
    source = read_source(write("a.txt", "字" + piece * (_N // len(piece))), form=form)  # type: ignore[arg-type]
    assert source.form == form
