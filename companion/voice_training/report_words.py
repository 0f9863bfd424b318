"""What the report says, in Chinese and in English; `data/report_words.tsv` holds key, Chinese, English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from companion.text.phonemes import Language


def said(key: str, language: Language, **values: object) -> str:
    """Return the words for `key`, its fields filled; the key itself where there are none."""
    row = words().get(key)
    if row is None:
        return key
    text = row[0] if language == "zh" else row[1]
    return text.format(**values) if values else text


@cache
def words() -> Mapping[str, tuple[str, str]]:
    """Return Chinese and English by key."""
    text = files("companion.voice_training.data").joinpath("report_words.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line)
    return {key: (chinese, english) for key, chinese, english in rows}
