"""Lines of subtitles: joined over cues, one language of two, one speaker a dash."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from companion.documents.document import Document, plain
from companion.documents.subtitles import Cue, cues_of
from companion.forge.lines import Line
from companion.forge.problems import Problem
from companion.text.language import HAN, language_of

_JOIN_MS: Final = 400
_SILENCE_MS: Final = 20_000
_ENDS: Final = re.compile(r"[。！？!?.…」』”\"~～]$")
_DASH: Final = re.compile(r"^\s*[-–—]\s*(?=\S)")
_SOUND: Final = re.compile(r"^[\[(（【♪♫#].*[\])）】♪♫#]$|^[♪♫\s]+$")
_NAME: Final = re.compile(
    rf"^(?P<name>[{HAN}·]{{1,6}}|[A-Z][A-Za-z .'-]{{0,20}}|[A-Z][A-Z .'-]{{1,20}})\s*[：:]\s*(?P<text>\S.*)$"
)
_HAN: Final = re.compile(f"[{HAN}]")


def subtitle_source(text: str, id_: str, file: str, title: str) -> tuple[Document, list[Line], list[Problem]]:
    """Return a document of one line a speech, its lines, and a problem for each cue that gave none, by number.

    Raises DocumentError, code `damaged`.
    """
    cues = cues_of(text, file)
    problems: list[Problem] = []
    both = _is_bilingual(cues)
    speeches: list[tuple[str, str, int]] = []
    scene, last = 0, None
    for cue in cues:
        if not cue.text:
            problems.append(Problem("drawing", cue.number, "a drawing, a comment or nothing", row=True))
            continue
        if both and (other := [row for row in cue.text.split("\n") if not _HAN.search(row)]):
            problems.append(Problem("other_language", cue.number, other[0][:60], row=True))
        if last is not None and cue.start_ms - last.end_ms > _SILENCE_MS:
            scene += 1
        gap = cue.start_ms - last.end_ms if last is not None else _SILENCE_MS
        for number, (name, said) in enumerate(_speeches(cue, both=both)):
            if _SOUND.match(said):
                problems.append(Problem("noise", cue.number, said[:60], row=True))
                continue
            before = speeches[-1] if speeches else ("", "", -1)
            if before[:2] == (name, said):
                problems.append(Problem("duplicate_line", cue.number, said[:60], row=True))
            elif (
                not number
                and before[2] == scene
                and name in (before[0], "")
                and gap < _JOIN_MS
                and not _ENDS.search(before[1])
            ):
                glue = "" if _HAN.match(said) else " "
                speeches[-1] = (before[0], before[1] + glue + said, scene)
            else:
                speeches.append((name, said, scene))
        last = cue
    document, lines = _written(speeches, id_, file, title)
    return document, lines, problems


def _speeches(cue: Cue, *, both: bool) -> list[tuple[str, str]]:
    rows = cue.text.split("\n")
    if both:
        rows = [row for row in rows if _HAN.search(row)] or rows
    if len(rows) > 1 and all(_DASH.match(row) for row in rows):
        # Two who speak in one cue; the file's own name stands for one of them only.
        return [_named("", _DASH.sub("", row)) for row in rows]
    glue = "" if _HAN.search(rows[0]) else " "
    return [_named(cue.name, _DASH.sub("", glue.join(rows)))]


def _named(name: str, said: str) -> tuple[str, str]:
    found = _NAME.match(said) if not name else None
    return (found["name"], found["text"]) if found is not None else (name, said)


def _is_bilingual(cues: Sequence[Cue]) -> bool:
    two = 0
    for cue in cues:
        rows = cue.text.split("\n")
        two += len(rows) == 2 and {language_of(row) for row in rows} == {"zh", "en"}
    return bool(cues) and two > 0.3 * len(cues)


def _written(
    speeches: Sequence[tuple[str, str, int]], id_: str, file: str, title: str
) -> tuple[Document, list[Line]]:
    parts: list[str] = []
    lines: list[Line] = []
    at = 0
    for name, said, scene in speeches:
        said = plain(said)
        head = f"{name}：" if name else ""
        start = at + len(head)
        lines.append(Line(start, start + len(said), said, name or None, "speech", scene))
        parts.append(head + said)
        at = start + len(said) + 1
    return Document(id_, file, title, "\n".join(parts)), lines
