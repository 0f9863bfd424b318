"""The Qt application around the window: names, look, faults, the way out."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from companion.gui.meter import WindowMeter
from companion.gui.one_window import OneWindow
from companion.gui.surface import Surface
from companion.gui.theme import Look
from companion.gui.translation import apply_language, chosen_language
from companion.gui.window import MainWindow
from companion.paths import bundled

_log = logging.getLogger(__name__)
_SIGNALS_MS: Final = 250


def run_window(
    companion: Surface, *, screenshot: Path | None, quit_after_s: float | None, measures: Path | None = None
) -> int:
    """Show the window and return the exit code, see companion.gui.run."""
    application = make_application()
    apply_language(application, chosen_language(companion.settings.general.language))
    window = MainWindow(companion, make_look(application))
    _catch_faults(window)
    _let_signals_through(application, window)
    meter = WindowMeter(window) if measures is not None else None
    # A window in the tray is hidden and not closed.
    application.setQuitOnLastWindowClosed(False)
    window.left.connect(application.quit)
    one = OneWindow(companion.paths, window)
    one.asked.connect(window.background.show_up)
    application.commitDataRequest.connect(lambda _: window.end_with_session())
    window.show()
    window.begin()
    if quit_after_s is not None:
        QTimer.singleShot(round(quit_after_s * 1000), lambda: _leave(window, screenshot))
    code = int(application.exec())
    if meter is not None and measures is not None:
        meter.write(measures)
    return code


def make_application() -> QApplication:
    """Return the one application, made if need be."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    application = QApplication(sys.argv[:1])
    application.setApplicationName("companion")
    application.setApplicationDisplayName("")
    application.setOrganizationName("companion")
    application.setDesktopFileName("companion")
    application.setStyle("Fusion")
    icon = bundled("assets") / "icons" / "companion.png"
    if icon.is_file():
        application.setWindowIcon(QIcon(str(icon)))
    return application


def make_look(application: QApplication) -> Look:
    """Return the look, applied."""
    look = Look(application)
    look.apply()
    return look


def _leave(window: MainWindow, screenshot: Path | None) -> None:
    if screenshot is not None:
        window.grab().save(str(screenshot))
    window.close_now()


def _catch_faults(window: MainWindow) -> None:
    """Log what a slot raises and say so; the window goes on."""

    def fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close_now()
            return
        _log.error("a slot of the window failed", exc_info=(kind, error, trace))
        window.panel.show_notice("Something went wrong.", "The log has details.", "fault")

    sys.excepthook = fault


def _let_signals_through(application: QApplication, window: MainWindow) -> None:
    """Close orderly on Ctrl+C and on a request to end; Python runs its handlers only between Qt's events."""
    timer = QTimer(application, interval=_SIGNALS_MS)
    timer.timeout.connect(lambda: None)
    timer.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close_now())
