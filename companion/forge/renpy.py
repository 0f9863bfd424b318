"""Ren'Py scripts (.rpy): say statements, menus and labels; python is never run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from companion.forge.lines import Line
from companion.forge.problems import Problem

_STRING: Final = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_DEFINE: Final = re.compile(
    rf"^(?:define|default)\s+(?P<id>[\w.]+)\s*=\s*(?:Character|DynamicCharacter|ADVCharacter|"
    rf"NVLCharacter)\s*\(\s*(?:_\()?\s*(?P<name>{_STRING}|None)"
)
_SAY: Final = re.compile(
    rf"^(?P<who>[A-Za-z_][\w.]*|"
    rf"{_STRING})\s+(?P<attributes>(?:@?\s*-?[A-Za-z_]\w*\s+)*)(?P<text>{_STRING})(?P<rest>[^:]*)$"
)
_NARRATION: Final = re.compile(rf"^(?P<text>{_STRING})\s*(?:with\s+.*|id\s+.*)?$")
_CHOICE: Final = re.compile(rf"^(?P<text>{_STRING})\s*(?:\([^)]*\))?\s*(?:if\s+.+)?:$")
_LABEL: Final = re.compile(r"^label\s+(?P<name>[\w.]+)")
_VOICE: Final = re.compile(rf"^voice\s+(?P<file>{_STRING})")
_EXTEND: Final = re.compile(rf"^extend\s+(?:[A-Za-z_]\w*\s+)*(?P<text>{_STRING})")
_PYTHON: Final = re.compile(
    r"^(?:init\s+(?:-?\d+\s+)?)?python\b.*:$|^(?:init\b.*|screen\b.*|transform\b.*|style\b.*|"
    r"translate\b.*python.*):$|^(?:\$\s*.+)$"
)
_SILENT: Final = re.compile(
    r"^(?:scene|show|hide|with|play|stop|queue|pause|window|jump|call|return|pass|if|elif|else|while|"
    r"menu|image|define|default|nvl|"
    r"init|at|camera|translate|old|new|set|\$|#|\w+\s*=|define\b|renpy\.)\b|^#|^[})\]]"
)
_TAGS: Final = re.compile(r"\{/?[a-z][^{}]*\}|\{/?[bisu]\}")
_SECOND: Final = re.compile(r"\{#[^{}]*\}")


@dataclass(slots=True)
class _State:
    names: dict[str, str | None] = field(default_factory=dict)
    scene: int = 0
    voice: str = ""
    skip_beyond: int | None = None


def renpy_lines(text: str) -> tuple[list[Line], list[Problem]]:
    """Return what is said, told and offered to the player, in the order of the file; each label and branch a scene."""
    state = _State()
    _define_all(text, state)
    out: list[Line] = []
    problems: list[Problem] = []
    at = 0
    for raw in text.split("\n"):
        row = raw.strip()
        indent = len(raw) - len(raw.lstrip())
        start = at + indent
        at += len(raw) + 1
        if not row or row.startswith("#"):
            continue
        if state.skip_beyond is not None:
            if indent > state.skip_beyond:
                continue
            state.skip_beyond = None
        if _PYTHON.match(row):
            problems.append(Problem("refused", start, row[:60]))
            state.skip_beyond = indent if row.endswith(":") else None
        elif not _took(row, start, state, out) and not _SILENT.match(row):
            problems.append(Problem("unknown_statement", start, row[:60]))
    return out, problems


def _define_all(text: str, state: _State) -> None:
    for raw in text.split("\n"):
        if (found := _DEFINE.match(raw.strip())) is not None:
            name = found["name"]
            state.names[found["id"]] = None if name == "None" else _said(name)


def _took(row: str, start: int, state: _State, out: list[Line]) -> bool:
    if (label := _LABEL.match(row)) is not None:
        state.scene += bool(out)
        return bool(label)
    if (voice := _VOICE.match(row)) is not None:
        state.voice = _said(voice["file"])
        return True
    if (more := _EXTEND.match(row)) is not None:
        if out:
            out[-1] = replace(out[-1], end=start + more.end("text"), text=out[-1].text + _said(more["text"]))
        return True
    if (choice := _CHOICE.match(row)) is not None:
        state.scene += 1
        out.append(_line(choice, start, state, None, "choice"))
        return True
    if (told := _NARRATION.match(row)) is not None:
        out.append(_line(told, start, state, None, "narration"))
        return True
    found = _SAY.match(row)
    if found is None or _is_statement(found["who"]):
        return False
    who = found["who"]
    named = _said(who) if who[0] in "\"'" else state.names.get(who, who)
    attributes = found["attributes"].split()
    emotion = attributes[-1].lstrip("@-") if attributes else ""
    line = _line(found, start, state, named, "speech" if named else "narration")
    out.append(replace(line, emotion=emotion))
    return True


def _line(found: re.Match[str], start: int, state: _State, speaker: str | None, kind: str) -> Line:
    begin, end = start + found.start("text") + 1, start + found.end("text") - 1
    voice, state.voice = state.voice, ""
    said = _said(found["text"])
    if kind == "choice":
        return Line(begin, end, said, None, "choice", state.scene)
    return Line(begin, end, said, speaker, "speech" if speaker else "narration", state.scene, voice=voice)


def _said(literal: str) -> str:
    """Return the text of a string: without its quotes, escapes and text tags."""
    body = re.sub(r"\\(.)", lambda one: "\n" if one.group(1) == "n" else one.group(1), literal[1:-1])
    return (
        " ".join(_SECOND.sub("", _TAGS.sub("", body)).split())
        if "\n" not in body
        else _TAGS.sub("", body).strip()
    )


def _is_statement(word: str) -> bool:
    return bool(_SILENT.match(f"{word} ")) or word in (
        "label",
        "voice",
        "text",
        "textbutton",
        "add",
        "use",
        "key",
    )
