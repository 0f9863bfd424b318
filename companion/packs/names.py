"""Names that a stranger chose: of members in an archive, and of packs; what of them may reach the disk."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

MAX_PATH_BYTES = 400
MAX_PART_BYTES = 240
MAX_DEPTH = 16
MAX_ID_CHARS = 80
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)
_NOT_ON_WINDOWS = re.compile(r'[*?"<>|]')
_SEPARATORS = re.compile(r'[/\\:*?"<>|]+')


def objection(name: str) -> str:
    """Return why the relative name of a pack's file is unsafe on some system, or an empty string."""
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        return f"is longer than {MAX_PATH_BYTES} bytes" if name else "is empty"
    if any(_is_control(char) for char in name):
        return "holds a control character"
    if "\\" in name:
        return "holds a backslash"
    if name.startswith("/"):
        return "is absolute"
    parts = name.split("/")
    if len(parts) > MAX_DEPTH:
        return f"lies more than {MAX_DEPTH} folders deep"
    return next((found for part in parts if (found := _objection_to_part(part))), "")


def _objection_to_part(part: str) -> str:
    if part in ("", ".", ".."):
        return "leaves its folder" if part == ".." else "has an empty part"
    if ":" in part:
        return "holds a colon"
    if part.endswith((" ", ".")):
        return "ends with a dot or a space"
    if _RESERVED.match(part):
        return "is the name of a device"
    if len(part.encode("utf-8", "surrogatepass")) > MAX_PART_BYTES:
        return f"has a part longer than {MAX_PART_BYTES} bytes"
    return ""


def is_hidden(name: str) -> bool:
    """Tell whether a file belongs to the system that packed it (`.DS_Store`, `__MACOSX/`) or is hidden."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def clash_key(name: str) -> str:
    """Return what is equal for two names that some file system takes for the same (case, composed accents)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def pack_id(name: str) -> str:
    """Return `name` as a pack may be called on every system; never empty, never hidden."""
    text = unicodedata.normalize("NFC", name)
    text = "".join("" if _is_control(char) else char for char in text)
    text = _SEPARATORS.sub("-", text)[:MAX_ID_CHARS].strip(" .-_")
    while len(text.encode("utf-8", "surrogatepass")) > MAX_PART_BYTES - 40:
        text = text[:-1]
    text = text.encode("utf-8", "replace").decode("utf-8").strip(" .-_")
    if _RESERVED.match(text):
        text = text.replace(".", "-")
    return f"{text}-" if _RESERVED.match(text) else text or "character"


def portable(name: str) -> str:
    """Return the relative name of a file without the characters that Windows allows in none."""
    return _NOT_ON_WINDOWS.sub("-", name)


def free_id(wanted: str, taken: Iterable[str]) -> str:
    """Return `wanted`, or it with the first free number, none of `taken` in any spelling of case or accents."""
    keys = {clash_key(name) for name in taken}
    id_, n = wanted, 2
    while clash_key(id_) in keys:
        id_, n = f"{wanted}-{n}", n + 1
    return id_


def _is_control(char: str) -> bool:
    # Cf holds the marks that reverse or hide text; joiners (U+200D) make up emoji.
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\u200c\u200d"
