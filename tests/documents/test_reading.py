"""Every format of documents, sound and broken."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from companion.documents.chapters import chapters
from companion.documents.passages import passages_of
from companion.documents.pdf import paragraphs
from companion.documents.reading import MOST_BYTES, read_document
from companion.errors import DocumentError

pytestmark = pytest.mark.unit

Make = Any  # DocumentMaker of conftest.py, which import-mode importlib does not let us name


def _refused(file: Path) -> DocumentError:
    with pytest.raises(DocumentError) as error:
        read_document(file)
    assert file.name in error.value.what
    assert error.value.hint
    return error.value


def test_line_ends_and_composed_letters_are_made_one(make: Make) -> None:
    found = read_document(make.text("a.txt", "《小书》甲\r\n第一章 始\rcafe\u0301\x08"))

    assert found.text == "《小书》甲\n第一章 始\ncaf\u00e9"
    assert found.title == "小书"


def test_the_same_name_is_the_same_document_and_a_packs_is_another(make: Make) -> None:
    file = make.text("a.txt", "甲。")
    first = read_document(file).id
    file.write_text("乙。", encoding="utf-8")

    assert read_document(file).id == first
    assert read_document(file, origin="pack").id != first


def test_markdown(make: Make) -> None:
    found = read_document(make.text("a.md", "# 茶馆手册\n\n引言。\n\n## 规矩\n\n不许喧哗。"))

    assert found.title == "茶馆手册"
    assert [one.title for one in chapters(found)] == ["茶馆手册", "规矩"]


def test_html_without_scripts_navigation_and_ruby(make: Make) -> None:
    page = (
        "<html><head><title>小镇 &amp; 河</title><style>p{}</style><script>alert('x')</script></head><body>"
        "<nav>首页 <a>下一章</a></nav><h1>第一章 <b>雨</b></h1><p>她说：<br/>“下<ruby>雨<rt>yǔ</rt></ruby>\n了。”</p>"
        "<div>第二段<p>第三段</div><hr><p>Two\nwords</p><footer>版权</footer></body></html>"
    )
    found = read_document(make.text("a.html", page))

    assert found.title == "小镇 & 河"
    assert found.text.split("\n\n") == [
        "第一章 雨",
        "她说：\n“下雨了。”",
        "第二段",
        "第三段",
        "***",
        "Two words",
    ]
    assert [one.title for one in chapters(found)] == ["第一章 雨"]


def test_deeply_nested_markup_is_read(make: Make) -> None:
    found = read_document(make.text("a.html", "<div>" * 50_000 + "<p>底"))

    assert found.text == "底"


def test_epub_in_the_order_of_its_spine(make: Make) -> None:
    pages = {
        "b%20two.xhtml": "<html><body><h1>第二章</h1><p>后。</p></body></html>",
        "a.xhtml": "<html><body><h1>第一章</h1><p>先。</p></body></html>",
    }
    file = make.epub(pages, ["a.xhtml", "b%20two.xhtml"], more={"OEBPS/b two.xhtml": pages["b%20two.xhtml"]})
    found = read_document(file)

    assert found.title == "小书"
    assert [one.title for one in chapters(found)] == ["第一章", "第二章"]
    assert [one.text for one in passages_of([found])] == ["先。", "后。"]


def test_a_protected_epub_is_refused_but_not_one_with_obfuscated_fonts(make: Make) -> None:
    page = {"a.xhtml": "<p>先。</p>"}
    name = "META-INF/encryption.xml"
    locked = make.epub(
        page, ["a.xhtml"], more={name: '<e><m Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>'}
    )
    assert _refused(locked).code == "encrypted"

    fonts = make.epub(
        page, ["a.xhtml"], more={name: '<e><m Algorithm="http://www.idpf.org/2008/embedding"/></e>'}
    )
    assert read_document(fonts).text == "先。"


def test_xml_with_entities_of_its_own_is_refused(make: Make) -> None:
    file = make.epub({"a.xhtml": "<p>先。</p>"}, ["a.xhtml"])
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("META-INF/container.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')

    assert _refused(file).code == "damaged"


def test_a_zip_bomb_is_refused(make: Make) -> None:
    file = make.epub({"a.xhtml": "<p>" + "啊" * 5_000_000}, ["a.xhtml"])

    assert _refused(file).code == "damaged"


@pytest.mark.parametrize("name", ["a.epub", "a.docx", "a.pdf"])
def test_a_broken_container_is_refused(make: Make, name: str) -> None:
    assert _refused(make.text(name, "PK\x03\x04 no archive")).code == "damaged"


def test_docx_with_headings_and_a_table(make: Make, tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    document.add_heading("第一章 始", level=1)
    document.add_paragraph("正文一。")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "名字", "小满"
    document.save(str(tmp_path / "a.docx"))
    found = read_document(tmp_path / "a.docx")

    assert found.text == "第一章 始\n\n正文一。\n\n名字\t小满"
    assert [one.title for one in chapters(found)] == ["第一章 始"]


def test_pdf_pages_without_their_running_heads(make: Make) -> None:
    words = ["first", "second", "third", "fourth", "fifth"]
    pages = [
        [
            "My Book",
            f"The {word} keeper of the old lighthouse climbed the many stairs at night and he re-",
            f"membered the {word} sea.",
            f"Page {n}",
        ]
        for n, word in enumerate(words, 1)
    ]
    found = read_document(make.pdf(pages))

    assert "My Book" not in found.text
    assert "Page" not in found.text
    assert "he remembered the third sea." in found.text


def test_chinese_lines_of_a_pdf_are_joined_without_spaces() -> None:
    pages = [
        ["他从河边慢慢走回来，一路上都在想昨天晚上她对他说过的那", "句话。"],
        ["次日，雨停了，街上的人渐渐多了起来，茶馆也重新开门迎客，", "她笑了。"],
    ]

    assert paragraphs(pages) == [
        "他从河边慢慢走回来，一路上都在想昨天晚上她对他说过的那句话。",
        "次日，雨停了，街上的人渐渐多了起来，茶馆也重新开门迎客，她笑了。",
    ]


def test_a_scanned_and_a_locked_pdf_are_refused_with_their_reason(make: Make, tmp_path: Path) -> None:
    import pypdf

    assert _refused(make.pdf([[], []])).code == "scanned"

    writer = pypdf.PdfWriter(clone_from=make.pdf([["Some text that is long enough"]], "open.pdf"))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(str(tmp_path / "locked.pdf"))
    assert _refused(tmp_path / "locked.pdf").code == "encrypted"


SRT = (
    "1\n00:00:01,000 --> 00:00:02,000\n<i>你来了。</i>\n\n2\n00:00:02,000 --> 00:00:03,000\n嗯，\n下雨了。\n\n"
    "3\n00:01:00,000 --> 00:01:02,000\nHello.\n"
)
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v 小满>你来了。</v>\n"
ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,小满,0,0,0,,{\\b1}你\\N来了。\n"
    "Comment: 0,0:00:02.00,0:00:03.00,Default,,0,0,0,,note\n"
    "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 10 10\n"
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.srt", SRT, "你来了。\n嗯， 下雨了。\n\n***\n\nHello."),
        ("a.vtt", VTT, "小满：你来了。"),
        ("a.ass", ASS, "小满：你 来了。"),
    ],
)
def test_subtitles_name_their_speakers_and_lose_their_tags(
    make: Make, name: str, text: str, expected: str
) -> None:
    assert read_document(make.text(name, text)).text == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a.json", [{"text": "甲。"}, {"text": "乙。"}]),
        ("a.json", ["甲。", "乙。"]),
        ("a.json", {"entries": {"0": {"content": "甲。"}, "1": {"content": "乙。"}}}),
        ("a.json", {"data": {"entries": [{"content": "甲。"}, {"content": "乙。"}]}}),
    ],
)
def test_lists_of_texts(make: Make, name: str, value: object) -> None:
    found = read_document(make.text(name, json.dumps(value, ensure_ascii=False)))

    assert [found.text[start:end] for start, end in found.entries] == ["甲。", "乙。"]


def test_json_lines_with_titles(make: Make) -> None:
    found = read_document(
        make.text("a.jsonl", '{"title": "猫", "text": "白的。"}\n\n{"text": "乙\\ud800。"}\n')
    )

    assert found.text == "猫\n白的。\n\n乙。"


@pytest.mark.parametrize("text", ["{}", "[1, 2]", "{broken", "[" * 100_000])
def test_json_without_texts_is_refused(make: Make, text: str) -> None:
    assert _refused(make.text("a.json", text)).code == "damaged"


def test_what_cannot_be_read_is_refused_with_a_reason(make: Make, tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(MOST_BYTES + 1)

    assert _refused(make.text("a.exe", "MZ")).code == "unsupported"
    assert _refused(make.text("a.txt", "")).code == "empty"
    assert _refused(make.text("b.txt", " \n\n ***\n")).code == "empty"
    assert _refused(make.text("c.txt", "\x89PNG\r\n", "latin-1")).code == "binary"
    assert _refused(tmp_path / "missing.txt").code == "io"
    assert _refused(large).code == "too_large"
