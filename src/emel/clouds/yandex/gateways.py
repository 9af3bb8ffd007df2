"""API gateways: one for each function, with its name, known as emel's by a label.

Another label holds a digest of what the gateway was made from, so that the same again is not sent. An update
names the fields that it means, so that custom domains, log options and networks stay as they are. Source:
cloudapi, yandex/cloud/serverless/apigateway/v1.
"""

from __future__ import annotations

import hashlib
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.field_mask_pb2 import FieldMask
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.serverless.apigateway.v1 import apigateway_pb2 as shapes
from yandex.cloud.serverless.apigateway.v1 import apigateway_service_pb2 as requests
from yandex.cloud.serverless.apigateway.v1.apigateway_service_pb2_grpc import ApiGatewayServiceStub

from emel.clouds.yandex.gateway_spec import TAG, gateway_spec
from emel.clouds.yandex.inventory import LABELS, Inventory, is_ours
from emel.clouds.yandex.refusals import ALREADY_EXISTS, NOT_FOUND, Refusal
from emel.clouds.yandex.session import Session
from emel.errors import DeployError
from emel.records import Gateway, GatewayRoutes, GatewaySettings

DIGEST = "routes"
"""The label with the digest."""


class YandexGateways:
    """See emel.clouds.base.Gateways."""

    def __init__(self, session: Session, inventory: Inventory, settings: GatewaySettings) -> None:
        self._session = session
        self._inventory = inventory
        self._settings = settings

    def find(self, function: str) -> Gateway | None:
        proto = self._by_name(function)
        return _record(proto) if proto is not None and is_ours(proto) else None

    def is_current(self, function: str, routes: GatewayRoutes) -> bool:
        proto, identifier = self._by_name(function), self._inventory.id_of(function)
        if proto is None or identifier is None or not is_ours(proto):
            return False
        return self._is_current(proto, routes, self._spec(identifier, proto, routes))

    def put(self, function: str, routes: GatewayRoutes) -> Gateway:
        identifier = self._inventory.id_of(function)
        if identifier is None:
            raise DeployError(f"there is no function {function!r}", hint="`emel deploy --to yandex` makes it")
        proto = self._by_name(function)
        if proto is not None and not is_ours(proto):
            raise DeployError(
                f"the folder has an API gateway {function} that emel did not make",
                hint="choose another [model] name, or let emel have it: yc serverless api-gateway update "
                f"{proto.id} --labels managed-by=emel",
            )
        if proto is None and routes.weight < 100:
            raise DeployError(
                f"there is no API gateway {function}, so {routes.tag} can get no share of its requests",
                hint="put one before the function first: emel deploy --to yandex --gateway",
            )
        spec = self._spec(identifier, proto, routes)
        if proto is None:
            return _record(self._create(function, routes, spec))
        if not self._is_current(proto, routes, spec):
            self._update(proto, routes, spec)
        return _record(self._session.read(ApiGatewayServiceStub, "Get", _get(proto.id)))

    def visible(self, function: str) -> Gateway | None:
        """As `find`, and None where whoever is signed in may see no gateways."""
        try:
            return self.find(function)
        except Refusal as problem:
            if problem.code != "PERMISSION_DENIED":
                raise
            return None

    def share(self, function: str, tag: str, weight: int) -> None:
        """Send `weight` percent of the gateway's requests to a tag; repeated it does nothing.

        Specification, domains and labels stay. Errors: DeployError when there is no gateway.
        """
        proto = self._by_name(function)
        if proto is None:
            raise DeployError(f"there is no API gateway {function}", hint="emel deploy --to yandex --gateway")
        found = _record(proto)
        if (found.canary_tag, found.canary_weight) != (tag, weight):
            self._update_canary(proto, shapes.Canary(weight=weight, variables=_variables(tag)))

    def end_canary(self, function: str, tag: str) -> None:
        """Send all requests to `tag` again. Does nothing where the gateway's go elsewhere, or none is."""
        found = self.visible(function)
        if found is not None and found.tag == tag and found.canary_tag is not None:
            self._update_canary(self._by_name(function), None)

    def delete(self, function: str) -> None:
        proto = self._by_name(function)
        if proto is None or not is_ours(proto):
            return
        request = requests.DeleteApiGatewayRequest(api_gateway_id=proto.id)
        try:
            self._done("Delete", request, Empty(), "delete the API gateway")
        except Refusal as problem:
            if problem.code != NOT_FOUND:
                raise

    def _by_name(self, function: str) -> Any:
        """The gateway of this name, whoever made it; else None."""
        request = requests.ListApiGatewayRequest(
            folder_id=self._inventory.folder, filter=f'name="{function}"'
        )
        found = self._session.read(ApiGatewayServiceStub, "List", request).api_gateways
        return next((proto for proto in found if proto.name == function), None)

    def _spec(self, identifier: str, proto: Any, routes: GatewayRoutes) -> str:
        """The specification; a canary changes variables alone, and so keeps the default."""
        tag = _tag_of(proto) if proto is not None and routes.weight < 100 else routes.tag
        return gateway_spec(routes.contract, identifier, tag, self._settings)

    def _is_current(self, proto: Any, routes: GatewayRoutes, spec: str) -> bool:
        found = _record(proto)
        canary = (routes.tag, routes.weight) if routes.weight < 100 else (None, 0)
        stable = found.tag if routes.weight < 100 else routes.tag
        return (
            proto.labels.get(DIGEST) == _digest(spec)
            and found.tag == stable
            and (found.canary_tag, found.canary_weight) == canary
        )

    def _create(self, function: str, routes: GatewayRoutes, spec: str) -> Any:
        request = requests.CreateApiGatewayRequest(
            folder_id=self._inventory.folder,
            name=function,
            description="A model that emel deployed",
            labels={**LABELS, DIGEST: _digest(spec)},
            openapi_spec=spec,
            variables=_variables(routes.tag),
        )
        try:
            started = self._session.change(
                ApiGatewayServiceStub, "Create", request, arrived=lambda: self._by_name(function)
            )
        except Refusal as problem:
            # Another deploy may have been a moment faster, with the same.
            proto = self._by_name(function) if problem.code == ALREADY_EXISTS else None
            if proto is None:
                raise
            return proto
        if not isinstance(started, Operation):
            return started
        return self._session.wait(started, shapes.ApiGateway(), "create the API gateway")

    def _update(self, proto: Any, routes: GatewayRoutes, spec: str) -> None:
        request = requests.UpdateApiGatewayRequest(
            api_gateway_id=proto.id,
            update_mask=FieldMask(paths=["labels", "openapi_spec", "variables", "canary"]),
            labels={**proto.labels, DIGEST: _digest(spec)},
            openapi_spec=spec,
            variables=_variables(_tag_of(proto) if routes.weight < 100 else routes.tag),
        )
        if routes.weight < 100:
            request.canary.CopyFrom(shapes.Canary(weight=routes.weight, variables=_variables(routes.tag)))
        self._done("Update", request, shapes.ApiGateway(), "update the API gateway")

    def _update_canary(self, proto: Any, canary: Any) -> None:
        """Without a canary in the request, the one that is there ends."""
        # An update has to carry the specification; the mask keeps it from being another.
        spec = requests.GetOpenapiSpecRequest(
            api_gateway_id=proto.id, format=requests.GetOpenapiSpecRequest.JSON
        )
        request = requests.UpdateApiGatewayRequest(
            api_gateway_id=proto.id,
            update_mask=FieldMask(paths=["canary"]),
            openapi_spec=self._session.read(ApiGatewayServiceStub, "GetOpenapiSpec", spec).openapi_spec,
            canary=canary,
        )
        self._done("Update", request, shapes.ApiGateway(), "update the API gateway")

    def _done(self, method: str, request: Any, response: Any, what: str) -> None:
        started = self._session.change(ApiGatewayServiceStub, method, request)
        self._session.wait(started, response, what)


def _get(identifier: str) -> Any:
    return requests.GetApiGatewayRequest(api_gateway_id=identifier)


def _record(proto: Any) -> Gateway:
    weight = proto.canary.weight if proto.HasField("canary") else 0
    return Gateway(
        name=proto.name,
        url=f"https://{proto.domain}",
        tag=_tag_of(proto),
        canary_tag=proto.canary.variables[TAG].string_value if weight else None,
        canary_weight=weight,
    )


def _tag_of(proto: Any) -> str:
    return str(proto.variables[TAG].string_value)


def _variables(tag: str) -> dict[str, Any]:
    return {TAG: shapes.VariableInput(string_value=tag)}


def _digest(spec: str) -> str:
    return hashlib.sha256(spec.encode()).hexdigest()[:16]
