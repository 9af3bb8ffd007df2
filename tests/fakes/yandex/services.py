"""The smaller services: discovery, tokens, operations, quotas, folders, Lockbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import jwt
from google.protobuf.wrappers_pb2 import DoubleValue
from tests.fakes.yandex.state import CLOUD, FOLDER, SERVICE_ACCOUNT, Refused, State

from yandex.cloud.access import access_pb2 as access
from yandex.cloud.endpoint import api_endpoint_pb2 as endpoints
from yandex.cloud.endpoint import api_endpoint_service_pb2 as endpoint_requests
from yandex.cloud.endpoint.api_endpoint_service_pb2_grpc import ApiEndpointServiceServicer
from yandex.cloud.iam.v1 import iam_token_service_pb2 as tokens
from yandex.cloud.iam.v1.iam_token_service_pb2_grpc import IamTokenServiceServicer
from yandex.cloud.iam.v1.service_account_service_pb2_grpc import ServiceAccountServiceServicer
from yandex.cloud.lockbox.v1 import payload_pb2 as payloads
from yandex.cloud.lockbox.v1.payload_service_pb2_grpc import PayloadServiceServicer
from yandex.cloud.operation.operation_service_pb2_grpc import OperationServiceServicer
from yandex.cloud.quotamanager.v1 import quota_limit_service_pb2 as quotas
from yandex.cloud.quotamanager.v1.quota_limit_service_pb2_grpc import QuotaLimitServiceServicer
from yandex.cloud.resourcemanager.v1 import folder_pb2 as folders
from yandex.cloud.resourcemanager.v1.cloud_service_pb2_grpc import CloudServiceServicer
from yandex.cloud.resourcemanager.v1.folder_service_pb2_grpc import FolderServiceServicer
from yandex.cloud.storage.v1 import bucket_pb2 as buckets
from yandex.cloud.storage.v1.bucket_service_pb2_grpc import BucketServiceServicer

TOKEN_HOURS = 12
# In the cloud the host is that of the API, `iam.api.cloud.yandex.net`.
AUDIENCE = "https://iam.localhost/iam/v1/tokens"
_SERVICES = (
    "endpoint",
    "iam",
    "operation",
    "serverless-functions",
    "serverless-apigateway",
    "logging",
    "log-reading",
    "log-ingestion",
    "quota-manager",
    "resource-manager",
    "storage-api",
    "lockbox",
    "lockbox-payload",
    "compute",
    "vpc",
)


class EndpointServicer(ApiEndpointServiceServicer):
    """Every service is at the one address of the emulator."""

    def __init__(self) -> None:
        self.address = ""

    def List(self, request: Any, context: object) -> Any:
        found = [endpoints.ApiEndpoint(id=name, address=self.address) for name in _SERVICES]
        return endpoint_requests.ListApiEndpointsResponse(endpoints=found)


class TokenServicer(IamTokenServiceServicer):
    """Exchanges the signed claim of a service account: RFC 7519 with PS256, as the IAM documentation asks."""

    def __init__(self, state: State) -> None:
        self._state = state

    def Create(self, request: Any, context: object) -> Any:
        if request.WhichOneof("identity") != "jwt":
            raise Refused(grpc.StatusCode.UNAUTHENTICATED, "OAuth tokens are discontinued")
        try:
            header = jwt.get_unverified_header(request.jwt)
            claims = jwt.decode(
                request.jwt,
                self._state.keys[header["kid"]],
                algorithms=["PS256"],
                audience=AUDIENCE,
                options={"require": ["iss", "aud", "iat", "exp"]},
            )
        except (KeyError, jwt.InvalidTokenError) as problem:
            raise Refused(grpc.StatusCode.UNAUTHENTICATED, f"JWT is invalid: {problem}") from None
        if claims["exp"] - claims["iat"] > 3600:
            raise Refused(grpc.StatusCode.UNAUTHENTICATED, "JWT is valid for more than an hour")
        token, expires = issue_token(self._state)
        response = tokens.CreateIamTokenResponse(iam_token=token)
        response.expires_at.FromDatetime(expires)
        return response


def issue_token(state: State, lifetime: timedelta = timedelta(hours=TOKEN_HOURS)) -> tuple[str, datetime]:
    """A new IAM token and when it expires."""
    with state.lock:
        token, expires = f"t1.{state.new_id('emulated')}", datetime.now(UTC) + lifetime
        state.tokens[token] = expires
    return token, expires


class OperationServicer(OperationServiceServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    def Get(self, request: Any, context: object) -> Any:
        pending = self._state.operations.get(request.operation_id)
        if pending is None:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Operation {request.operation_id} not found")
        return pending.proto


class QuotaServicer(QuotaLimitServiceServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    def Get(self, request: Any, context: object) -> Any:
        if (request.resource.type, request.resource.id) != ("resource-manager.cloud", CLOUD):
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Resource {request.resource.id} not found")
        limit = self._state.quotas.get(request.quota_id)
        if limit is None or not request.quota_id.startswith(("serverless.", "compute.", "vpc.")):
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Quota {request.quota_id} not found")
        found = quotas.QuotaLimit(quota_id=request.quota_id, limit=DoubleValue(value=limit))
        if request.quota_id == "serverless.functions.count":
            found.usage.value = len(self._state.functions)
        return found


class AccountServicer(ServiceAccountServiceServicer):
    """Service accounts: who may do what with them, by `State.account_roles`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def ListAccessBindings(self, request: Any, context: object) -> Any:
        if request.resource_id not in self._state.service_accounts:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Service account {request.resource_id} not found")
        subject = access.Subject(id=SERVICE_ACCOUNT, type="serviceAccount")
        held = [access.AccessBinding(role_id=role, subject=subject) for role in self._state.account_roles]
        return access.ListAccessBindingsResponse(access_bindings=held)


class FolderServicer(FolderServiceServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    def Get(self, request: Any, context: object) -> Any:
        if request.folder_id != FOLDER:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Folder with id {request.folder_id} not found")
        return folders.Folder(id=FOLDER, cloud_id=CLOUD, name="default")

    def ListAccessBindings(self, request: Any, context: object) -> Any:
        """The one service account has all roles of the state."""
        return bindings_of(self._state, request.resource_id, self._state.roles)


class CloudServicer(CloudServiceServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    def ListAccessBindings(self, request: Any, context: object) -> Any:
        if request.resource_id != CLOUD:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Cloud with id {request.resource_id} not found")
        return bindings_of(self._state, CLOUD, self._state.cloud_roles)


class BucketServicer(BucketServiceServicer):
    """Buckets of the folder as resources; what is in them, Object Storage itself answers."""

    def __init__(self, state: State, has_bucket: Callable[[str], bool]) -> None:
        self._state = state
        self._has_bucket = has_bucket
        self.details: dict[str, Any] = {}
        """By a bucket's name, what it has beside that: ACL, policy."""

    def Get(self, request: Any, context: object) -> Any:
        if not self._has_bucket(request.name):
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Bucket {request.name} not found")
        found = buckets.Bucket(
            id=request.name, name=request.name, folder_id=FOLDER, resource_id=f"e3e{request.name}"
        )
        found.MergeFrom(self.details.get(request.name, buckets.Bucket()))
        return found

    def ListAccessBindings(self, request: Any, context: object) -> Any:
        if not self._has_bucket(request.resource_id.removeprefix("e3e")):
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Resource {request.resource_id} not found")
        return bindings_of(self._state, request.resource_id, set())


def bindings_of(state: State, place: str, own: set[str]) -> Any:
    """Who has which role on a place; `own` are those of the one who is signed in."""
    if place in state.closed_places:
        raise Refused(grpc.StatusCode.PERMISSION_DENIED, "Permission denied")
    held = [(SERVICE_ACCOUNT, role) for role in sorted(own)]
    for written, roles in state.others_roles.items():
        account, _, at = written.partition(" on ")
        held += [(account, role) for role in sorted(roles) if at == place]
    kinds = {True: "group", False: "serviceAccount"}
    found = [
        access.AccessBinding(
            role_id=role, subject=access.Subject(id=account, type=kinds[account.startswith("group")])
        )
        for account, role in held
    ]
    return access.ListAccessBindingsResponse(access_bindings=found)


class PayloadServicer(PayloadServiceServicer):
    """Lockbox: the text entries of `State.secrets`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def Get(self, request: Any, context: object) -> Any:
        entries = self._state.secrets.get(request.secret_id)
        if entries is None:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Secret {request.secret_id} not found")
        found = [payloads.Payload.Entry(key=key, text_value=text) for key, text in entries.items()]
        return payloads.Payload(version_id=request.version_id, entries=found)
