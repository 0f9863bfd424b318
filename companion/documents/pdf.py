"""PDF: the text of each page without running heads; scans and locked files are refused with a reason."""

from __future__ import annotations

import logging
import re
import struct
import zlib
from collections import Counter
from pathlib import Path
from typing import Final

from companion.documents.document import Block
from companion.errors import DocumentError

_MOST_PAGES: Final = 5_000
_LEAST_PER_PAGE: Final = 8
_EDGE_LINES: Final = 2
_DIGITS: Final = re.compile(r"[0-9０-９]+|\b[ivxlc]+\b")
_HYPHEN: Final = re.compile(r"(?<=[a-z])[-\u00ad]\n(?=[a-z])")
_ENDS: Final = re.compile("[。．！？!?.…:：”’」』\"'）)]$")
_CJK: Final = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


def read_pdf(path: Path) -> tuple[str, list[Block]]:
    """Return the title and the paragraphs. Raises DocumentError, code `encrypted`, `scanned` or `damaged`."""
    import pypdf
    import pypdf.errors

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError(
                f"{path.name} is locked with a password.", "Save it without one.", code="encrypted"
            )
        pages = [page.extract_text() for page in reader.pages[:_MOST_PAGES]]
        title = str((reader.metadata.title if reader.metadata else None) or "").strip()
    except (
        # WORKAROUND: pypdf tells of broken files with whatever its parser ran into.
        pypdf.errors.PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
        NotImplementedError,
        AssertionError,
        OverflowError,
        zlib.error,
        struct.error,
        OSError,
    ) as error:
        raise DocumentError(
            f"{path.name} is damaged or no PDF.",
            "Open it in a viewer and print it to a new PDF.",
            code="damaged",
        ) from error
    if sum(len("".join(page.split())) for page in pages) < _LEAST_PER_PAGE * len(pages):
        raise DocumentError(
            f"{path.name} holds pictures of pages, no text.",
            "Let a text recognition (OCR) program make a searchable PDF of it.",
            code="scanned",
        )
    return title, [Block(paragraph) for paragraph in paragraphs([page.split("\n") for page in pages])]


def paragraphs(pages: list[list[str]]) -> list[str]:
    """Return the paragraphs of pages of lines: running heads dropped, hyphenated words and wrapped lines joined."""
    running = _running_heads(pages)
    lines: list[str] = []
    for page in pages:
        kept = [line.strip() for line in page]
        last = len(kept) - 1
        lines += [
            line
            for i, line in enumerate(kept)
            if not ((i < _EDGE_LINES or i > last - _EDGE_LINES) and _pattern(line) in running)
        ]
    text = _HYPHEN.sub("", "\n".join(lines))
    return _joined(text.split("\n"))


def _running_heads(pages: list[list[str]]) -> set[str]:
    """Lines at the edge of most pages, numbers aside."""
    counts: Counter[str] = Counter()
    for page in pages:
        kept = [line for line in page if line.strip()]
        counts.update({_pattern(line) for line in (*kept[:_EDGE_LINES], *kept[-_EDGE_LINES:])})
    return {pattern for pattern, count in counts.items() if count >= max(3, len(pages) // 2)}


def _pattern(line: str) -> str:
    return _DIGITS.sub("#", line.strip())


def _joined(lines: list[str]) -> list[str]:
    lengths = sorted(len(line) for line in lines if line)
    full = 0.7 * lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0
    out: list[str] = []
    current = ""
    for line in lines:
        if not line:
            out, current = [*out, current] if current else out, ""
            continue
        glue = "" if not current or _CJK.match(current[-1]) or _CJK.match(line[0]) else " "
        current += glue + line
        # A short line, or one that ends a sentence short of the margin, ends its paragraph.
        if len(line) < full or (_ENDS.search(line) and len(line) < full / 0.7 * 0.9):
            out.append(current)
            current = ""
    return [*out, current] if current else out
