"""Cloud Logging: groups, reading by criteria and by page token, writing. Source: yandex/cloud/logging/v1."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from tests.fakes.yandex.state import FOLDER, LOG_GROUP, Refused, State

from yandex.cloud.logging.v1 import log_entry_pb2 as entries
from yandex.cloud.logging.v1 import log_group_pb2 as groups
from yandex.cloud.logging.v1 import log_group_service_pb2 as group_requests
from yandex.cloud.logging.v1 import log_ingestion_service_pb2 as writing
from yandex.cloud.logging.v1 import log_reading_service_pb2 as reading
from yandex.cloud.logging.v1 import log_resource_pb2 as resources
from yandex.cloud.logging.v1.log_group_service_pb2_grpc import LogGroupServiceServicer
from yandex.cloud.logging.v1.log_ingestion_service_pb2_grpc import LogIngestionServiceServicer
from yandex.cloud.logging.v1.log_reading_service_pb2_grpc import LogReadingServiceServicer


class GroupServicer(LogGroupServiceServicer):
    """Every folder has one group with the name `default`."""

    def List(self, request: Any, context: object) -> Any:
        found = [groups.LogGroup(id=LOG_GROUP, folder_id=FOLDER, name="default")]
        return group_requests.ListLogGroupsResponse(groups=found if request.folder_id == FOLDER else [])


class ReadingServicer(LogReadingServiceServicer):
    """A page token holds the criteria and the number of entries that were passed; it works as a cursor."""

    def __init__(self, state: State) -> None:
        self._state = state

    def Read(self, request: Any, context: object) -> Any:
        self._state.before_reading()
        if request.WhichOneof("selector") == "page_token":
            try:
                passed, _, text = request.page_token.partition(":")
                criteria = reading.Criteria.FromString(bytes.fromhex(text))
                start = int(passed)
            except ValueError:
                raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "Bad page token") from None
        else:
            criteria, start = request.criteria, 0
        if criteria.filter:
            raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "The emulator does not know the filter language")
        if criteria.log_group_id != LOG_GROUP:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Log group {criteria.log_group_id} not found")
        everything = sorted(
            (entry for log in self._state.log.values() for entry in log if _matches(entry, criteria)),
            key=lambda entry: (entry.timestamp.ToNanoseconds(), entry.uid),
        )
        size = min(criteria.page_size or 100, self._state.page_limit)
        shown = everything[start : start + size]
        text = criteria.SerializeToString().hex()
        return reading.ReadResponse(
            log_group_id=LOG_GROUP,
            entries=shown,
            next_page_token=f"{start + len(shown)}:{text}",
            previous_page_token=f"{max(0, start - size)}:{text}",
        )


class IngestionServicer(LogIngestionServiceServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    def Write(self, request: Any, context: object) -> Any:
        for given in request.entries:
            add_entry(
                self._state,
                request.resource.id,
                given.message,
                level=entries.LogLevel.Level.Name(given.level),
                fields=MessageToDict(given.json_payload),
                kind=request.resource.type,
            )
        return writing.WriteResponse()


def add_entry(
    state: State,
    resource: str,
    message: str,
    *,
    level: str = "LEVEL_UNSPECIFIED",
    fields: dict[str, Any] | None = None,
    kind: str = "serverless.function",
    moment: datetime | None = None,
) -> None:
    """Write one entry of a resource; without a `moment`, now."""
    with state.lock:
        stamp = state.now()
        if moment is not None:
            stamp.FromDatetime(moment)
        entry = entries.LogEntry(
            uid=state.new_id("log"),
            resource=resources.LogEntryResource(type=kind, id=resource),
            timestamp=stamp,
            ingested_at=stamp,
            saved_at=stamp,
            level=level,
            message=message,
        )
        entry.json_payload.update(fields or {})
        state.log.setdefault(resource, []).append(entry)


def _matches(entry: Any, criteria: Any) -> bool:
    if criteria.resource_types and entry.resource.type not in criteria.resource_types:
        return False
    if criteria.resource_ids and entry.resource.id not in criteria.resource_ids:
        return False
    if criteria.levels and entry.level not in criteria.levels:
        return False
    moment = entry.timestamp.ToNanoseconds()
    if criteria.HasField("since") and moment < criteria.since.ToNanoseconds():
        return False
    return not (criteria.HasField("until") and moment >= criteria.until.ToNanoseconds())
