"""Texts and files for the forge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from companion.documents.document import Document, plain
from companion.forge.extraction import Extraction, extracted
from companion.forge.lines import Source

DATA = Path(__file__).parent / "data"

Extract = Callable[..., Extraction]


@pytest.fixture
def extract() -> Extract:
    """Extract a text as a novel."""

    def do(text: str, **options: object) -> Extraction:
        return extracted(Source(Document("d", "d.txt", "d", plain(text)), "novel"), **options)  # type: ignore[arg-type]

    return do


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file below the test's folder."""

    def do(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return do
