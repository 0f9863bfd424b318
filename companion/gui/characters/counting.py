"""Counts a draft off the GUI thread, one count at a time; the latest draft is never left out."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from companion.errors import CompanionError
from companion.gui.characters.tokens import TokenCounts, count_draft
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.packs.editor import CharacterDraft

_PAUSE_MS = 500


class Counting(QObject):
    """`counted` carries an estimate at once, and the exact counts when a model is loaded."""

    counted = Signal(object)

    def __init__(self, companion: Surface, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._companion, self._tasks = companion, tasks
        self._draft = CharacterDraft()
        self._is_counting, self._again = False, False
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._count)

    def count(self, draft: CharacterDraft) -> None:
        """Count `draft`; an earlier one that waits is forgotten."""
        self._draft = draft
        if self._companion.engines.language.ready is None:
            self.counted.emit(count_draft(draft, self._companion.settings.mind.context_tokens))
        else:
            self._timer.start()

    def _count(self) -> None:
        model = self._companion.engines.language.ready
        if model is None:
            self.count(self._draft)
        elif self._is_counting:
            self._again = True
        else:
            self._is_counting = True
            draft, context = self._draft, model.info.context_tokens
            self._tasks.run(
                lambda: count_draft(draft, context, model.count_tokens), self._on_counted, self._on_failed
            )

    def _on_counted(self, counts: TokenCounts) -> None:
        self.counted.emit(counts)
        self._go_on()

    def _on_failed(self, error: CompanionError) -> None:
        self.counted.emit(count_draft(self._draft, self._companion.settings.mind.context_tokens))
        self._go_on()

    def _go_on(self) -> None:
        self._is_counting = False
        if self._again:
            self._again = False
            self._count()
