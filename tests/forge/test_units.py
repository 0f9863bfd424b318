"""Chapters, paragraphs, wraps and advertisements."""

from __future__ import annotations

import pytest

from companion.documents.document import Document, plain
from companion.forge.units import Units, joined, units_of

pytestmark = pytest.mark.unit


def _units(text: str) -> tuple[str, Units]:
    document = Document("d", "d.txt", "d", plain(text))
    return document.text, units_of(document)


def test_chapters_and_paragraphs_are_spans_of_the_source() -> None:
    text, units = _units("楔子的话。\n\n第一章 雨\n\n　　他来了。\n　　她走了。\n\n番外 雪\n　　下雪了。")
    assert [one.title for one in units.chapters] == ["", "第一章 雨", "番外 雪"]
    assert [text[one.start : one.end] for one in units.paragraphs] == [
        "楔子的话。",
        "他来了。",
        "她走了。",
        "下雪了。",
    ]
    assert [one.chapter for one in units.paragraphs] == [0, 1, 1, 2]
    assert not units.wrapped


def test_lines_cut_at_a_fixed_width_are_joined() -> None:
    sentence = "却说宝玉因送贾母回来待贾母歇了中觉意欲还去看戏取乐又恐扰的秦氏等人不便因想起近日薛宝钗在家养病未去亲候"
    lines = [sentence[at : at + 32] for at in range(0, len(sentence) * 1, 32)]
    paragraph = "　　" + "\n".join(lines) + "。"
    text, units = _units("\n".join([paragraph] * 15))
    assert units.wrapped
    assert len(units.paragraphs) == 15
    one = units.paragraphs[3]
    assert sentence + "。" == joined(text[one.start : one.end])


def test_english_wraps_are_joined_with_a_space_and_hyphens_go() -> None:
    assert joined("The weather was won-\n    derful.") == "The weather was wonderful."
    assert joined("He came\nhome.") == "He came home."
    assert joined("他来了，\n　　她走了。") == "他来了，她走了。"


def test_short_lines_of_a_modern_novel_are_paragraphs_of_their_own() -> None:
    text = "\n".join(["他说。", "她笑了。", "很久。"] * 20)
    _, units = _units(text)
    assert not units.wrapped
    assert len(units.paragraphs) == 60


def test_advertisements_are_flagged_and_told() -> None:
    _, units = _units("他来了。\n请记住本站域名 www.example.com 最新章节\n她走了。\n求月票求推荐票！")
    assert [one.kind for one in units.paragraphs] == ["prose", "ad", "prose", "ad"]
    assert [one.kind for one in units.problems] == ["advertisement", "advertisement"]


def test_a_chapter_that_comes_twice_is_told() -> None:
    chapter = "他来了。" * 60
    _, units = _units(f"第一章 雨\n{chapter}\n第二章 雪\n{chapter}\n")
    assert [one.kind for one in units.problems] == ["duplicate_chapter"]
