"""Damaged documents of every format: read, or refused with a sentence; never anything else."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from companion.documents.passages import passages_of
from companion.documents.reading import read_document
from companion.errors import DocumentError

pytestmark = pytest.mark.fault

_N = 60


@pytest.fixture
def sources(make: Any, tmp_path: Path) -> dict[str, bytes]:
    import docx

    document = docx.Document()
    document.add_heading("第一章", 1)
    document.add_paragraph("正文。" * 50)
    document.add_table(1, 2)
    document.save(str(tmp_path / "a.docx"))
    ass = (
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,小满,0,0,0,,{\\b1}你\\N来了。\n"
    )
    files = [
        make.epub({"a.xhtml": "<html><body><h1>第一章</h1><p>先。</p></body></html>"}, ["a.xhtml"]),
        tmp_path / "a.docx",
        make.pdf([["My Book", "some text here that is long"], ["a second page with words"]]),
        make.text(
            "a.srt",
            "1\n00:00:01,000 --> 00:00:02,000\n<i>你来了。</i>\n\n2\n00:00:02,000 --> 00:00:03,000\n嗯\n",
        ),
        make.text("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v 小满>你来了。</v>\n"),
        make.text("a.ass", ass),
        make.text("a.json", '[{"text": "甲。"}, {"text": "乙", "title": "x"}]'),
        make.text("a.html", "<html><body><h1>a</h1><p>b&amp;c<br>d</p><script>x</script></body></html>"),
        make.text("a.txt", "第一章 始\n\n文字。\n\n第二章 终\n\n更多。", "gb18030"),
    ]
    return {file.suffix: file.read_bytes() for file in files}


@pytest.mark.parametrize(
    "suffix", [".epub", ".docx", ".pdf", ".srt", ".vtt", ".ass", ".json", ".html", ".txt"]
)
def test_a_damaged_document_is_read_or_refused_with_a_sentence(
    sources: dict[str, bytes], tmp_path: Path, suffix: str
) -> None:
    draw = random.Random(suffix)
    refusals: list[DocumentError] = []
    for _ in range(_N):
        file = tmp_path / f"damaged{suffix}"
        file.write_bytes(_damaged(sources[suffix], draw))
        try:
            document = read_document(file)
        except DocumentError as error:
            refusals.append(error)
        else:
            assert all(one.text == document.text[one.start : one.end] for one in passages_of([document]))
    assert all(one.hint and f"damaged{suffix}" in one.what for one in refusals)


def test_without_our_reader_damage_ends_in_errors_that_nobody_can_understand(
    sources: dict[str, bytes], tmp_path: Path
) -> None:
    """The control: the library behind the reader fails otherwise on the same damage."""
    import docx

    draw = random.Random(".docx")
    seen: set[str] = set()
    for _ in range(_N):
        file = tmp_path / "damaged.docx"
        file.write_bytes(_damaged(sources[".docx"], draw))
        try:
            docx.Document(str(file))
        except Exception as error:  # noqa: BLE001 -- whatever comes is the point
            seen.add(type(error).__name__)

    assert zipfile.BadZipFile.__name__ in seen


def _damaged(data: bytes, draw: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 5, 20])):
        place = draw.randrange(len(out)) if out else 0
        kind = draw.randrange(3)
        if kind == 0 and out:
            out[place] = draw.randrange(256)
        elif kind == 1:
            out[place:place] = draw.randbytes(draw.randrange(8))
        else:
            del out[place : place + draw.randrange(1, 40)]
    return bytes(out)
