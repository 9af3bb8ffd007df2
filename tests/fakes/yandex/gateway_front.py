"""Requests to API gateways over HTTP: routes, variables, canary, authorizers, and events of both formats.

Sources: documentation of API Gateway, «Specification extensions»: cloud_functions (with both formats of
the event), function authorizer, parameterization, canary release; «Quotas and limits».
"""

from __future__ import annotations

import json
import random
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.fakes.yandex.answering import Answer, AnsweringServer
from tests.fakes.yandex.gateways import StoredGateway
from tests.fakes.yandex.invoke import Front
from tests.fakes.yandex.services import issue_token
from tests.fakes.yandex.state import State

MOST_BYTES = 2_500_000
"""Of a request and of an answer; less than a function's own 3.5 MB."""
_ANY = "x-yc-apigateway-any-method"


class Call(NamedTuple):
    """A request that found its operation."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    template: str
    operation: dict[str, Any]
    parameters: dict[str, str]


class GatewayFront:
    """All gateways at one address: `URL/<identifier><path>`, where the cloud has a domain for each."""

    def __init__(self, state: State, front: Front) -> None:
        self._state = state
        self._front = front
        self._random = random.Random(8)
        self._server = AnsweringServer(self.answer)

    def close(self) -> None:
        self._server.close()

    def url(self, domain: str) -> str:
        """Where the gateway of a domain is, for `https://<domain>` too."""
        identifier = domain.removeprefix("https://").partition(".")[0]
        return f"{self._server.url}/{identifier}"

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(target)
        identifier, _, rest = parts.path[1:].partition("/")
        with self._state.lock:
            stored = self._state.gateways.get(identifier)
            if stored is None:
                return _refusal(404, "Not found")
            spec, is_canary = self._specification(stored)
        if len(body) > MOST_BYTES:
            return _refusal(413, "Request Entity Too Large")
        call = _find(spec, method, f"/{rest}", parse_qs(parts.query, keep_blank_values=True), headers)
        if call is None:
            return _refusal(404, "Not found")
        authorizer = self._authorize(spec, call)
        if isinstance(authorizer, Answer):
            return authorizer
        answer = self._integrate(spec, call, authorizer, body)
        if is_canary:
            answer.headers.append(("x-yc-apigateway-release", "canary"))
        return answer

    def _specification(self, stored: StoredGateway) -> tuple[Any, bool]:
        """The specification with the variables of one of the two releases, picked at random."""
        declared = json.loads(stored.spec).get("x-yc-apigateway", {}).get("variables", {})
        values = {name: str(variable["default"]) for name, variable in declared.items()}
        values |= {name: value.string_value for name, value in stored.proto.variables.items()}
        weight = stored.proto.canary.weight if stored.proto.HasField("canary") else 0
        is_canary = self._random.random() * 100 < weight
        if is_canary:
            values |= {name: value.string_value for name, value in stored.proto.canary.variables.items()}
        return json.loads(re.sub(r"\$\{var\.(\w+)\}", lambda found: values[found[1]], stored.spec)), is_canary

    def _authorize(self, spec: Any, call: Call) -> Any:
        """The context that the authorizer gives, empty without one, or the refusal."""
        for name in (name for each in call.operation.get("security", ()) for name in each):
            scheme = spec["components"]["securitySchemes"][name]
            authorizer = scheme["x-yc-apigateway-authorizer"]
            if call.headers.get(scheme["name"].lower()) is None:
                return _refusal(401, "Unauthorized")
            event = {
                "resource": call.template,
                "path": call.path,
                "httpMethod": call.method,
                "headers": {_canonical(name): value for name, value in call.headers.items()},
                "queryStringParameters": {name: values[-1] for name, values in call.query.items()},
                "pathParameters": call.parameters,
                "requestContext": {},
                "cookies": {},
            }
            target = f"/{authorizer['function_id']}?integration=raw"
            sent = self._credentials(spec, authorizer) | {"content-type": "application/json"}
            reply = self._front.answer("POST", target, sent, json.dumps(event).encode())
            try:
                said = json.loads(reply.body)
                allowed, context = said["isAuthorized"], said.get("context", {})
            except (ValueError, KeyError):
                return _refusal(500, "Internal Server Error")
            return context if allowed else _refusal(403, "Forbidden")
        return {}

    def _integrate(self, spec: Any, call: Call, authorizer: Any, body: bytes) -> Answer:
        integration = call.operation["x-yc-apigateway-integration"]
        assert integration["type"] == "cloud_functions", "emel writes no other integration"
        event = _event(call, integration.get("payload_format_version", "0.1"))
        if authorizer:
            event["requestContext"]["authorizer"] = authorizer
        kept = {name: value for name, value in call.headers.items() if name != "authorization"}
        sent = kept | self._credentials(spec, integration) | {"x-emulator-event": json.dumps(event)}
        query = urlencode({"tag": integration.get("tag", "$latest")})
        return self._front.answer(call.method, f"/{integration['function_id']}?{query}", sent, body)

    def _credentials(self, spec: Any, extension: Any) -> dict[str, str]:
        account = spec.get("x-yc-apigateway", {}).get("service_account_id")
        account = extension.get("service_account_id", account)
        if account not in self._state.service_accounts:
            return {}
        return {"authorization": f"Bearer {issue_token(self._state)[0]}"}


def _find(
    spec: Any, method: str, path: str, query: dict[str, list[str]], headers: dict[str, str]
) -> Call | None:
    for template, operations in spec["paths"].items():
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
        pattern = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", pattern)
        found = re.fullmatch(pattern, path) or re.fullmatch(pattern, path.rstrip("/"))
        operation = operations.get(method.lower()) or operations.get(_ANY)
        if found and operation:
            return Call(method, path, query, headers, template, operation, found.groupdict())
    return None


def _event(call: Call, form: str) -> dict[str, Any]:
    """What the event says beside method, headers and body, which the function's own address adds."""
    one = {name: values[-1] for name, values in call.query.items()}
    event: dict[str, Any] = {
        "queryStringParameters": one,
        "multiValueQueryStringParameters": call.query,
        "requestContext": {},
    }
    parameters, several = call.parameters, {name: [value] for name, value in call.parameters.items()}
    if form == "0.1":
        query = urlencode(call.query, doseq=True)
        event |= {"url": f"{call.path}?{query}" if query else call.path, "path": call.template}
        event |= {"pathParams": parameters, "params": parameters, "multiValueParams": several}
        event["requestContext"] = {"apiGateway": {"operationContext": {}}}
        return event
    event |= {"version": "1.0", "resource": call.template, "path": call.path}
    event |= {"pathParameters": parameters, "parameters": parameters, "multiValueParameters": several}
    event["operationId"] = call.operation.get("operationId", "")
    return event


def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _refusal(status: int, text: str) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps({"message": text}).encode())
