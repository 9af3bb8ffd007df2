"""Logs of the local platform: the files that its server appends to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime

from emel.clouds.base import LOG_LEVELS
from emel.localcloud import Store, read_log
from emel.records import LogLevel, LogRecord


class LocalLogs:
    """See emel.clouds.base.Logs. A record appears within a tenth of a second."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(
        self,
        function: str,
        *,
        since: datetime | None = None,
        level: LogLevel = "trace",
        limit: int = 1000,
    ) -> Iterator[LogRecord]:
        least = LOG_LEVELS.index(level)
        found: deque[LogRecord] = deque(maxlen=limit)
        for record in read_log(self._store.folder / "logs", function):
            if LOG_LEVELS.index(record.level) < least:
                continue
            if since is None or datetime.fromisoformat(record.time) >= since:
                found.append(record)
        return iter(found)
