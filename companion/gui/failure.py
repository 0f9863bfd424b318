"""What a person sees who double-clicked when the program cannot start: a sentence and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QMessageBox

from companion.gui.application import make_application
from companion.gui.notices import notice_text
from companion.gui.translation import apply_language, chosen_language


def show_failure(what: str, hint: str, code: str, *, quit_after_s: float | None) -> None:
    """Show why the program cannot start until it is dismissed, at most `quit_after_s`."""
    application = make_application()
    apply_language(application, chosen_language("system"))
    told = notice_text(what, hint, code)
    box = QMessageBox(QMessageBox.Icon.Warning, "companion", told.what)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(told.hint)
    if quit_after_s is not None:
        QTimer.singleShot(round(quit_after_s * 1000), box, box.accept)
    box.exec()
