"""Texts taken out of visual novels: a name command, then what is said, between commands of the engine."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from companion.forge.lines import Line
from companion.forge.problems import Problem

# Profiles of engines: KAG and KiriKiri, NScripter, and the tables that extractors write.
_NAMES: Final = (
    re.compile(
        r"^\[(?:name|nm|chara|"
        r"ns)\s*[=\s]\s*[\"']?(?:t=)?(?P<name>[^\]\"'\s]{1,20})[\"']?[^\]]*\]\s*(?P<text>.*)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^@(?:chara|name|nm|talk)\s+(?:name=)?[\"']?(?P<name>[^\s\"']{1,20})[\"']?.*$(?P<text>)",
        re.IGNORECASE,
    ),
    re.compile(r"^#(?P<name>[^\s#:：]{1,12})(?::\w+)?$(?P<text>)"),
    re.compile(r"^【(?P<name>[^】\n]{1,12})】\s*(?P<text>.*)$"),
    re.compile(r"^[○◇☆][^|○◇☆]*[|○◇☆]\s*(?P<name>[^\s「『：:]{1,12})\s*(?P<text>[「『].*)$"),
)
_VOICE: Final = re.compile(
    r"\[(?:voice|vo|v)\s*[=\s]\s*[\"']?(?:file=|storage=)?(?P<file>[\w./\\-]+)[^\]]*\]|"
    r"^@voice\s+(?:file=|storage=)?[\"']?(?P<at>[\w./\\-]+)",
    re.IGNORECASE,
)
_RUBY: Final = re.compile(
    r"\[(?:ruby|rb)\s+text=[\"']?[^\]\"']*[\"']?[^\]]*\]|｜?(?<=[\u3400-\u9fff])《[ぁ-ゖァ-ヺー]+》|"
    r"\{r:[^}]*\}",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"\[[^\[\]\n]{0,120}\]|\\[a-zA-Z]\b|<[^<>\n]{0,80}>|%[a-z]\d*;?")
_COMMAND: Final = re.compile(r"^[@*;][^\s「『]")
_SCENE: Final = re.compile(r"^\*(?P<label>[\w|/\-]+)|^;?[-=—]{4,}$")
_COMMENT: Final = re.compile(r"^(?:;|//)")
_MOST_BETWEEN: Final = 40
_MARKS: Final = {"「": "」", "『": "』", "“": "”", '"': '"'}


@dataclass(slots=True)
class _State:
    speaker: str | None = None
    voice: str = ""
    scene: int = 0


def n_commands(text: str, most: int = 400) -> tuple[int, int]:
    """Return how many of the first lines are commands that name a speaker, and how many lines were looked at."""
    rows = [line.strip() for line in text.split("\n", most)[:most] if line.strip()]
    return sum(
        any(pattern.match(row) for pattern in _NAMES[:3]) or bool(_VOICE.search(row)) for row in rows
    ), len(rows)


def galgame_lines(text: str) -> tuple[list[Line], list[Problem]]:
    """Return what is said and told, in order; a blank line ends a speech, a label begins a scene."""
    state = _State()
    out: list[Line] = []
    problems: list[Problem] = []
    at = 0
    for raw in text.split("\n"):
        row = raw.strip()
        start = at + (raw.index(row[0]) if row else 0)
        at += len(raw) + 1
        if not row:
            state.speaker = None
        elif (named := next((m for pattern in _NAMES if (m := pattern.match(row))), None)) is not None:
            state.speaker = named["name"].split("/")[-1].split("＠")[0]
            _take_voice(row, state)
            if named["text"].strip():
                _add(out, text, start + named.start("text"), start + len(row), state)
        elif _SCENE.match(row):
            state.scene, state.speaker = state.scene + 1, None
        elif _COMMENT.match(row) or (_COMMAND.match(row) and not _take_voice(row, state)):
            if not _COMMENT.match(row):
                problems.append(Problem("unknown_statement", start, row[:60]))
        elif not _COMMAND.match(row):
            _add(out, text, start, start + len(row), state)
    return out, problems


def _take_voice(row: str, state: _State) -> bool:
    found = _VOICE.search(row)
    if found is not None:
        state.voice = found["file"] or found["at"] or ""
    return found is not None


def _add(out: list[Line], text: str, start: int, end: int, state: _State) -> None:
    """Add what stands in a row, to the speech before where it goes on there."""
    raw = text[start:end]
    found = _VOICE.search(raw)
    voice = (found["file"] or found["at"]) if found else state.voice
    said = _TAG.sub("", _RUBY.sub("", raw)).strip()
    if not said:
        state.voice = voice or state.voice
        return
    in_marks = len(said) > 1 and _MARKS.get(said[0]) == said[-1]
    said = said[1:-1] if in_marks else said
    state.voice = ""
    if state.speaker is None:
        out.append(Line(start, end, said, None, "narration", state.scene))
    elif not in_marks and out and _goes_on(text, out[-1], start, state):
        last = out.pop()
        glue = "" if said[:1] > "\u2e7f" else " "
        out.append(replace(last, end=end, text=last.text + glue + said, voice=last.voice or voice))
    else:
        out.append(Line(start, end, said, state.speaker, "speech", state.scene, voice=voice))


def _goes_on(text: str, last: Line, start: int, state: _State) -> bool:
    between = text[last.end : start]
    near = last.speaker == state.speaker and len(between) < _MOST_BETWEEN
    return near and "\n" in between and "\n\n" not in between
