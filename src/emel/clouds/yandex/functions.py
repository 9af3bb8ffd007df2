"""Functions of Yandex Cloud: found by their names in a folder, known as emel's by a label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from google.protobuf.empty_pb2 import Empty
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.serverless.functions.v1 import function_pb2 as shapes
from yandex.cloud.serverless.functions.v1 import function_service_pb2 as requests
from yandex.cloud.serverless.functions.v1.function_service_pb2_grpc import FunctionServiceStub

from emel.clouds.checks import check_digest
from emel.clouds.yandex.bucket_reading import check_reading
from emel.clouds.yandex.gateways import YandexGateways
from emel.clouds.yandex.holdings import Holdings
from emel.clouds.yandex.inventory import LABELS, NAME, Inventory, is_ours
from emel.clouds.yandex.limits import DIRECT_BYTES, ENVIRONMENT_BYTES
from emel.clouds.yandex.logs import YandexLogs
from emel.clouds.yandex.refusals import ALREADY_EXISTS, NOT_FOUND, Refusal
from emel.clouds.yandex.runtimes import choose_runtime
from emel.clouds.yandex.session import Session
from emel.clouds.yandex.status import status_of
from emel.clouds.yandex.storage import Models, Uploads
from emel.clouds.yandex.versions import MIB, Stored, describe, log_options, spec_of
from emel.errors import DeployError
from emel.records import (
    Bundle,
    Canary,
    FunctionSettings,
    FunctionStatus,
    FunctionVersion,
    Gateway,
    StoredObjects,
    YandexSettings,
)
from emel.system.clock import Clock

ENTRYPOINT = "handler.yandex"
POLL_SECONDS = 1.0
WAIT_SECONDS = 600.0


class YandexFunctions:
    """See emel.clouds.base.Functions. Calls that change something wait for their operations."""

    def __init__(
        self,
        session: Session,
        inventory: Inventory,
        settings: YandexSettings,
        uploads: Uploads,
        models: Models,
        holdings: Holdings,
        gateways: YandexGateways,
        logs: YandexLogs,
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        self._session = session
        self._inventory = inventory
        self._settings = settings
        self._uploads = uploads
        self._models = models
        self._holdings = holdings
        self._gateways = gateways
        self._logs = logs
        self._clock = clock
        self._tell = tell

    def names(self) -> Sequence[str]:
        return self._inventory.names()

    def versions(self, function: str) -> Sequence[FunctionVersion]:
        return [
            stored.record
            for stored in self._inventory.versions(function)
            if stored.status != shapes.Version.CREATING
        ]

    def find_version(self, function: str, digest: str, settings: FunctionSettings) -> FunctionVersion | None:
        found = self._matching(function, digest, spec_of(settings, self._settings))
        return found.record if found and found.status != shapes.Version.CREATING else None

    def create_version(self, function: str, bundle: Bundle, settings: FunctionSettings) -> FunctionVersion:
        check_digest(bundle)
        self.check(bundle)
        spec = spec_of(settings, self._settings)
        if _source(self._inventory.versions(function), bundle) is None:
            self._check_way(bundle)
        identifier = self._ensure_function(function)
        known = self._inventory.versions(function)
        found = self._match(known, bundle.digest, spec)
        if found is None:
            request = self._version_request(identifier, bundle, settings, spec, known)
            self._tell(f"creating version {_next_number(known)}")
            started = self._session.change(
                FunctionServiceStub,
                "CreateVersion",
                request,
                arrived=lambda: self._matching(function, bundle.digest, spec),
            )
            if isinstance(started, Operation):
                self._wait_for_build(started)
            else:
                found = started
        if found is not None and found.status == shapes.Version.CREATING:
            self._wait_for_version(found)
        made = self._matching(function, bundle.digest, spec)
        if made is None:
            raise DeployError(
                f"Yandex Cloud made no version of {function} of it, and does not say why",
                hint="look at the function's operations with `yc serverless function list-operations "
                f"{identifier}`, then deploy again",
            )
        return made.record

    def tags(self, function: str) -> Mapping[str, int]:
        return {tag: item.number for item in self.versions(function) for tag in item.tags}

    def set_tag(self, function: str, tag: str, number: int) -> None:
        known = self._inventory.versions(function)
        stored = next((one for one in known if one.record.number == number), None)
        if stored is None:
            raise DeployError(
                f"function {function} has no version {number}",
                hint="list the versions with `emel status --to yandex`",
            )
        if tag not in stored.record.tags:
            request = requests.SetFunctionTagRequest(function_version_id=stored.id, tag=tag)
            self._done("SetTag", request, shapes.Version(), f"set the tag {tag}")
        self._gateways.end_canary(function, tag)
        self._remove_tag(known, canary_tag(tag))

    def remove_tag(self, function: str, tag: str) -> None:
        self._remove_tag(self._inventory.versions(function), tag)

    def check(self, bundle: Bundle) -> None:
        """Errors: DeployError for a bundle that no version can be made of; see emel.clouds.base.Cloud."""
        given = self._settings.environment.items()
        taken = sum(len(name.encode()) + len(value.encode()) for name, value in given)
        if taken > ENVIRONMENT_BYTES:
            raise DeployError(
                f"the environment of the function has {taken:,} bytes, and {ENVIRONMENT_BYTES:,} are allowed",
                where="emel.toml, [yandex] environment",
                hint="shorten it; names count too",
            )
        self._uploads.check(bundle)
        self._models.check(bundle)

    def end_canary(self, function: str, tag: str) -> None:
        """Send all requests to the tag again. Does nothing when it has no canary."""
        self._gateways.end_canary(function, tag)
        self.remove_tag(function, canary_tag(tag))

    def canaries(self, function: str, gateway: Gateway | None) -> dict[str, Canary]:
        """The canary of the tag that the gateway sends requests to; empty without one."""
        if gateway is None or gateway.canary_tag is None:
            return {}
        number = self.tags(function).get(gateway.canary_tag)
        return {} if number is None else {gateway.tag: Canary(version=number, weight=gateway.canary_weight)}

    def tag_history(self, function: str, tag: str) -> Sequence[int]:
        identifier, known = self._inventory.id_of(function), self._inventory.versions(function)
        if identifier is None or not any(tag in stored.record.tags for stored in known):
            return ()
        numbers = {stored.id: stored.record.number for stored in known}
        request = requests.ListFunctionTagHistoryRequest(function_id=identifier, tag=tag, page_size=1000)
        records = self._session.pages(
            FunctionServiceStub, "ListTagHistory", request, "function_tag_history_record"
        )
        moved = sorted(records, key=lambda record: record.effective_from.ToNanoseconds())
        return [
            numbers[record.function_version_id] for record in moved if record.function_version_id in numbers
        ]

    def url(self, function: str, tag: str) -> str:
        address = self._inventory.url_of(function)
        if address is None:
            raise DeployError(
                f"there is no function {function!r} in the folder", hint="`emel deploy --to yandex` makes it"
            )
        return f"{address}?{urlencode({'tag': tag})}"

    def status(self, function: str) -> FunctionStatus:
        gateway = self._gateways.visible(function)
        return msgspec.structs.replace(
            status_of(function, tuple(self.versions(function)), self._logs),
            gateway=gateway,
            canaries=self.canaries(function, gateway),
        )

    def clean_up(self, bundle: Bundle) -> None:
        self._models.mounts(bundle)
        self._holdings.prune(bundle.name, bundle.digest)

    def stored(self, function: str) -> Sequence[StoredObjects]:
        return self._holdings.found(function)

    def delete(self, function: str) -> None:
        proto = self._inventory.find(function)
        # First what nothing would lead to any more.
        self._holdings.remove(function)
        if proto is None:
            return
        request = requests.DeleteFunctionRequest(function_id=proto.id)
        try:
            self._done("Delete", request, Empty(), "delete the function")
        except Refusal as problem:
            if problem.code != NOT_FOUND:
                raise
        self._inventory.forget(function)

    def _check_way(self, bundle: Bundle) -> None:
        """Errors: DeployError when the bundle could not come to the cloud, or be read there."""
        self._uploads.check_way(bundle)
        yandex = self._settings
        if bundle.mounted is not None and yandex.bucket and yandex.service_account:
            check_reading(self._session, yandex.bucket, yandex.service_account)

    def _ensure_function(self, function: str) -> str:
        """The identifier of the function, which is made if it is not there, and can take versions."""
        if not NAME.fullmatch(function):
            raise DeployError(
                f"{function!r} cannot be the name of a function",
                hint="use 3 to 63 lower-case letters, digits and hyphens, with a letter first",
            )
        proto = self._inventory.by_name(function) or self._create_function(function)
        if not is_ours(proto):
            raise DeployError(
                f"the folder has a function {function} that emel did not make",
                hint="choose another [model] name, or let emel have it: yc serverless function update "
                f"{proto.id} --labels managed-by=emel",
            )
        ends = self._clock.monotonic() + WAIT_SECONDS
        while proto.status == shapes.Function.CREATING and self._clock.monotonic() < ends:
            self._clock.sleep(POLL_SECONDS)
            proto = self._session.read(
                FunctionServiceStub, "Get", requests.GetFunctionRequest(function_id=proto.id)
            )
        return str(proto.id)

    def _create_function(self, function: str) -> Any:
        self._tell(f"creating function {function}")
        request = requests.CreateFunctionRequest(
            folder_id=self._inventory.folder,
            name=function,
            description="A model that emel deployed",
            labels=LABELS,
        )
        try:
            started = self._session.change(
                FunctionServiceStub, "Create", request, arrived=lambda: self._inventory.by_name(function)
            )
        except Refusal as problem:
            # Another deploy may have been a moment faster.
            proto = self._inventory.by_name(function) if problem.code == ALREADY_EXISTS else None
            if proto is None:
                raise
            return proto
        if not isinstance(started, Operation):
            return started
        return self._session.wait(started, shapes.Function(), "create the function")

    def _version_request(
        self,
        identifier: str,
        bundle: Bundle,
        settings: FunctionSettings,
        spec: str,
        known: list[Stored],
    ) -> Any:
        runtimes = self._session.read(
            FunctionServiceStub, "ListRuntimes", requests.ListRuntimesRequest()
        ).runtimes
        yandex = self._settings
        request = requests.CreateFunctionVersionRequest(
            function_id=identifier,
            runtime=choose_runtime(runtimes, bundle),
            description=describe(_next_number(known), bundle, settings, spec),
            entrypoint=ENTRYPOINT,
            resources=shapes.Resources(memory=settings.memory * MIB),
            service_account_id=yandex.service_account or "",
            environment=yandex.environment,
            secrets=[
                shapes.Secret(
                    id=secret.id,
                    version_id=secret.version,
                    key=secret.key,
                    environment_variable=secret.variable,
                )
                for secret in yandex.secrets
            ],
        )
        request.execution_timeout.FromNanoseconds(round(settings.timeout * 1e9))
        if yandex.log_group or yandex.min_log_level:
            request.log_options.CopyFrom(log_options(yandex))
        source = _source(known, bundle)
        if source is not None:
            request.version_id = source.id
        elif bundle.path.stat().st_size <= DIRECT_BYTES:
            self._tell("sending the bundle")
            request.content = bundle.path.read_bytes()
        else:
            self._holdings.note(bundle.name)
            request.package.CopyFrom(self._uploads.upload(bundle))
        if bundle.mounted is not None:
            self._holdings.note(bundle.name)
            request.mounts.extend(self._models.mounts(bundle))
        return request

    def _wait_for_build(self, started: Operation) -> None:
        """Errors: as of the session; a build that failed is told with where the cloud keeps its log."""
        try:
            self._session.wait(started, shapes.Version(), "create the version")
        except Refusal as problem:
            if problem.hint is None:
                # The field of an operation that would lead to the builder's own log is in no document.
                problem.hint = (
                    "the builder's own log is linked on the cloud's page of the function, «Operations»: "
                    f"yc operation get {started.id}"
                )
            raise

    def _remove_tag(self, known: list[Stored], tag: str) -> None:
        for stored in known:
            if tag in stored.record.tags:
                request = requests.RemoveFunctionTagRequest(function_version_id=stored.id, tag=tag)
                self._done("RemoveTag", request, shapes.Version(), f"remove the tag {tag}")

    def _matching(self, function: str, digest: str, spec: str) -> Stored | None:
        return self._match(self._inventory.versions(function), digest, spec)

    def _match(self, known: list[Stored], digest: str, spec: str) -> Stored | None:
        bucket = self._settings.bucket
        return next((stored for stored in known if stored.is_made_of(digest, spec, bucket)), None)

    def _wait_for_version(self, found: Stored) -> None:
        """Wait for a version that another run of emel began. When it is not built, it goes away."""
        ends = self._clock.monotonic() + WAIT_SECONDS
        request = requests.GetFunctionVersionRequest(function_version_id=found.id)
        while self._clock.monotonic() < ends:
            try:
                proto = self._session.read(FunctionServiceStub, "GetVersion", request)
            except Refusal as problem:
                if problem.code == NOT_FOUND:
                    return
                raise
            if proto.status != shapes.Version.CREATING:
                return
            self._clock.sleep(POLL_SECONDS)

    def _done(self, method: str, request: Any, response: Any, what: str) -> None:
        started = self._session.change(FunctionServiceStub, method, request)
        self._session.wait(started, response, what)


def canary_tag(tag: str) -> str:
    """The tag of the version that gets a share of another tag's requests."""
    return f"emel-canary-{tag}"


def _source(known: list[Stored], bundle: Bundle) -> Stored | None:
    """A version whose code is the bundle's, so that nothing has to be sent."""
    ready = (one for one in known if one.status == shapes.Version.ACTIVE)
    return next((one for one in ready if one.record.digest == bundle.digest), None)


def _next_number(known: list[Stored]) -> int:
    return max((stored.record.number for stored in known), default=0) + 1
