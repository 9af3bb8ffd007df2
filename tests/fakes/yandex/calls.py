"""What happens to every RPC: counted, delayed, failed on demand, checked, allowed or not, and answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf.message import Message
from tests.fakes.yandex.state import Refused, State
from tests.fakes.yandex.validation import violations

_OPEN = ("yandex.cloud.endpoint.ApiEndpointService", "yandex.cloud.iam.v1.IamTokenService")
"""Services that are called without a token."""
_EDITORS = {"functions.editor", "functions.admin", "editor", "admin"}
_VIEWERS = {"functions.auditor", "functions.viewer", "viewer"} | _EDITORS
_COMPUTE_EDITORS = {"compute.editor", "compute.admin", "editor", "admin"}
# Documentation, «Access management in Cloud Functions» and the like of the other services.
_ROLES = {
    "FunctionService/UpdateAccessBindings": {"functions.admin", "admin"},
    "FunctionService/SetAccessBindings": {"functions.admin", "admin"},
    "InstanceService/UpdateAccessBindings": {"compute.admin", "admin"},
    "FunctionService/Get": _VIEWERS,
    "FunctionService/List": _VIEWERS,
    "FunctionService/": _EDITORS,
    "ServiceAccountService/": {"iam.serviceAccounts.admin", "viewer", "editor", "admin"},
    "LogReadingService/": {"logging.reader", "viewer"},
    "LogGroupService/": {"logging.reader", "logging.viewer", "viewer"},
    "LogIngestionService/": {"logging.writer"},
    "QuotaLimitService/": {"quota-manager.viewer", "viewer"},
    "CloudService/": {"resource-manager.viewer", "viewer"},
    "BucketService/": {"storage.viewer", "storage.editor", "storage.admin", "viewer", "editor", "admin"},
    "FolderService/": {"resource-manager.viewer", "viewer"},
    "lockbox.v1.PayloadService/": {"lockbox.payloadViewer"},
    "InstanceService/Get": {"compute.viewer", "compute.operator", *_COMPUTE_EDITORS, "viewer"},
    "InstanceService/List": {"compute.viewer", "compute.operator", *_COMPUTE_EDITORS, "viewer"},
    "InstanceService/": _COMPUTE_EDITORS,
    "DiskService/List": {"compute.viewer", *_COMPUTE_EDITORS, "viewer"},
    "DiskService/": _COMPUTE_EDITORS,
    "vpc.v1.": {"vpc.viewer", "vpc.user", "viewer", "editor", "admin"},
    "ApiGatewayService/": {"api-gateway.editor", *_EDITORS},
}


class Calls(grpc.ServerInterceptor):
    """Stands before every servicer."""

    def __init__(self, state: State) -> None:
        self._state = state

    def intercept_service(self, continuation: Callable[..., Any], details: Any) -> Any:
        handler = continuation(details)
        if handler is None:
            return None
        metadata = dict(details.invocation_metadata)

        def answer(request: Message, context: grpc.ServicerContext) -> Message:
            try:
                return self._answer(handler.unary_unary, details.method[1:], metadata, request, context)
            except Refused as problem:
                context.abort(problem.code, problem.text)

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _answer(
        self,
        serve: Callable[..., Message],
        method: str,
        metadata: dict[str, str],
        request: Message,
        context: grpc.ServicerContext,
    ) -> Message:
        state = self._state
        state.heard(method)
        state.bytes_in += request.ByteSize()
        time.sleep(state.latency)
        self._fail(method, after=False)
        if method.partition("/")[0] not in _OPEN:
            self._check_token(metadata)
            self._check_role(method)
        broken = "; ".join(violations(request))
        if broken:
            raise Refused(grpc.StatusCode.INVALID_ARGUMENT, f"Validation failed: {broken}")
        with state.lock:
            state.tick()
            response = self._once(serve, method, metadata, request, context)
        self._fail(method, after=True)
        return response

    def _once(
        self,
        serve: Callable[..., Message],
        method: str,
        metadata: dict[str, str],
        request: Message,
        context: grpc.ServicerContext,
    ) -> Message:
        """Answer, or repeat the answer that the same idempotency key got before."""
        key = metadata.get("idempotency-key")
        if key is None or not self._state.honours_idempotency_key:
            return serve(request, context)
        known = self._state.answered.get((method, key))
        if known is None:
            known = self._state.answered[method, key] = serve(request, context)
        return known

    def _fail(self, method: str, *, after: bool) -> None:
        fault = self._state.fault(method, after=after)
        if fault is not None:
            raise Refused(fault.code, fault.text)

    def _check_token(self, metadata: dict[str, str]) -> None:
        kind, _, token = metadata.get("authorization", "").partition(" ")
        expires = self._state.tokens.get(token)
        if kind != "Bearer" or expires is None:
            raise Refused(grpc.StatusCode.UNAUTHENTICATED, "The token is invalid")
        if expires <= datetime.now(UTC):
            raise Refused(grpc.StatusCode.UNAUTHENTICATED, "The token has expired")

    def _check_role(self, method: str) -> None:
        for prefix, roles in _ROLES.items():
            if prefix in method and not roles & self._state.roles:
                raise Refused(grpc.StatusCode.PERMISSION_DENIED, "Permission denied")
            if prefix in method:
                return
