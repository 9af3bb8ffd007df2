"""What the emulated cloud holds, and the faults that a test asks of it. One lock guards all of it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.status_pb2 import Status

from yandex.cloud.access.access_pb2 import AccessBinding
from yandex.cloud.logging.v1.log_entry_pb2 import LogEntry
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.serverless.functions.v1 import function_pb2 as functions

FOLDER = "b1gfolder0000000000a"
CLOUD = "b1gcloud00000000000a"
LOG_GROUP = "e23default0000000000"
SERVICE_ACCOUNT = "ajefunction000000000"

# Documentation, «Quotas and limits» of Cloud Functions; the identifiers are those that its errors name.
QUOTAS = {
    "serverless.functions.count": 10,
    "serverless.workers.count": 10,
    "serverless.request.count": 10,
    "provisioned instances": 2,
    "tags of a function": 10,
}
ALL_ROLES = frozenset(
    (
        "compute.editor",
        "functions.admin",
        "iam.serviceAccounts.user",
        "logging.reader",
        "logging.writer",
        "quota-manager.viewer",
        "resource-manager.viewer",
        "storage.editor",
        "lockbox.payloadViewer",
        "vpc.publicAdmin",
        "vpc.user",
    )
)


class Refused(Exception):
    """An RPC that the cloud refuses."""

    def __init__(self, code: grpc.StatusCode, text: str, details: Sequence[Message] = ()) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.details = details


@dataclass
class Fault:
    """What happens to the next `times` calls of a method (the end of its name; empty: any)."""

    method: str
    code: grpc.StatusCode
    text: str = "fault on demand"
    times: int = 1
    after: bool = False
    """Whether the call does its work first, and only its answer is lost."""


@dataclass
class Pending:
    """An operation under way. `finish` does its work and returns its response."""

    proto: Operation
    polls: int
    finish: Callable[[], Message]


@dataclass
class StoredVersion:
    proto: functions.Version
    code: bytes


@dataclass
class StoredFunction:
    proto: functions.Function
    versions: dict[str, StoredVersion] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    history: list[Any] = field(default_factory=list)
    policies: dict[str, functions.ScalingPolicy] = field(default_factory=dict)
    bindings: list[AccessBinding] = field(default_factory=list)


@dataclass
class State:
    """The cloud. Tests read and change it freely."""

    functions: dict[str, StoredFunction] = field(default_factory=dict)
    gateways: dict[str, Any] = field(default_factory=dict)
    """As tests/fakes/yandex/gateways.py stores them."""
    operations: dict[str, Pending] = field(default_factory=dict)
    log: dict[str, list[LogEntry]] = field(default_factory=dict)
    tokens: dict[str, datetime] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    """Identifier of a service account's key → its public half."""
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    runtimes: list[str] = field(default_factory=lambda: ["nodejs22", "python311", "python312", "python314"])
    roles: set[str] = field(default_factory=lambda: set(ALL_ROLES))
    account_roles: set[str] = field(default_factory=set)
    """Of the one who is signed in, on each service account; those of `roles` are on the folder."""
    cloud_roles: set[str] = field(default_factory=set)
    """Of the one who is signed in, on the cloud."""
    others_roles: dict[str, set[str]] = field(default_factory=dict)
    """Of another account: `ACCOUNT on PLACE`, the identifier of a folder, a cloud or a bucket."""
    closed_places: set[str] = field(default_factory=set)
    """Places whose roles nobody is shown."""
    service_accounts: set[str] = field(default_factory=lambda: {SERVICE_ACCOUNT})
    quotas: dict[str, float] = field(default_factory=lambda: dict(QUOTAS))
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Every remote call so far, RPCs by their names, Object Storage's as `s3 PUT`."""
    bytes_in: int = 0
    """Bytes of all requests' bodies."""
    latency: float = 0.0
    """Seconds that every remote call takes at least."""
    operation_polls: int = 2
    """How many remote calls an operation lasts."""
    page_limit: int = 1000
    honours_idempotency_key: bool = True
    build_error: str | None = None
    """What the builder says of the next versions, if it fails."""
    build_details: list[Message] = field(default_factory=list)
    """What it adds to that: messages of google.rpc."""
    invoke_url: Callable[[str], str] = "https://functions.yandexcloud.net/{}".format
    before_reading: Callable[[], None] = lambda: None
    """Brings the log up to date."""
    answered: dict[tuple[str, str], Message] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    on_call: Callable[[int, str], None] | None = None
    """Hears of each remote call before it is carried out: its number from 1, and its name."""
    ahead: timedelta = timedelta()
    """How far the cloud's clock was put forward."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _last: datetime = field(default_factory=lambda: datetime.now(UTC))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):017d}"

    def now(self) -> Timestamp:
        """A moment that is later than all before."""
        self._last = max(datetime.now(UTC) + self.ahead, self._last + timedelta(microseconds=1))
        stamp = Timestamp()
        stamp.FromDatetime(self._last)
        return stamp

    def heard(self, name: str) -> None:
        with self.lock:
            self.calls.append(name)
            number, hook = len(self.calls), self.on_call
        if hook is not None:
            hook(number, name)

    def fault(self, name: str, *, after: bool) -> Fault | None:
        """The fault that this call meets, used up by it."""
        with self.lock:
            for fault in self.faults:
                if fault.after == after and fault.times > 0 and name.endswith(fault.method):
                    fault.times -= 1
                    return fault
        return None

    def begin(self, metadata: Message, finish: Callable[[], Message], description: str) -> Operation:
        """A new operation, which is done after some calls."""
        moment = self.now()
        proto = Operation(
            id=self.new_id("d4o"), description=description, created_at=moment, modified_at=moment
        )
        proto.metadata.Pack(metadata, type_url_prefix="type.googleapis.com/")
        self.operations[proto.id] = Pending(proto, self.operation_polls, finish)
        if self.operation_polls == 0:
            self._settle(self.operations[proto.id])
        return proto

    def tick(self) -> None:
        """Let time pass: every operation comes nearer to its end."""
        for pending in list(self.operations.values()):
            if not pending.proto.done:
                pending.polls -= 1
                if pending.polls <= 0:
                    self._settle(pending)

    def settle(self) -> None:
        """Let every operation end."""
        for pending in list(self.operations.values()):
            if not pending.proto.done:
                self._settle(pending)

    def _settle(self, pending: Pending) -> None:
        pending.proto.done = True
        pending.proto.modified_at.CopyFrom(self.now())
        try:
            pending.proto.response.Pack(pending.finish())
        except Refused as problem:
            pending.proto.error.CopyFrom(Status(code=problem.code.value[0], message=problem.text))
            for detail in problem.details:
                pending.proto.error.details.add().Pack(detail)
