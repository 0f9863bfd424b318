"""Sentences of the layers below, which speak English with values in them, said in the window's language.

`assets/translations/sentences.<language>.json` maps a template such as `{0} is cut off.` to its translation. A field
`{0:said}` of a translation holds a sentence itself.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from string import Formatter
from typing import Final

from PySide6.QtCore import QLocale

from companion.paths import bundled

_NAMES: Final = {QLocale.Language.Chinese: "zh_CN"}
_DEEPEST: Final = 3


def said(sentence: str, *, depth: int = 0) -> str:
    """Return `sentence` in the window's language; one that is not known comes back as it is."""
    language = _NAMES.get(QLocale().language())
    if language is None or not sentence or depth > _DEEPEST:
        return sentence
    whole, patterns = _catalogue(language)
    if sentence in whole:
        return whole[sentence]
    for pattern, translation in patterns:
        if match := pattern.fullmatch(sentence):
            return translation.format(*(_Value(one, depth) for one in match.groups()))
    return sentence


def joined(*parts: str) -> str:
    """Return sentences in one line; after a full-width mark stands no space."""
    line = ""
    for part in filter(None, parts):
        line += part if not line or line[-1] in "。！？；：" else f" {part}"
    return line


class _Value:
    """A value in a sentence; the format `said` says it too."""

    def __init__(self, text: str, depth: int) -> None:
        self._text, self._depth = text, depth

    def __format__(self, form: str) -> str:
        return said(self._text, depth=self._depth + 1) if form == "said" else self._text


@lru_cache(maxsize=4)
def _catalogue(language: str) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Return whole sentences and patterns; those with the most words of their own come first."""
    try:
        raw = (bundled("assets") / "translations" / f"sentences.{language}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, []
    whole: dict[str, str] = {}
    found: list[tuple[int, re.Pattern[str], str]] = []
    for template, translation in json.loads(raw).items():
        parts = [(text, field) for text, field, _, _ in Formatter().parse(template)]
        if all(field is None for _, field in parts):
            whole["".join(text for text, _ in parts)] = translation
            continue
        pattern = "".join(re.escape(text) + ("(.+?)" if field is not None else "") for text, field in parts)
        own = sum(len(text) for text, _ in parts)
        found.append((own, re.compile(pattern, re.DOTALL), translation))
    found.sort(key=lambda one: -one[0])
    return whole, [(pattern, translation) for _, pattern, translation in found]
