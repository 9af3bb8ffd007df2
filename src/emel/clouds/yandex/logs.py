"""Cloud Logging: what functions wrote, and the lines with which the cloud reports each call.

Sources: cloudapi, yandex/cloud/logging/v1; documentation of Cloud Functions, «Function logs» and «Logging».
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.json_format import MessageToDict
from yandex.cloud.logging.v1 import log_entry_pb2 as entries
from yandex.cloud.logging.v1 import log_group_service_pb2 as groups
from yandex.cloud.logging.v1 import log_reading_service_pb2 as reading
from yandex.cloud.logging.v1.log_group_service_pb2_grpc import LogGroupServiceStub
from yandex.cloud.logging.v1.log_reading_service_pb2_grpc import LogReadingServiceStub

from emel.clouds.yandex.inventory import Inventory
from emel.clouds.yandex.session import Session
from emel.errors import DeployError
from emel.records import LOG_LEVELS, LogFilter, LogLevel, LogRecord, YandexSettings
from emel.system.clock import Clock

RESOURCE = "serverless.function"
PAGE = 1000
READ_PAUSE = 0.25
"""Seconds between two reads: the cloud takes five a second (documentation of Cloud Logging, «Limits»)."""
FOLLOW_PAUSE = 2.0
SPANS = (timedelta(minutes=10), timedelta(hours=2), timedelta(hours=12), timedelta(days=3))
"""How far back to look without `since`, one after another until there is enough. The default log group keeps
its records for three days."""
START = re.compile(r"START RequestID: (\S+) Version: (\S+)")
_ABOUT_CALL = re.compile(r"(?:START|END|REPORT) RequestID: (\S+)")


class YandexLogs:
    """See emel.clouds.base.Logs. Records appear seconds after they were written."""

    def __init__(
        self, session: Session, inventory: Inventory, settings: YandexSettings, clock: Clock
    ) -> None:
        self._session = session
        self._inventory = inventory
        self._settings = settings
        self._clock = clock
        self._group: str | None = None

    def read(self, function: str, wanted: LogFilter) -> Iterator[LogRecord]:
        """Without the lines with which the cloud begins, ends and reports each call: see `everything`."""
        for record in self.everything(function, wanted):
            if not _ABOUT_CALL.match(record.message):
                yield record

    def everything(self, function: str, wanted: LogFilter) -> Iterator[LogRecord]:
        """The same with the cloud's own lines about calls. `limit` counts those that `read` gives."""
        identifier = self._inventory.id_of(function)
        if identifier is None:
            return
        numbers = {stored.id: stored.record.number for stored in self._inventory.versions(function)}
        reader = _Reader(function, numbers)
        for since in self._starts(wanted):
            criteria = self._criteria(identifier, since, wanted.until)
            tail = self._read_all(reading.ReadRequest(criteria=criteria), wanted, reader)
            if tail.counted >= wanted.limit:
                break
        yield from tail.kept
        while wanted.follow:
            self._clock.sleep(FOLLOW_PAUSE)
            yield from self._read_on(tail, wanted, reader)

    def group(self) -> str:
        """The group of [yandex] log_group, or the folder's own, which has the name `default`."""
        if self._settings.log_group:
            return self._settings.log_group
        if self._group is None:
            request = groups.ListLogGroupsRequest(folder_id=self._inventory.folder, page_size=1000)
            found = self._session.pages(LogGroupServiceStub, "List", request, "groups")
            self._group = next((group.id for group in found if group.name == "default"), None)
        if self._group is None:
            raise DeployError(
                "the folder has no log group with the name default",
                hint="call the function once, which makes it, or set [yandex] log_group in emel.toml",
            )
        return self._group

    def _starts(self, wanted: LogFilter) -> list[datetime]:
        """From where on to read. The cloud gives the oldest first, and the newest are wanted."""
        if wanted.since is not None:
            return [wanted.since]
        end = wanted.until or self._clock.now()
        return [end - span for span in SPANS]

    def _read_all(self, cursor: Any, wanted: LogFilter, reader: _Reader) -> _Tail:
        """All that is there, of which the newest are kept."""
        tail = _Tail(cursor)
        while True:
            before = len(tail.seen)
            for record in self._read_on(tail, wanted, reader):
                tail.keep(record, wanted.limit)
            if len(tail.seen) == before:
                return tail
            self._clock.sleep(READ_PAUSE)

    def _read_on(self, tail: _Tail, wanted: LogFilter, reader: _Reader) -> Iterator[LogRecord]:
        """One page further."""
        response = self._session.read(LogReadingServiceStub, "Read", tail.cursor)
        if response.next_page_token:
            tail.cursor = reading.ReadRequest(page_token=response.next_page_token)
        for entry in response.entries:
            if entry.uid not in tail.seen:
                tail.seen.add(entry.uid)
                record = reader.record(entry)
                if wanted.takes(record):
                    yield record

    def _criteria(self, identifier: str, since: datetime, until: datetime | None) -> Any:
        criteria = reading.Criteria(
            log_group_id=self.group(),
            resource_types=[RESOURCE],
            resource_ids=[identifier],
            page_size=PAGE,
        )
        criteria.since.FromDatetime(since)
        if until is not None:
            criteria.until.FromDatetime(until)
        return criteria


class _Tail:
    """The newest records so far, and where to read on."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.seen: set[str] = set()
        self.kept: deque[LogRecord] = deque()
        self.counted = 0
        """How many of the kept are a function's own."""

    def keep(self, record: LogRecord, limit: int) -> None:
        self.kept.append(record)
        self.counted += not _ABOUT_CALL.match(record.message)
        while self.counted > limit:
            self.counted -= not _ABOUT_CALL.match(self.kept.popleft().message)


class _Reader:
    """Entries to records. The version of a request stands in the line with which it starts."""

    def __init__(self, function: str, numbers: dict[str, int]) -> None:
        self._function = function
        self._numbers = numbers
        self._versions: dict[str, int] = {}
        self._latest = 0

    def record(self, entry: Any) -> LogRecord:
        fields = MessageToDict(entry.json_payload)
        text = entry.message.rstrip()
        about = _ABOUT_CALL.match(text)
        request_id = fields.pop("request_id", None) or (about[1] if about else None)
        started = START.match(text)
        if started:
            self._latest = self._versions[started[1]] = self._numbers.get(started[2], 0)
        return LogRecord(
            time=entry.timestamp.ToDatetime(tzinfo=UTC).isoformat(timespec="milliseconds"),
            level=_level(entry.level),
            message=text,
            function=self._function,
            version=self._versions.get(str(request_id), self._latest),
            instance="",
            stream=None,
            request_id=None if request_id is None else str(request_id),
            fields={name: _whole(value) for name, value in fields.items()},
        )


def _level(value: int) -> LogLevel:
    """A line without a level of its own is told as information."""
    name = entries.LogLevel.Level.Name(value).lower()
    return next((level for level in LOG_LEVELS if level == name), "info")


def _whole(value: Any) -> Any:
    """A protobuf Struct has no integers: 200.0 was 200."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
