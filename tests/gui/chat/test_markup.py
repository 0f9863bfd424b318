from __future__ import annotations

import pytest

from companion.gui.chat.markup import Block, Run, blocks, runs, shown_text
from companion.gui.inert import LONGEST_SHOWN

pytestmark = pytest.mark.gui


def marks(line: str) -> list[tuple[str, str]]:
    return [(run.text, "+".join(sorted(run.marks))) for run in runs(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("今天**特别**香", [("今天", ""), ("特别", "bold"), ("香", "")]),
        ("a **bold** word", [("a ", ""), ("bold", "bold"), (" word", "")]),
        ("*笑了笑* 坐吧", [("笑了笑", "direction+italic"), (" 坐吧", "")]),
        ("*smiles* Sit.", [("smiles", "direction+italic"), (" Sit.", "")]),
        ("（歪头）好呀。", [("（歪头）", "direction+italic"), ("好呀。", "")]),
        ("好呀。（歪头）", [("好呀。", ""), ("（歪头）", "direction+italic")]),
        ("(tilts her head) Sure.", [("(tilts her head)", "direction+italic"), (" Sure.", "")]),
        ("`x = 1`", [("x = 1", "code")]),
        ("~~不~~好", [("不", "strike"), ("好", "")]),
    ],
)
def test_marks_become_formats(line: str, expected: list[tuple[str, str]]) -> None:
    assert marks(line) == expected


@pytest.mark.parametrize(
    "line", ["小满（顾小满）在家", "2 * 3 * 4", "a*b", "f(x) and g(y)", "snake_case_name", "5 > 3"]
)
def test_what_only_looks_like_a_mark_stays_as_it_is(line: str) -> None:
    assert marks(line) == [(line, "")]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("![茶](file:///etc/passwd)", "茶"),
        ("![](http://a.b/c.png)", "http://a.b/c.png"),
        ("看[这里](javascript:alert)吧", "看这里吧"),
        ("<img src='x'>", "<img src='x'>"),
        ("<b>not bold</b>", "<b>not bold</b>"),
    ],
)
def test_pictures_links_and_html_become_words(line: str, shown: str) -> None:
    assert shown_text(line) == shown


def test_paragraphs_lists_quotes_headings_and_code() -> None:
    text = "# 标题\n> 引文\n1. 一\n- two\n---\n```\n**raw**\n```\n末"
    found = [(block.kind, block.label, "".join(run.text for run in block.runs)) for block in blocks(text)]
    assert found == [
        ("heading", "", "标题"),
        ("quote", "", "引文"),
        ("item", "1.", "一"),
        ("item", "•", "two"),
        ("rule", "", ""),
        ("code", "", "**raw**"),
        ("text", "", "末"),
    ]


def test_empty_paragraphs_at_the_ends_go_and_others_shrink_to_one() -> None:
    assert blocks("\n\n你好\n\n\n\n再见\n\n") == [
        Block("text", (Run("你好"),)),
        Block("text", ()),
        Block("text", (Run("再见"),)),
    ]


def test_quotes_and_lists_have_a_greatest_depth() -> None:
    assert blocks(">" * 500 + " x")[0].level == 10
    assert blocks(" " * 200 + "- x")[0].level <= 4


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 100_000,
        "(" * 100_000,
        "（" * 100_000,
        "*" * 100_000,
        "**a*（`~~" * 20_000,
        "![](" * 30_000,
        "_" * 100_000,
        "`" * 99_999,
        "> " * 50_000,
        "|a|b|\n" * 20_000,
        "\n" * 100_000,
        "啊" * 1_000_000,
    ],
)
def test_bombs_are_read_within_their_limit(bomb: str) -> None:
    found = blocks(bomb)
    assert sum(len(run.text) for block in found for run in block.runs) <= LONGEST_SHOWN


def test_a_stream_is_shown_at_any_cut() -> None:
    text = "（笑）**今天**的*茶*，`x` [a](b)\n> 引\n1. 一\n```\ncode"
    assert blocks("") == [] or not any(run.text for block in blocks("") for run in block.runs)
    for end in range(1, len(text) + 1):
        shown = "".join(run.text for block in blocks(text[:end]) for run in block.runs)
        assert "笑" in shown or end < 2
