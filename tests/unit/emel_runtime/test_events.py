"""Each cloud's event, in the form in which its documentation or a capture shows it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from emel_runtime.contract import Request
from emel_runtime.events import request_of

YANDEX_URL: dict[str, Any] = {
    "httpMethod": "POST",
    "headers": {"Content-Type": "application/json", "X-Request-Id": "x"},
    "multiValueHeaders": {"Content-Type": ["application/json"]},
    "queryStringParameters": {},
    "multiValueQueryStringParameters": {},
    "requestContext": {"identity": {"sourceIp": "192.0.2.1"}, "httpMethod": "POST", "requestId": "r-1"},
    "body": "[[1, 2]]",
    "isBase64Encoded": False,
    "url": "",
    "path": "",
    "params": {},
    "pathParams": {},
}
YANDEX_GATEWAY_01 = {**YANDEX_URL, "url": "/predict?x=1", "path": "/{proxy+}"}
YANDEX_GATEWAY_10 = {
    **{key: value for key, value in YANDEX_URL.items() if key != "url"},
    "version": "1.0",
    "resource": "/{proxy+}",
    "path": "/predict",
}
AWS_V1 = {
    "resource": "/{proxy+}",
    "path": "/predict",
    "httpMethod": "POST",
    "headers": {"content-type": "application/json"},
    "multiValueHeaders": {"content-type": ["application/json"]},
    "queryStringParameters": None,
    "requestContext": {"requestId": "r-1", "stage": "prod", "path": "/prod/predict"},
    "body": "[[1, 2]]",
    "isBase64Encoded": False,
}
AWS_URL = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/predict",
    "rawQueryString": "",
    "headers": {"content-type": "application/json"},
    "requestContext": {
        "http": {"method": "POST", "path": "/predict", "protocol": "HTTP/1.1"},
        "requestId": "r-1",
        "stage": "$default",
    },
    "body": "[[1, 2]]",
    "isBase64Encoded": False,
}
AWS_V2_STAGE = {
    **AWS_URL,
    "rawPath": "/prod/predict",
    "requestContext": {"http": {"method": "POST"}, "requestId": "r-1", "stage": "prod"},
}
WITH_PATH = [YANDEX_GATEWAY_01, YANDEX_GATEWAY_10, AWS_V1, AWS_URL, AWS_V2_STAGE]


@pytest.mark.parametrize("event", WITH_PATH)
def test_a_request_with_a_path_is_understood(event: dict[str, Any]) -> None:
    assert fields(request_of(event, None)) == ("POST", "/predict", "application/json", "[[1, 2]]", "r-1")


def test_a_function_by_its_own_url_has_the_root_alone() -> None:
    assert fields(request_of(YANDEX_URL, None)) == ("POST", "/", "application/json", "[[1, 2]]", "r-1")


def test_a_function_by_its_own_url_is_routed_by_the_query() -> None:
    event = {**YANDEX_URL, "httpMethod": "GET", "queryStringParameters": {"route": "/openapi.json"}}

    assert request_of(event, None).path == "/openapi.json"


def test_a_whole_url_is_cut_to_its_path() -> None:
    event = {**YANDEX_URL, "url": "https://example.com/predict?a=1#b"}

    assert request_of(event, None).path == "/predict"


@pytest.mark.parametrize("name", ["request_id", "aws_request_id"])
def test_the_request_id_comes_from_the_context_where_the_event_has_none(name: str) -> None:
    event = {**YANDEX_URL, "requestContext": None}

    assert request_of(event, SimpleNamespace(**{name: "c-1"})).request_id == "c-1"


def test_absent_parts_are_empty() -> None:
    request = request_of({"httpMethod": "get", "path": "/"}, None)
    assert request is not None

    assert (request.method, request.headers, request.body, request.request_id) == ("GET", {}, "", "")


@pytest.mark.parametrize("event", [None, 1, [], {}, {"messages": [{"details": {}}]}])
def test_other_events_are_no_http_requests(event: object) -> None:
    assert request_of(event, None) is None


def fields(request: Request | None) -> tuple[str, str, str | None, str, str]:
    assert request is not None
    return request.method, request.path, request.headers.get("content-type"), request.body, request.request_id
