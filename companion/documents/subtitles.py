"""Subtitles (srt, vtt, ass): who says what, in scenes that silence parts."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Final

from companion.documents.document import Block
from companion.errors import DocumentError

_SILENCE_MS: Final = 20_000
_TAGS: Final = re.compile(r"<[^<>]{0,80}>|\{[^{}]{0,200}\}")
_VOICE: Final = re.compile(r"<v(?:\.[\w.]+)?\s+([^<>]{1,60})>")
_DRAWING: Final = re.compile(r"\\p[1-9]")


def subtitle_blocks(text: str, file: str) -> list[Block]:
    """Return one block for each stretch of talk. Raises DocumentError, code `damaged`."""
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
    blocks: list[Block] = []
    lines: list[str] = []
    end = 0
    for event in sorted(events, key=lambda one: one.start):
        line = "" if event.is_comment or _DRAWING.search(event.text) else _line(event.text, event.name)
        if not line or (lines and lines[-1] == line):
            continue
        if lines and event.start - end > _SILENCE_MS:
            blocks += [Block("\n".join(lines)), Block("***")]
            lines = []
        lines.append(line)
        end = max(end, event.end)
    return [*blocks, Block("\n".join(lines))] if lines else blocks


def _line(text: str, name: str) -> str:
    voice = _VOICE.search(text)
    name = (voice.group(1) if voice else name).strip()
    said = " ".join(_TAGS.sub("", text.replace("\\N", " ").replace("\\n", " ").replace("\\h", " ")).split())
    return f"{name}：{said}" if name and said else said
