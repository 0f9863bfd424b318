"""A strip that shows how far documents have been read and indexed, with a way to stop."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from companion.domain.cancel import CancelToken
from companion.errors import Cancelled, CompanionError
from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.notices import notice_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.translation import Texts, tr

_WHOLE = 1000
_AGAIN_MS = 3000


class BuildStrip(QFrame):
    """`finished` tells that the index matches the documents."""

    finished = Signal()
    _went_on = Signal(int)

    def __init__(
        self, companion: Surface, tasks: Tasks, character: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._companion, self._tasks, self._character = companion, tasks, character
        self._cancel = CancelToken()
        self._is_running = self._again = False
        self.setProperty("look", "strip")
        self._text = plain_label(wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, _WHOLE)
        self.bar.setTextVisible(False)
        self.stop_button = push_button("link", self)
        top = QHBoxLayout()
        top.addWidget(self._text, 1)
        top.addWidget(self.stop_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 4, 8, 10)
        box.setSpacing(4)
        box.addLayout(top)
        box.addWidget(self.bar)
        self._retry = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._retry.timeout.connect(self.start)
        self._went_on.connect(self._on_went_on, Qt.ConnectionType.QueuedConnection)
        self.stop_button.clicked.connect(self.stop)
        Texts(self).also(self._write)
        self._write()
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def say(self, text: str) -> None:
        """Show a sentence without a bar."""
        self._show(text, busy=False)

    def say_reading(self, n_files: int) -> None:
        """Tell that files are being read."""
        self._show(tr("Reading {n} documents…", n=n_files), busy=True)
        self.bar.setRange(0, 0)
        self.stop_button.hide()

    def start(self) -> None:
        """Build the index in a task; asked for while it runs, it is built once more after that."""
        if self._is_running:
            self._again = True
            return
        self._is_running = True
        # A page that is deleted stops its build.
        self._cancel = token = CancelToken()
        # A slot of PySide must be weakly referable; a token is not.
        self.destroyed.connect(lambda: token.request())
        self.show_fraction(0.0)
        lore, id_, told = self._companion.lore, self._character, [-1]

        def progress(done: int, total: int) -> None:
            now = round(_WHOLE * done / max(1, total))
            if now != told[0] and not token.requested:
                told[0] = now
                self._went_on.emit(now)

        def work() -> bool:
            try:
                lore.build(id_, cancel=token, progress=progress)
            except Cancelled:
                return False
            return True

        self._tasks.run(work, self._on_done, self._on_failed)

    def stop(self) -> None:
        """Stop building; what was built is kept."""
        self._retry.stop()
        self._cancel.request()
        self.hide()

    def show_fraction(self, fraction: float) -> None:
        """Show that the index is being built, 0 to 1."""
        self._show(tr("She is reading it; you can go on talking meanwhile."), busy=True)
        self.bar.setRange(0, _WHOLE)
        self.bar.setValue(round(fraction * _WHOLE))

    @Slot(int)
    def _on_went_on(self, now: int) -> None:
        if self._is_running and not self._cancel.requested:
            self.bar.setRange(0, _WHOLE)
            self.bar.setValue(now)

    def _on_done(self, is_whole: bool) -> None:
        self._is_running = False
        if self._again and not self._cancel.requested:
            self._again = False
            self.start()
            return
        self._again = False
        self.hide()
        if is_whole:
            self.finished.emit()

    def _on_failed(self, error: CompanionError) -> None:
        self._is_running = self._again = False
        if error.code == "index":
            # The index starts after the window; it is soon there.
            self._show(tr("The index is not ready yet; this goes on by itself."), busy=False)
            self._retry.start()
            return
        said = notice_text(error.what, error.hint, error.code)
        self._show(said.whole, busy=False)

    def _show(self, text: str, *, busy: bool) -> None:
        self._text.setText(text)
        self.setAccessibleName(text)
        self.bar.setVisible(busy)
        self.stop_button.setVisible(busy)
        self.show()

    def _write(self) -> None:
        self.stop_button.setText(tr("Stop"))
        self.bar.setAccessibleName(tr("How much has been read"))
