"""From a reply's text to runs of formatted text: a small part of Markdown, stage directions, nothing that loads.

The output is only text with marks; it is put into a document run by run, so that no parser of Qt sees it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from companion.gui.inert import LONGEST_SHOWN, tame

Mark = Literal["bold", "italic", "direction", "code", "strike"]
BlockKind = Literal["text", "heading", "quote", "item", "code", "rule"]
_DEEPEST_QUOTE: Final = 10
_DEEPEST_LIST: Final = 4
_FENCE: Final = re.compile(r"^\s{0,3}(```|~~~)")
_HEADING: Final = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_QUOTE: Final = re.compile(r"^\s{0,3}((?:>\s?)+)(.*)$")
_ITEM: Final = re.compile(r"^(\s*)(?:[-*+•]|(\d{1,4})[.)])\s+(\S.*)$")
_RULE: Final = re.compile(r"^\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
_IMAGE_OR_LINK: Final = re.compile(
    r"!?\[([^\[\]\n]{0,400})\]\(\s*<?([^()\s<>]{0,2000})>?(?:\s+\"[^\"\n]{0,200}\")?\s*\)"
)
_INLINE: Final = re.compile(
    r"(?P<code>`[^`\n]{1,400}`)"
    r"|(?P<bold>\*\*(?=\S)[^*\n]{1,2000}?(?<=\S)\*\*|__(?=\S)[^_\n]{1,2000}?(?<=\S)__)"
    r"|(?P<strike>~~(?=\S)[^~\n]{1,2000}?(?<=\S)~~)"
    r"|(?P<star>\*(?=[^\s*])[^*\n]{1,2000}?(?<=\S)\*)"
    r"|(?P<direction>（[^（）\n]{1,400}）|(?<![\w(])\((?=[^\W\d])[^()\n]{3,400}\))"
)
# Brackets are stage directions only at the edge of a sentence; within one they are an aside.
_BEFORE_DIRECTION: Final = re.compile(r"(^|[\s。！？!?.…—~～”\"」』*）)])$")


@dataclass(frozen=True, slots=True)
class Run:
    text: str
    marks: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph. `level` is the depth of a quote or list; `label` what stands before a list item."""

    kind: BlockKind
    runs: tuple[Run, ...]
    level: int = 0
    label: str = ""


def blocks(text: str, limit: int = LONGEST_SHOWN) -> list[Block]:
    """Return the paragraphs of `text`, at most `limit` characters of it."""
    out: list[Block] = []
    fence = ""
    for line in tame(text, limit).split("\n"):
        opened = _FENCE.match(line)
        if opened and (not fence or opened.group(1) == fence):
            fence = "" if fence else opened.group(1)
        elif fence:
            out.append(Block("code", (Run(line),)))
        else:
            out.append(_block(line))
    return _trimmed(out)


def shown_text(text: str) -> str:
    """Return `text` as it is read out: formatting signs left out."""
    return "\n".join("".join(run.text for run in block.runs) for block in blocks(text))


def runs(line: str) -> tuple[Run, ...]:
    """Return the formatted runs of one line."""
    line = _IMAGE_OR_LINK.sub(lambda found: found.group(1) or found.group(2), line)
    out: list[Run] = []
    at = 0
    for found in _INLINE.finditer(line):
        run = _marked(found, line)
        if run is None:
            continue
        if found.start() > at:
            out.append(Run(line[at : found.start()]))
        out.append(run)
        at = found.end()
    if at < len(line):
        out.append(Run(line[at:]))
    return tuple(out)


def _block(line: str) -> Block:
    if _RULE.match(line):
        return Block("rule", ())
    if found := _HEADING.match(line):
        return Block("heading", runs(found.group(1)))
    if found := _QUOTE.match(line):
        return Block("quote", runs(found.group(2)), min(found.group(1).count(">"), _DEEPEST_QUOTE))
    if found := _ITEM.match(line):
        label = f"{found.group(2)}." if found.group(2) else "•"
        return Block("item", runs(found.group(3)), min(len(found.group(1)) // 2, _DEEPEST_LIST), label)
    return Block("text", runs(line))


def _marked(found: re.Match[str], line: str) -> Run | None:
    text = found.group()
    match found.lastgroup:
        case "code":
            return Run(text[1:-1], frozenset({"code"}))
        case "bold":
            return Run(text[2:-2], frozenset({"bold"}))
        case "strike":
            return Run(text[2:-2], frozenset({"strike"}))
        case "star":
            return Run(text[1:-1], frozenset({"italic", "direction"}))
        case _:
            if not _BEFORE_DIRECTION.search(line[: found.start()]):
                return None
            return Run(text, frozenset({"italic", "direction"}))


def _trimmed(found: list[Block]) -> list[Block]:
    """Drop empty paragraphs at both ends and keep one between others."""
    out: list[Block] = []
    for block in found:
        empty = block.kind == "text" and not any(run.text.strip() for run in block.runs)
        if not (empty and (not out or not out[-1].runs)):
            out.append(Block("text", ()) if empty else block)
    while out and out[-1].kind == "text" and not out[-1].runs:
        out.pop()
    return out
