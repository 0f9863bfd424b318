"""Every format that names its speakers, and what becomes of files that cannot be used."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from companion.errors import DocumentError
from companion.forge.importing import read_source
from companion.forge.lines import Line, Source

pytestmark = pytest.mark.unit

Write = Callable[..., Path]

_SCRIPT = """第一场 客厅

林晚：你迟到了。
陈屿（笑）：堵车。
△ 雨声渐大。
林晚：那你请客。
12:30：下课
陈屿：凭什么？
旁白：他们沉默了很久。
林晚：不为什么。
"""
_BRACKETS = """【林晚】
「你迟到了。」

【陈屿】「堵车。」
雨声渐大。
【林晚】
「那你请客。
不许赖账。」

【陈屿】「凭什么？」
"""
_SCREENPLAY = """INT. CAFE - NIGHT

ALICE
(smiling)
You are late.

THOMAS
Traffic. I am sorry.

Rain falls outside.

ALICE
Then you are paying.

THOMAS
Why?
"""
_KAG = """*start|开始
@bg storage=cafe
[name=林晚]
[voice file=lw001]你[ruby text=chi]迟到了。[p]

[name=陈屿]
堵车。[l]
别生气。[p]

雨声渐大。[p]
*scene2
#林晚
「那你请客。」
"""
_RENPY = """define e = Character("艾琳", color="#c8ffc8")
define m = Character(_("小明"))
label start:
    scene bg room
    "雨下了一夜。"
    voice "e01.ogg"
    e happy "你{b}来{/b}了！"
    m "嗯。"
    extend " 路上堵车。"
    menu:
        "留下":
            e "太好了！"
        "离开" if points > 3:
            "店员" "欢迎下次光临。"
    python:
        x = "not text"
    $ points += 1
    foo bar baz
    return
"""
_SRT = """1
00:00:01,000 --> 00:00:02,000
林晚：你迟到了，

2
00:00:02,100 --> 00:00:03,000
知道吗？

3
00:00:03,500 --> 00:00:04,000
- 堵车。
- 我不信。

4
00:00:05,000 --> 00:00:06,000
♪♪

5
00:01:00,000 --> 00:01:02,000
走吧。
"""
_ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,林晚,0,0,0,,{\\i1}你迟到了。\\NYou are late.\n"
    "Dialogue: 0,0:00:03.00,0:00:04.00,Default,陈屿,0,0,0,,堵车。\\NTraffic.\n"
    "Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}\n"
)


def _told(source: Source) -> list[tuple[str | None, str]]:
    return [(line.speaker, line.text) for line in source.lines]


def _said(source: Source) -> list[tuple[str | None, str]]:
    return [(line.speaker, line.text) for line in source.lines if line.kind == "speech"]


def test_a_script_is_detected_and_read(write: Write) -> None:
    source = read_source(write("a.txt", _SCRIPT))
    assert source.form == "script"
    assert source.votes["script"] == (5, 9)
    assert _said(source) == [
        ("林晚", "你迟到了。"),
        ("陈屿", "堵车。"),
        ("林晚", "那你请客。"),
        ("陈屿", "凭什么？"),
        ("林晚", "不为什么。"),
    ]
    assert (None, "他们沉默了很久。") in _told(source)
    assert (None, "12:30：下课") in _told(source)


def test_names_in_brackets_take_the_lines_below_them(write: Write) -> None:
    source = read_source(write("a.txt", _BRACKETS))
    assert _told(source) == [
        ("林晚", "你迟到了。"),
        ("陈屿", "堵车。"),
        (None, "雨声渐大。"),
        ("林晚", "那你请客。不许赖账。"),
        ("陈屿", "凭什么？"),
    ]


def test_names_before_quotes_are_read(write: Write) -> None:
    source = read_source(write("a.txt", "林晚「你迟到了。」\n陈屿「堵车。」\n" * 4))
    assert _said(source)[:2] == [("林晚", "你迟到了。"), ("陈屿", "堵车。")]


def test_a_screenplay_is_read(write: Write) -> None:
    source = read_source(write("a.txt", _SCREENPLAY))
    assert _said(source) == [
        ("ALICE", "You are late."),
        ("THOMAS", "Traffic. I am sorry."),
        ("ALICE", "Then you are paying."),
        ("THOMAS", "Why?"),
    ]


def test_texts_of_a_visual_novel_lose_their_commands(write: Write) -> None:
    source = read_source(write("a.ks", _KAG))
    assert source.form == "galgame"
    assert _told(source) == [
        ("林晚", "你迟到了。"),
        ("陈屿", "堵车。别生气。"),
        (None, "雨声渐大。"),
        ("林晚", "那你请客。"),
    ]
    assert source.lines[0].voice == "lw001"
    assert [line.scene for line in source.lines] == [1, 1, 1, 2]
    assert [one.kind for one in source.problems] == ["unknown_statement"]


def test_renpy_keeps_emotions_voices_and_branches_and_runs_nothing(write: Write) -> None:
    source = read_source(write("a.rpy", _RENPY))
    assert source.form == "renpy"
    assert _told(source) == [
        (None, "雨下了一夜。"),
        ("艾琳", "你来了！"),
        ("小明", "嗯。路上堵车。"),
        (None, "留下"),
        ("艾琳", "太好了！"),
        (None, "离开"),
        ("店员", "欢迎下次光临。"),
    ]
    happy = source.lines[1]
    assert (happy.emotion, happy.voice) == ("happy", "e01.ogg")
    assert [line.kind for line in source.lines if line.speaker is None] == ["narration", "choice", "choice"]
    assert [line.scene for line in source.lines] == [0, 0, 0, 1, 1, 2, 2]
    assert [one.kind for one in source.problems] == ["refused", "refused", "unknown_statement"]


def test_subtitles_are_joined_and_what_nobody_says_is_told(write: Write) -> None:
    source = read_source(write("a.srt", _SRT))
    assert _told(source) == [
        ("林晚", "你迟到了，知道吗？"),
        (None, "堵车。"),
        (None, "我不信。"),
        (None, "走吧。"),
    ]
    assert [line.scene for line in source.lines] == [0, 0, 0, 1]
    assert [(one.kind, one.at, one.row) for one in source.problems] == [("noise", 4, True)]


def test_names_of_ass_are_kept_and_one_language_of_two(write: Write) -> None:
    source = read_source(write("a.ass", _ASS))
    assert _told(source) == [("林晚", "你迟到了。"), ("陈屿", "堵车。")]
    assert [one.kind for one in source.problems] == ["other_language", "other_language", "drawing"]


def test_a_card_gives_its_examples_and_greetings(write: Write) -> None:
    card = {
        "spec": "chara_card_v2",
        "data": {
            "name": "林晚",
            "first_mes": "你来了。",
            "mes_example": "<START>\n{{user}}: 你好\n{{char}}: 你好呀。\n坐吧。\n<START>\n{{user}}: 再见\n林晚：慢走。",
        },
    }
    source = read_source(write("a.json", json.dumps(card)))
    assert _told(source) == [
        ("林晚", "你来了。"),
        ("{{user}}", "你好"),
        ("林晚", "你好呀。\n坐吧。"),
        ("{{user}}", "再见"),
        ("林晚", "慢走。"),
    ]
    assert [line.scene for line in source.lines] == [0, 1, 1, 2, 2]


def test_a_packed_card_is_read_too(tmp_path: Path) -> None:
    card = {"spec": "chara_card_v3", "data": {"name": "林晚", "first_mes": "你来了。"}}
    path = tmp_path / "a.charx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("card.json", json.dumps(card))
    assert _told(read_source(path)) == [("林晚", "你来了。")]


def test_an_epub_is_read_as_a_novel_with_its_chapters(tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    page = "<html><body><h1>第一章 雨</h1><p>张明说：“你来了。”</p><p>李华笑了。</p></body></html>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "META-INF/container.xml",
            '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "b.opf",
            "<package><manifest><item id='a' href='a.xhtml' media-type='application/xhtml+xml'/></manifest>"
            "<spine><itemref idref='a'/></spine></package>",
        )
        archive.writestr("a.xhtml", page)
    source = read_source(path)
    assert source.form == "novel"
    assert [source.document.text[one.start : one.end] for one in source.document.headings] == ["第一章 雨"]


@pytest.mark.parametrize("name", ["a.txt", "a.srt", "a.ass"])
def test_every_line_is_where_it_says(write: Write, name: str) -> None:
    content = {"a.txt": _SCRIPT, "a.srt": _SRT, "a.ass": _ASS}[name]
    source = read_source(write(name, content))

    def at(line: Line) -> str:
        return source.document.text[line.start : line.end]

    assert [at(line) for line in source.lines] == [line.text for line in source.lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16"])
def test_a_novel_is_read_in_every_encoding(write: Write, encoding: str) -> None:
    text = "第一章 雨\n\n他說：「今天的天氣很好，我們去公園吧。」她不說話，只是看著他。\n" * 20
    source = read_source(write("a.txt", text, encoding))
    assert source.form == "novel"
    assert "他說：「今天的天氣很好" in source.document.text
    assert source.problems == ()


def test_a_japanese_novel_in_shift_jis_is_read(write: Write) -> None:
    text = "彼女は言った。「もう遅いですよ。」\n彼はうなずいた。\n" * 20
    source = read_source(write("a.txt", text, "shift_jis"))
    assert (source.form, source.encoding) == ("novel", "shift_jis")
    assert "もう遅いですよ" in source.document.text


def test_mixed_encodings_are_read_line_by_line_and_told(write: Write) -> None:
    first = "他说：“今天的天气很好，我们去公园吧。”\n" * 8
    second = "她不说话，只是看着他，过了很久才说：“好。”\n" * 3
    source = read_source(write("a.txt", first.encode() + second.encode("gb18030") + b"\xff\xff broken\n"))
    assert source.document.text.startswith(first + second)
    odd = [one for one in source.problems if one.kind == "mixed_encoding"]
    assert [one.at for one in odd] == [9, 10, 11, 12]
    assert "unreadable_characters" in {one.kind for one in source.problems}


def _encrypted_epub() -> bytes:
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr(
            "META-INF/encryption.xml",
            '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/></e>',
        )
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 40, "binary"),
        ("a.txt", bytes(range(256)) * 40, "binary"),
        ("a.txt", b"", "empty"),
        ("a.txt", "　\n。。。\n".encode(), "empty"),
        ("a.epub", _encrypted_epub(), "encrypted"),
        ("a.epub", b"not a zip", "damaged"),
        ("a.rpyc", b"RENPY RPC2", "unsupported"),
        ("a.mp3", b"ID3", "unsupported"),
        ("a.json", b'[{"question": "a", "answer": "b"}]', "dataset"),
        ("a.jsonl", b'{"input": "a", "output": "b"}', "dataset"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "damaged"),
        ("a.srt", b"nothing of the kind", "empty"),
    ],
)
def test_what_cannot_be_used_gets_a_verdict(write: Write, name: str, content: bytes, code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_source(write(name, content))
    assert caught.value.code == code
    assert name in caught.value.what
    assert caught.value.hint


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(DocumentError) as caught:
        read_source(path)
    assert caught.value.code == "too_large"


def test_the_form_can_be_given(write: Write) -> None:
    source = read_source(write("a.txt", _SCRIPT), form="novel")
    assert (source.form, source.lines) == ("novel", ())
