"""Documents of every format, made here."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

_CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">'
    '<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)


class DocumentMaker:
    """Writes files below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def text(self, name: str, text: str, encoding: str = "utf-8") -> Path:
        file = self.folder / name
        file.write_bytes(text.encode(encoding))
        return file

    def epub(
        self, pages: Mapping[str, str], spine: Sequence[str], *, more: Mapping[str, str] | None = None
    ) -> Path:
        """Pages by file name, read in the order of `spine`."""
        items = "".join(
            f'<item id="i{i}" href="{name}" media-type="application/xhtml+xml"/>'
            for i, name in enumerate(pages)
        )
        order = "".join(f'<itemref idref="i{list(pages).index(name)}"/>' for name in spine)
        package = (
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/" version="3.0">'
            f"<metadata><dc:title>小书</dc:title></metadata><manifest>{items}</manifest><spine>{order}</spine></package>"
        )
        file = self.folder / "book.epub"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/epub+zip")
            archive.writestr("META-INF/container.xml", _CONTAINER)
            archive.writestr("OEBPS/book.opf", package)
            for name, page in {
                **{f"OEBPS/{one}": text for one, text in pages.items()},
                **(more or {}),
            }.items():
                archive.writestr(name, page)
        return file

    def pdf(self, pages: Sequence[Sequence[str]], name: str = "a.pdf") -> Path:
        """One page for each list of Latin lines; an empty list gives a page without text."""
        objects = [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ]
        kids = []
        for lines in pages:
            shown = " ".join(f"({line}) Tj 0 -14 Td" for line in lines)
            stream = f"BT /F1 10 Tf 50 750 Td {shown} ET"
            objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
            objects.append(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {len(objects)} 0 R "
                "/Resources << /Font << /F1 3 0 R >> >> >>"
            )
            kids.append(f"{len(objects)} 0 R")
        objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
        out, places = b"%PDF-1.4\n", []
        for number, body in enumerate(objects, 1):
            places.append(len(out))
            out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
        table = "".join(f"{place:010} 00000 n \n" for place in places)
        out += (
            f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
            f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
        ).encode()
        file = self.folder / name
        file.write_bytes(out)
        return file


@pytest.fixture
def make(tmp_path: Path) -> DocumentMaker:
    return DocumentMaker(tmp_path)
