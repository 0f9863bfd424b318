"""EPUB 2 and 3: the pages of the spine in their order (EPUB 3.3, sections 4 and 5)."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote
from xml.etree import ElementTree

from companion.documents.decoding import decoded
from companion.documents.document import Block
from companion.documents.markup import blocks_of
from companion.documents.zipped import Zipped
from companion.errors import DocumentError

_PAGES: Final = ("application/xhtml+xml", "text/html", "application/xml")
# Obfuscated fonts are no reason to refuse a book.
_FONTS: Final = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_ALGORITHM: Final = re.compile(r"Algorithm\s*=\s*[\"']([^\"']+)[\"']")


def read_epub(path: Path) -> tuple[str, list[Block]]:
    """Return the title and the blocks of a book. Raises DocumentError, code `encrypted` or `damaged`."""
    with Zipped(path) as book:
        names = set(book.names())
        if "META-INF/encryption.xml" in names:
            text = book.read("META-INF/encryption.xml").decode("utf-8", errors="replace")
            if any(one not in _FONTS for one in _ALGORITHM.findall(text)):
                raise DocumentError(
                    f"{path.name} is protected against copying.",
                    "Only its seller's programs can open it.",
                    code="encrypted",
                )
        container = _xml(book.read("META-INF/container.xml"), path.name)
        package_name = next(
            (one.get("full-path", "") for one in container.iter() if _tag(one) == "rootfile"), ""
        )
        package = _xml(book.read(package_name), path.name)
        title = next((one.text or "" for one in package.iter() if _tag(one) == "title"), "")
        blocks: list[Block] = []
        for name in _spine(package, posixpath.dirname(package_name)):
            if name in names:
                _, page = blocks_of(decoded(book.read(name), path.name))
                blocks += page
    return " ".join(title.split()), blocks


def _spine(package: ElementTree.Element, folder: str) -> list[str]:
    items = {one.get("id", ""): one for one in package.iter() if _tag(one) == "item"}
    out: list[str] = []
    for reference in package.iter():
        item = items.get(reference.get("idref", "")) if _tag(reference) == "itemref" else None
        if item is None or reference.get("linear") == "no" or "nav" in item.get("properties", "").split():
            continue
        if item.get("media-type", "") in _PAGES:
            out.append(
                posixpath.normpath(posixpath.join(folder, unquote(item.get("href", "").partition("#")[0])))
            )
    return out


def _xml(data: bytes, file: str) -> ElementTree.Element:
    # Entities can be nested until they fill the memory; no book needs its own.
    if b"<!ENTITY" in data:
        raise DocumentError(f"{file} holds unsafe XML.", "It was refused.", code="damaged")
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DocumentError(
            f"{file} is damaged: {error}.", "Download or copy it again.", code="damaged"
        ) from error


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
