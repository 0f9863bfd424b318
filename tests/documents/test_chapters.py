"""Chapter headings and their false friends."""

from __future__ import annotations

from itertools import pairwise

import pytest

from companion.documents.chapters import chapters, is_heading
from companion.documents.document import Block, Document, from_blocks

pytestmark = pytest.mark.unit


def _titles(text: str) -> list[str]:
    return [one.title for one in chapters(Document("d", "f", "t", text))]


@pytest.mark.parametrize(
    "line",
    [
        "第一回  甄士隐梦幻识通灵　贾雨村风尘怀闺秀",
        "第三章",
        "第12章 归来",
        "第ⅩⅡ章 归来",
        "第一百二十回：大结局",
        "第二卷 风起",
        "第一幕",
        "【第五节】雨夜",
        "楔子",
        "序",
        "番外一 那年夏天",
        "尾声",
        "Chapter 1",
        "CHAPTER XII: The Return",
        "Chapter Twelve",
        "Part Two",
        "Prologue",
    ],
)
def test_headings(line: str) -> None:
    assert is_heading(line)


@pytest.mark.parametrize(
    "line",
    [
        "第三章里说过，他从此再没有回来。",
        "第三章我们讲了宝玉的故事，这里不再多说",
        "他翻到第三章，读了起来。",
        "第一回见面的时候，他还小。",
        "序幕才刚刚拉开，人们等着。",
        "Chapter one was the best of them all, he thought.",
        "Part of it was missing.",
        "Introduction to her was easy.",
        "第一一九回中乡魁宝玉却尘缘沐皇恩贾家延世泽——",
        "",
    ],
)
def test_sentences_are_no_headings(line: str) -> None:
    assert not is_heading(line)


def test_what_stands_before_the_first_heading_is_kept() -> None:
    text = "《某书》作者甲\n\n第一章 始\n\n正文一。\n\n第二章 终\n\n正文二。"
    found = chapters(Document("d", "f", "t", text))

    assert [(one.title, one.number) for one in found] == [("", 0), ("第一章 始", 1), ("第二章 终", 2)]
    assert found[0].start == 0
    assert found[-1].end == len(text)
    assert all(one.end == two.start for one, two in pairwise(found))


def test_a_heading_in_a_wrapped_paragraph_is_none() -> None:
    text = "第一章 始\n\n他想起很久很久以前在外婆家的阁楼上读过的那本旧书里的\n第二章 终\n讲的是一个老人。"

    assert _titles(text) == ["第一章 始"]


def test_markdown_headings_but_not_those_of_code() -> None:
    assert _titles("# 手册\n\n引言。\n\n## 安装\n\n```\n# comment\n```\n\n完。") == ["手册", "安装"]


def test_a_table_of_contents_is_no_row_of_chapters() -> None:
    text = "第一章 始\n第二章 终\n\n第一章 始\n\n正文一。\n\n第二章 终\n\n正文二。"

    assert [title for title in _titles(text) if title] == ["第一章 始", "第二章 终"]


def test_two_chapters_of_the_same_title_are_two() -> None:
    assert _titles("第一章\n\n甲。\n\n第一章\n\n乙。") == ["第一章", "第一章"]


def test_headings_of_the_format_win() -> None:
    document = from_blocks(
        "d",
        "f",
        "t",
        [Block("开头", level=1), Block("第一章 不是标题的行"), Block("结尾", level=2), Block("完。")],
    )

    assert [one.title for one in chapters(document)] == ["开头", "结尾"]
