"""Which of two words for a thing the window shows, for words that come with data and not from the catalogue."""

from __future__ import annotations

from PySide6.QtCore import QLocale


def shows_chinese() -> bool:
    """Return whether the window is in Chinese now."""
    return QLocale().language() == QLocale.Language.Chinese
