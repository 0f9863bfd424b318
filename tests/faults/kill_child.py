"""`companion chat` with a chat log that acknowledges before it commits: the control of the kill tests."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator

from companion import app
from companion.cli import main
from companion.storage.chat_log import SqliteChatLog


class EarlyAckLog(SqliteChatLog):
    """Everything goes into one transaction, which is committed when the log is closed."""

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection:
            if not connection.in_transaction:
                connection.execute("BEGIN")
            yield connection

    def close(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")
        super().close()


if __name__ == "__main__":
    app.SqliteChatLog = EarlyAckLog  # type: ignore[misc]
    sys.exit(main(sys.argv[1:]))
