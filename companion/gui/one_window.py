"""One window for one set of chats: a program that is started again brings the running one to the front."""

from __future__ import annotations

import hashlib
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from companion.paths import Paths

_WAIT_MS: Final = 1_000


class OneWindow(QObject):
    """Listens for a second start, from this user alone; `asked` tells of one.

    Only the program that holds the chat log may make this: a name left behind by a crash is taken over.
    """

    asked = Signal()

    def __init__(self, paths: Paths, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)
        QLocalServer.removeServer(_name(paths))
        self._server.listen(_name(paths))

    def close(self) -> None:
        self._server.close()

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            socket.disconnectFromServer()
            self.asked.emit()


def show_running(paths: Paths) -> bool:
    """Ask the program that holds the chats in `paths` to show its window; return whether one was reached."""
    socket = QLocalSocket()
    socket.connectToServer(_name(paths))
    reached = socket.waitForConnected(_WAIT_MS)
    socket.disconnectFromServer()
    return bool(reached)


def _name(paths: Paths) -> str:
    """Return a short name for the chats: the whole path may be too long for a socket."""
    return f"companion-{hashlib.sha256(str(paths.data.resolve()).encode()).hexdigest()[:20]}"
