from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import companion
from companion.gui.sentences import joined, said
from companion.paths import bundled

pytestmark = pytest.mark.gui
KNOWN: dict[str, str] = json.loads(
    (bundled("assets") / "translations" / "sentences.zh_CN.json").read_text(encoding="utf-8")
)
ROOT = Path(companion.__file__).parent
SOURCES = [
    *sorted((ROOT / "packs").glob("*.py")),
    *sorted((ROOT / "documents").glob("*.py")),
    *(ROOT / "storage" / f"{name}.py" for name in ("exchange", "sow_chat", "jsonl", "markdown", "memories")),
    ROOT / "lore_store.py",
]
# Sentences put together from parts that are known by themselves.
COMPOSED = {"{} {} hold{} {} bytes; {} are allowed.", "{}: {} {}.", "{} could not be {} ({})."}
# Name of what is called -> where its sentences stand.
PLACES = {
    "Problem": slice(1, 3),
    "report": slice(1, 2),
    "_report": slice(1, 2),
    "complain": slice(0, 1),
    "FieldFate": slice(2, 3),
}


def shape(template: str) -> str:
    """Return a template with nameless fields."""
    return "".join(
        text.replace("{", "{{").replace("}", "}}") + ("{}" if field is not None else "")
        for text, field, _, _ in Formatter().parse(template)
    )


def shapes_of(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value.replace("{", "{{").replace("}", "}}")
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            str(part.value).replace("{", "{{").replace("}", "}}") if isinstance(part, ast.Constant) else "{}"
            for part in node.values
        )
    elif isinstance(node, ast.IfExp):
        yield from shapes_of(node.body)
        yield from shapes_of(node.orelse)


def sentences(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            is_error = name.endswith("Error") and name not in ("ValueError", "FileExistsError")
            place = slice(0, 2) if is_error else PLACES.get(name)
            for argument in node.args[place] if place is not None else []:
                yield from (one for one in shapes_of(argument) if one.strip("{} :'"))


def test_every_sentence_of_packs_documents_and_chats_has_a_chinese_form() -> None:
    known = {shape(one) for one in KNOWN} | COMPOSED
    found = {one for path in SOURCES for one in sentences(path.read_text(encoding="utf-8"))}
    assert len(found) > 100
    assert sorted(found - known) == []


def test_a_sentence_that_is_not_known_is_noticed() -> None:
    assert list(sentences("raise PackError(f'{name} is odd.', 'Try.')")) == ["{} is odd.", "Try."]


def test_translations_keep_the_fields() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert [one for one, translation in KNOWN.items() if not fields(translation) <= fields(one)] == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("坏卡.png is cut off.", "坏卡.png 不完整，后面缺了一截。"),
        (
            "x.charx holds an unsafe file name: '../a' leaves its folder.",
            "x.charx 里有不安全的文件名：'../a' 会跑到文件夹外面。",
        ),
        ("x.png: The card has no name.", "x.png：这张卡没有名字。"),
        ("'a' cannot be used: b.png is cut off.", "“a”无法使用：b.png 不完整，后面缺了一截。"),
        ("not known; comes back on export (1 entry)", "不认识，导出时原样写回（1 条）"),
        ("should be text, is list", "应当是文字，却是列表"),
        ("Something that nobody foresaw.", "Something that nobody foresaw."),
    ],
)
def test_a_sentence_with_values_is_said_in_chinese(sentence: str, expected: str, chinese: None) -> None:
    assert said(sentence) == expected


def test_a_window_in_english_says_them_as_they_are(look: object) -> None:
    assert said("坏卡.png is cut off.") == "坏卡.png is cut off."


def test_sentences_in_one_line_have_a_space_between_where_it_belongs() -> None:
    assert joined("没有。", "请再试。") == "没有。请再试。"
    assert joined("None.", "", "Try again.") == "None. Try again."
