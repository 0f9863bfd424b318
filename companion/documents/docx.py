"""Word documents (docx): paragraphs, headings and tables in their order."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

from companion.documents.document import Block
from companion.documents.zipped import Zipped
from companion.errors import DocumentError

_HEADING: Final = re.compile(r"(?:heading|标题|標題)\s*([1-9])", re.IGNORECASE)


def read_docx(path: Path) -> tuple[str, list[Block]]:
    """Return the title and the blocks of a document. Raises DocumentError, code `damaged`."""
    import docx
    import docx.opc.exceptions

    with Zipped(path) as archive:
        archive.check()
    try:
        document = docx.Document(str(path))
        blocks = [block for element in document.iter_inner_content() for block in _blocks(element)]
        return str(document.core_properties.title or "").strip(), blocks
    except (
        # The library unpacks and parses by itself, and tells of damage with whatever it ran into.
        docx.opc.exceptions.OpcError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        SyntaxError,
    ) as error:
        raise DocumentError(
            f"{path.name} is damaged or no Word document.", "Save it again as docx.", code="damaged"
        ) from error


def _blocks(element: Any) -> list[Block]:
    if hasattr(element, "rows"):
        rows = ("\t".join(cell.text.strip() for cell in row.cells) for row in element.rows)
        return [Block("\n".join(row for row in rows if row.strip()))]
    style = str(element.style.name or "") if element.style is not None else ""
    found = _HEADING.match(style)
    level = int(found.group(1)) if found else int(style in ("Title", "标题"))
    return [Block(str(element.text), level=level if element.text.strip() else 0)]
