"""Logs of the local platform: the files that its server appends to."""

from __future__ import annotations

from collections.abc import Iterator

from emel.localcloud import Store, follow_log, read_log
from emel.records import LogFilter, LogRecord
from emel.system.clock import Clock


class LocalLogs:
    """See emel.clouds.base.Logs. A record appears within a tenth of a second."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._folder = store.folder / "logs"
        self._clock = clock

    def read(self, function: str, wanted: LogFilter) -> Iterator[LogRecord]:
        if wanted.follow:
            return follow_log(self._folder, function, wanted, self._clock)
        records, _ = read_log(self._folder, function, wanted)
        return iter(records)
