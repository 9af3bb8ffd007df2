"""The specification of an API gateway, from the endpoint's own OpenAPI document.

Sources: documentation of API Gateway, «Specification extensions»: cloud_functions, function authorizer,
parameterization (`${var.name}`, which is substituted in `tag`) and canary release.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from emel.records import GatewaySettings

TAG = "tag"
"""The variable that says which tag of the function gets a request."""
METHODS = ("get", "post")
ANY_METHOD = "x-yc-apigateway-any-method"
"""Stands for each method that the path does not name."""
REST = "/{path+}"
"""All paths that the contract does not name."""


def gateway_spec(contract: dict[str, Any], function_id: str, tag: str, settings: GatewaySettings) -> str:
    """An OpenAPI 3.0 document as JSON, whose every operation calls the function. The contract is 3.1."""
    spec = _as_3_0(deepcopy(contract))
    spec["openapi"] = "3.0.3"
    spec["x-yc-apigateway"] = {"variables": {TAG: {"default": tag, "description": "The function's tag"}}}
    if settings.service_account:
        spec["x-yc-apigateway"]["service_account_id"] = settings.service_account
    integration = {
        "type": "cloud_functions",
        "function_id": function_id,
        "tag": f"${{var.{TAG}}}",
        "payload_format_version": settings.payload_format,
    }
    for path in spec["paths"].values():
        # HEAD, what a browser asks before it calls from another page, and refusals are the function's too.
        path[ANY_METHOD] = {"responses": {"default": {"description": "As the function answers"}}}
    spec["paths"][REST] = {
        "parameters": [{"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}],
        ANY_METHOD: {"responses": {"default": {"description": "As the function answers"}}},
    }
    for operation in _operations(spec):
        operation["x-yc-apigateway-integration"] = integration
    _guard(spec, settings)
    return json.dumps(spec, sort_keys=True)


def _guard(spec: dict[str, Any], settings: GatewaySettings) -> None:
    """Let the authorizer decide about keys; without one the function itself looks at them."""
    spec["components"].pop("securitySchemes", None)
    for operation in _operations(spec):
        operation.pop("security", None)
    if settings.authorizer:
        # The function takes `//predict` for `/predict`, so that the rest is guarded too.
        guarded = [path["post"] for path in spec["paths"].values() if "post" in path]
        for operation in (*guarded, spec["paths"][REST][ANY_METHOD]):
            operation["security"] = [{"key": []}]
        spec["components"]["securitySchemes"] = {
            "key": {
                "type": "apiKey",
                "in": "header",
                "name": "X-Api-Key",
                "x-yc-apigateway-authorizer": {"type": "function", "function_id": settings.authorizer},
            }
        }


def _operations(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in spec["paths"].values():
        yield from (path[method] for method in (*METHODS, ANY_METHOD) if method in path)


def _as_3_0(value: Any) -> Any:
    """The same with what JSON Schema has in OpenAPI 3.1 alone written as in 3.0."""
    if isinstance(value, list):
        return [_as_3_0(item) for item in value]
    if not isinstance(value, dict):
        return value
    told = {key: _as_3_0(item) for key, item in value.items()}
    if isinstance(told.get("type"), list):
        kinds = [kind for kind in told["type"] if kind != "null"]
        told["nullable"] = len(kinds) < len(told["type"])
        told["type"] = kinds[0]
    if "const" in told and not isinstance(told["const"], dict):
        told["enum"] = [told.pop("const")]
    if isinstance(told.get("prefixItems"), list):
        # Which column a value is of cannot be said there.
        distinct = {json.dumps(item, sort_keys=True): item for item in told.pop("prefixItems")}
        told["items"] = {"anyOf": list(distinct.values())}
    if isinstance(told.get("examples"), list):
        told["example"] = told.pop("examples")[0]
    if told.get("type") == "array":
        told.setdefault("items", {})
    return told
