"""Work off the GUI thread; its result comes back on the GUI thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from companion.errors import CompanionError

_log = logging.getLogger(__name__)
_JOIN_S: Final = 5.0
T = TypeVar("T")
Failed = Callable[[CompanionError], None]


class Tasks(QObject):
    """A few threads for whatever may take longer than 10 ms: searches, pictures, exports."""

    failed = Signal(object)
    _finished = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=3, thread_name_prefix="window-task")
        self._running: set[Future[Any]] = set()
        self._closed = False
        self._finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Failed | None = None) -> None:
        """Call `work` on a thread, then `done` with its result, or `failed`, on the GUI thread.

        Without `failed` an error goes to the signal of that name. After `close` nothing is called, nor are methods of
        an object that Qt has deleted meanwhile.
        """
        if self._closed:
            return

        def guarded() -> Callable[[], None]:
            try:
                result = work()
            except CompanionError as error:
                return _bound(failed or self.failed.emit, error)
            except Exception:  # noqa: BLE001 - thread top: a task must not end in silence
                _log.exception("a task of the window failed")
                unknown = CompanionError("Something went wrong.", "The log has details.", code="fault")
                return _bound(failed or self.failed.emit, unknown)
            return _bound(done, result)

        future = self._pool.submit(guarded)
        self._running.add(future)
        future.add_done_callback(self._report)

    def close(self) -> None:
        """Drop what has not begun, wait up to 5 s for the rest; results are no longer delivered."""
        if self._closed:
            return
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        late = wait(list(self._running), timeout=_JOIN_S).not_done
        if late:
            _log.error("%d tasks did not end within %.0f s", len(late), _JOIN_S)

    def _report(self, future: Future[Any]) -> None:
        if not self._closed and not future.cancelled():
            self._finished.emit(future, future.result())

    @Slot(object, object)
    def _on_finished(self, future: Future[Any], call: Callable[[], None]) -> None:
        self._running.discard(future)
        if not self._closed:
            call()


def _bound(call: Callable[[Any], object], value: object) -> Callable[[], None]:
    owner = getattr(call, "__self__", None)

    def later() -> None:
        # A page that was left has been deleted; nobody waits for its results.
        if not isinstance(owner, QObject) or isValid(owner):
            call(value)

    return later
