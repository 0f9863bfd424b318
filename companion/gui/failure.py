"""What a person sees who double-clicked when the program cannot start: a sentence and what to do."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialog, QPushButton, QVBoxLayout

from companion.gui.application import make_application, make_look
from companion.gui.inert import plain_label
from companion.gui.notices import notice_text
from companion.gui.translation import apply_language, chosen_language, tr

_WIDTH: Final = 440
_MARGIN: Final = 24


def show_failure(what: str, hint: str, code: str, *, quit_after_s: float | None) -> None:
    """Show why the program cannot start until it is dismissed, at most `quit_after_s`."""
    application = make_application()
    apply_language(application, chosen_language("system"))
    make_look(application)
    dialog = failure_dialog(what, hint, code)
    if quit_after_s is not None:
        QTimer.singleShot(round(quit_after_s * 1000), dialog, dialog.accept)
    dialog.exec()


def failure_dialog(what: str, hint: str, code: str) -> QDialog:
    """Return the dialog, not yet shown."""
    told = notice_text(what, hint, code)
    dialog = QDialog()
    dialog.setWindowTitle("companion")
    dialog.setMinimumWidth(_WIDTH)
    dialog.setAccessibleDescription(told.what)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    layout.setSpacing(_MARGIN // 2)
    layout.addWidget(plain_label(told.what, strong=True, wrap=True, parent=dialog))
    layout.addWidget(plain_label(told.hint, tone="muted", wrap=True, parent=dialog))
    close = QPushButton(tr("Close"), dialog)
    close.clicked.connect(dialog.accept)
    layout.addWidget(close, alignment=Qt.AlignmentFlag.AlignRight)
    return dialog
