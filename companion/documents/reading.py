"""From a file to a document, whatever its format."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from companion.documents.decoding import decoded
from companion.documents.document import Block, Document, document_id, from_blocks, plain
from companion.documents.docx import read_docx
from companion.documents.entries import entry_blocks
from companion.documents.epub import read_epub
from companion.documents.markup import blocks_of
from companion.documents.pdf import read_pdf
from companion.documents.subtitles import subtitle_blocks
from companion.errors import DocumentError

SUFFIXES: Final = (
    ".txt",
    ".md",
    ".html",
    ".htm",
    ".xhtml",
    ".epub",
    ".docx",
    ".pdf",
    ".srt",
    ".vtt",
    ".ass",
    ".ssa",
    ".json",
    ".jsonl",
)
MOST_BYTES: Final = 50_000_000
_NAMED: Final = re.compile(r"\s*《([^《》\n]{1,40})》")
_MARKDOWN_TITLE: Final = re.compile(r"\A\s*#[ \t]+(\S.*)")
_Blocks = tuple[str, list[Block]]
_PACKED: Final[dict[str, Callable[[Path], _Blocks]]] = {
    ".epub": read_epub,
    ".docx": read_docx,
    ".pdf": read_pdf,
}


def read_document(path: Path, *, origin: str = "user", file: str = "") -> Document:
    """Return the document in `path`; `file` is the name it goes by, if not the path's own.

    Raises DocumentError, code `unsupported`, `too_large`, `empty`, `binary`, `damaged`, `encrypted`, `scanned` or `io`.
    """
    file = file or path.name
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DocumentError(
            f"{file} is of a kind that cannot be read.",
            f"These can: {', '.join(one.lstrip('.') for one in SUFFIXES)}.",
            code="unsupported",
        )
    _check_size(path, file)
    id_ = document_id(file, origin)
    if suffix in _PACKED:
        title, blocks = _PACKED[suffix](path)
        found = from_blocks(id_, file, title or path.stem, blocks)
    else:
        found = document_of_text(decoded(_bytes(path, file), file), suffix, id_, file)
    if not any(char.isalnum() for char in found.text):
        raise DocumentError(f"{file} holds no text.", "Choose another file.", code="empty")
    return found


def document_of_text(text: str, suffix: str, id_: str, file: str) -> Document:
    """Return the document of a decoded text of the kind `suffix`. Raises DocumentError, code `damaged`."""
    stem = Path(file).stem
    if suffix in (".html", ".htm", ".xhtml"):
        title, blocks = blocks_of(text)
        return from_blocks(id_, file, title or stem, blocks)
    if suffix in (".srt", ".vtt", ".ass", ".ssa"):
        return from_blocks(id_, file, stem, subtitle_blocks(text, file))
    if suffix in (".json", ".jsonl"):
        return from_blocks(id_, file, stem, entry_blocks(text, file))
    text = plain(text)
    named = _NAMED.match(text) or (_MARKDOWN_TITLE.match(text) if suffix == ".md" else None)
    return Document(id_, file, named.group(1).strip() if named else stem, text)


def _check_size(path: Path, file: str) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(file, error) from error
    if size > MOST_BYTES:
        raise DocumentError(
            f"{file} has {size / 1e6:,.0f} MB; {MOST_BYTES / 1e6:,.0f} MB can be read.",
            "Split it.",
            code="too_large",
        )
    if not size:
        raise DocumentError(f"{file} is empty.", "Choose another file.", code="empty")


def _bytes(path: Path, file: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: str, error: OSError) -> DocumentError:
    return DocumentError(
        f"{file} cannot be read ({error.strerror or type(error).__name__}).", "Check the file.", code="io"
    )
