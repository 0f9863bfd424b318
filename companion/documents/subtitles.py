"""Subtitles (srt, vtt, ass): who says what, in scenes that silence parts."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from companion.documents.document import Block
from companion.errors import DocumentError

_SILENCE_MS: Final = 20_000
_TAGS: Final = re.compile(r"<[^<>]{0,80}>|\{[^{}]{0,200}\}")
_VOICE: Final = re.compile(r"<v(?:\.[\w.]+)?\s+([^<>]{1,60})>")
_DRAWING: Final = re.compile(r"\\p[1-9]")


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: who says it, "" where the file does not tell, and what; `number` counts events from 1.

    `text` is empty where there is nothing to say: a drawing or a comment. Lines of the cue are lines of `text`.
    """

    number: int
    start_ms: int
    end_ms: int
    name: str
    text: str


def subtitle_blocks(text: str, file: str) -> list[Block]:
    """Return one block for each stretch of talk. Raises DocumentError, code `damaged`."""
    blocks: list[Block] = []
    lines: list[str] = []
    end = 0
    for cue in cues_of(text, file):
        said = " ".join(cue.text.split())
        line = f"{cue.name}：{said}" if cue.name and said else said
        if not line or (lines and lines[-1] == line):
            continue
        if lines and cue.start_ms - end > _SILENCE_MS:
            blocks += [Block("\n".join(lines)), Block("***")]
            lines = []
        lines.append(line)
        end = max(end, cue.end_ms)
    return [*blocks, Block("\n".join(lines))] if lines else blocks


def cues_of(text: str, file: str) -> list[Cue]:
    """Return every event of a subtitle file in the order of time. Raises DocumentError, code `damaged`."""
    import pysubs2
    import pysubs2.exceptions

    form = Path(file).suffix.lower().lstrip(".")
    try:
        # Only the parser of one format knows the two options, and it does not know the others' tags.
        kept = {} if form in ("ass", "ssa") else {"keep_html_tags": True, "keep_unknown_html_tags": True}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            events = pysubs2.SSAFile.from_string(text, format_=form, **kept)
    except (pysubs2.exceptions.Pysubs2Error, ValueError, KeyError, IndexError) as error:
        raise DocumentError(
            f"{file} is no subtitle file.", "Save it as srt, vtt or ass.", code="damaged"
        ) from error
    return [
        _cue(number, event) for number, event in enumerate(sorted(events, key=lambda one: one.start), start=1)
    ]


def _cue(number: int, event: Any) -> Cue:
    text = "" if event.is_comment or _DRAWING.search(event.text) else str(event.text)
    voice = _VOICE.search(text)
    name = str(voice.group(1) if voice else event.name).strip()
    bare = _TAGS.sub("", text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " "))
    said = "\n".join(line for one in bare.split("\n") if (line := " ".join(one.split())))
    return Cue(number, event.start, event.end, name, said)
