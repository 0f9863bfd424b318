"""Words of the window: English in the source, Chinese from `assets/translations`, switched while it runs.

Every text goes through `tr` or `Texts.put` with a literal, so that a test can find them all.
"""

from __future__ import annotations

import json
import locale
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QObject, QTranslator
from PySide6.QtWidgets import QWidget

from companion.paths import bundled

Language = Literal["zh_CN", "en"]
CONTEXT: Final = "companion"
_APPLIED: Final = "companionTranslator"


def tr(text: str, /, **values: object) -> str:
    """Return `text` in the window's language, `{name}` fields filled with `values`."""
    said = QCoreApplication.translate(CONTEXT, text)
    return said.format(**values) if values else said


class Texts(QObject):
    """The texts of one widget: set now, and again whenever the language changes."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._puts: list[tuple[Callable[[str], object], str]] = []
        self._calls: list[Callable[[], None]] = []
        widget.installEventFilter(self)

    def put(self, setter: Callable[[str], object], text: str) -> None:
        """Give `tr(text)` to `setter`."""
        self._puts.append((setter, text))
        setter(tr(text))

    def also(self, call: Callable[[], None]) -> None:
        """Call `call` after the language changed, for texts that hold values."""
        self._calls.append(call)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._widget and event.type() == QEvent.Type.LanguageChange:
            for setter, text in self._puts:
                setter(tr(text))
            for call in self._calls:
                call()
        return False


class CatalogueTranslator(QTranslator):
    """Answers from a JSON catalogue: {context: {source: translation}}."""

    def __init__(self, catalogue: dict[str, dict[str, str]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._catalogue = catalogue

    def isEmpty(self) -> bool:
        return not self._catalogue

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        texts = self._catalogue.get(context, {})
        if context == CONTEXT or source in texts:
            return texts.get(source, source)
        # Qt marks mnemonics with `&`; the catalogue holds Qt's words once, without it.
        return self._catalogue.get("Qt", {}).get(source.replace("&", ""), source)


def apply_language(application: QCoreApplication, language: Language) -> None:
    """Show the window in `language` from now on; every widget gets a LanguageChange event."""
    for old in application.findChildren(CatalogueTranslator):
        application.removeTranslator(old)
        old.setParent(None)
    QLocale.setDefault(QLocale(language))
    # English needs one as well: removing the last translator alone sends no LanguageChange in time.
    catalogue = load_catalogue(bundled("assets") / "translations" / f"{language}.json")
    application.installTranslator(CatalogueTranslator(catalogue, application))


def load_catalogue(path: Path) -> dict[str, dict[str, str]]:
    """Return the catalogue in `path`; one that is missing gives {}, and then the source text is shown."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {str(context): {str(k): str(v) for k, v in texts.items()} for context, texts in raw.items()}


def chosen_language(setting: str) -> Language:
    """Return the language for a setting: `system` follows the desktop, Chinese for every kind of Chinese."""
    if setting == "zh_CN":
        return "zh_CN"
    if setting == "en":
        return "en"
    names = [*QLocale.system().uiLanguages(), locale.getlocale()[0] or ""]
    return "zh_CN" if names and names[0].lower().startswith(("zh", "chinese")) else "en"
