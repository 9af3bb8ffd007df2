"""ApiGatewayService: gateways and their specifications. Source: yandex/cloud/serverless/apigateway/v1.

The specification is checked for its form; what a gateway does with a request is in gateway_front.py.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import grpc
import yaml
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from openapi_spec_validator import OpenAPIV30SpecValidator
from tests.fakes.yandex.pages import page
from tests.fakes.yandex.state import FOLDER, Refused, State

from yandex.cloud.serverless.apigateway.v1 import apigateway_pb2 as shapes
from yandex.cloud.serverless.apigateway.v1 import apigateway_service_pb2 as requests
from yandex.cloud.serverless.apigateway.v1.apigateway_service_pb2_grpc import ApiGatewayServiceServicer

SPEC_LIMIT = 3_500_000
"""Documentation, «Quotas and limits» of API Gateway."""
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "x-yc-apigateway-any-method"}


@dataclass
class StoredGateway:
    proto: Any
    spec: str


class GatewayServicer(ApiGatewayServiceServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    def Create(self, request: Any, context: object) -> Message:
        if any(stored.proto.name == request.name for stored in self._state.gateways.values()):
            text = f"API gateway with name {request.name} already exists"
            raise Refused(grpc.StatusCode.ALREADY_EXISTS, text)
        _check_spec(request.openapi_spec)
        identifier = self._state.new_id("d5d")
        proto = shapes.ApiGateway(
            id=identifier,
            folder_id=FOLDER,
            created_at=self._state.now(),
            domain=f"{identifier}.apigw.yandexcloud.net",
            status=shapes.ApiGateway.CREATING,
        )
        _take(proto, request, [field.name for field, _ in request.ListFields()])
        self._state.gateways[identifier] = StoredGateway(proto, request.openapi_spec)

        def finish() -> Message:
            proto.status = shapes.ApiGateway.ACTIVE
            return proto

        metadata = requests.CreateApiGatewayMetadata(api_gateway_id=identifier)
        return self._state.begin(metadata, finish, "Create API gateway")

    def Update(self, request: Any, context: object) -> Message:
        stored = self._stored(request.api_gateway_id)
        # The proto asks for the whole specification with each update.
        _check_spec(request.openapi_spec)
        given = requests.UpdateApiGatewayRequest()
        given.CopyFrom(request)

        def finish() -> Message:
            named = list(given.update_mask.paths) or [field.name for field, _ in given.ListFields()]
            _take(stored.proto, given, named)
            if "openapi_spec" in named:
                stored.spec = given.openapi_spec
            return stored.proto

        metadata = requests.UpdateApiGatewayMetadata(api_gateway_id=request.api_gateway_id)
        return self._state.begin(metadata, finish, "Update API gateway")

    def Get(self, request: Any, context: object) -> Message:
        return self._stored(request.api_gateway_id).proto

    def List(self, request: Any, context: object) -> Message:
        found = [stored.proto for stored in self._state.gateways.values()]
        if request.filter:
            named = re.fullmatch(r'name\s*=\s*"([^"]*)"', request.filter)
            if named is None:
                raise Refused(grpc.StatusCode.INVALID_ARGUMENT, f"Bad filter: {request.filter}")
            found = [proto for proto in found if proto.name == named[1]]
        shown, following = page(found, request, self._state)
        return requests.ListApiGatewayResponse(api_gateways=shown, next_page_token=following)

    def GetOpenapiSpec(self, request: Any, context: object) -> Message:
        spec = yaml.safe_load(self._stored(request.api_gateway_id).spec)
        as_yaml = request.format == requests.GetOpenapiSpecRequest.Format.YAML
        text = yaml.safe_dump(spec) if as_yaml else json.dumps(spec)
        return requests.GetOpenapiSpecResponse(api_gateway_id=request.api_gateway_id, openapi_spec=text)

    def Delete(self, request: Any, context: object) -> Message:
        self._stored(request.api_gateway_id)

        def finish() -> Message:
            self._state.gateways.pop(request.api_gateway_id, None)
            return Empty()

        metadata = requests.DeleteApiGatewayMetadata(api_gateway_id=request.api_gateway_id)
        return self._state.begin(metadata, finish, "Delete API gateway")

    def _stored(self, identifier: str) -> StoredGateway:
        found = self._state.gateways.get(identifier)
        if found is None:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"API gateway {identifier} not found")
        return found


def _take(proto: Any, request: Any, names: list[str]) -> None:
    """Copy the named fields of a request, maps and messages whole."""
    fields = shapes.ApiGateway.DESCRIPTOR.fields_by_name
    for name in names:
        if name in fields and name not in ("folder_id", "id"):
            proto.ClearField(name)
            part = type(proto)(**{name: getattr(request, name)})
            proto.MergeFrom(part)


def _check_spec(text: str) -> None:
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    if len(text.encode()) > SPEC_LIMIT:
        raise Refused(invalid, "The specification is larger than 3.5 MB")
    try:
        spec = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise Refused(invalid, f"The specification cannot be read: {problem}") from None
    if not isinstance(spec, dict) or not str(spec.get("openapi", "")).startswith("3.0"):
        raise Refused(invalid, "The specification is not OpenAPI 3.0")
    problem = next(iter(OpenAPIV30SpecValidator(spec).iter_errors()), None)
    if problem is not None:
        raise Refused(invalid, f"The specification is not OpenAPI 3.0: {problem.message}")
    for path, operations in spec.get("paths", {}).items():
        for method, operation in operations.items():
            if method in _METHODS and "x-yc-apigateway-integration" not in operation:
                raise Refused(invalid, f"{method} {path} has no x-yc-apigateway-integration")
