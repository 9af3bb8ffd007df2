"""Cloud events: each kind becomes a Request, and a Response takes the shape that the clouds want.

A kind is a class with `infer`, which says whether an event is of this kind. The first in KINDS that says
so is taken; a new kind is a new class and its place in the list. Behind a URL, what a client sends never
decides the kind: every field looked at here is written by the cloud. Events that are no HTTP request are
in triggers.py.
"""

from __future__ import annotations

from emel_runtime.contract import Request, Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Event = dict[str, Any]

LONGEST_ID = 200
"""Characters of a request's identifier in the log."""


class YandexUrl:
    """Yandex Cloud Functions by the function's own URL, which has no path below it.

    The whole service is still there: by method (GET describes, POST predicts), and by
    `?route=/openapi.json`, which is heeded at the root of every other kind too. Source:
    yandex.cloud/docs/functions/lang/python/handler; captured events have `url` and `path` absent or empty.
    """

    @staticmethod
    def infer(event: Event) -> bool:
        return "httpMethod" in event and not event.get("url") and not event.get("path")

    @staticmethod
    def request(event: Event, context: object) -> Request:
        return _http1(event, context, path="/")


class Http1:
    """REST events in the shape that API gateways have in common.

    Yandex API Gateway 0.1 (`url` is the real path, `path` the template of the specification) and 1.0
    (`path` is real), AWS API Gateway v1, and emel's own local platform. Sources:
    yandex.cloud/docs/api-gateway/concepts/extensions/cloud-functions and
    docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
    """

    @staticmethod
    def infer(event: Event) -> bool:
        return "httpMethod" in event

    @staticmethod
    def request(event: Event, context: object) -> Request:
        return _http1(event, context, path=_path_of(str(event.get("url") or event.get("path"))))


class AwsHttp2:
    """AWS Lambda by a function URL or API Gateway v2, payload format 2.0.

    Source: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    """

    @staticmethod
    def infer(event: Event) -> bool:
        return event.get("version") == "2.0" and "rawPath" in event

    @staticmethod
    def request(event: Event, context: object) -> Request:
        details = _mapping(event.get("requestContext"))
        path = str(event["rawPath"])
        stage = "/" + str(details.get("stage") or "$default")
        if path == stage or path.startswith(stage + "/"):
            path = path[len(stage) :]
        return Request(
            method=str(_mapping(details.get("http")).get("method") or "").upper(),
            path=_routed(path, event),
            headers=_headers(event),
            body=_body(event),
            encoded=bool(event.get("isBase64Encoded")),
            request_id=request_id(details, context),
        )


KINDS = (AwsHttp2, YandexUrl, Http1)


def request_of(event: object, context: object) -> Request | None:
    """The HTTP request in an event; None for an event that is none of KINDS."""
    if isinstance(event, dict):
        for kind in KINDS:
            if kind.infer(event):
                return kind.request(event, context)
    return None


def reply_of(response: Response) -> Event:
    """The reply that all kinds have in common."""
    return {
        "statusCode": response.status,
        "headers": response.headers,
        "body": response.body,
        "isBase64Encoded": False,
    }


def request_id(details: Event, context: object) -> str:
    """How the cloud calls this request, in the event or in the handler's context."""
    found = (
        details.get("requestId")
        or getattr(context, "request_id", None)
        or getattr(context, "aws_request_id", None)
        or ""
    )
    return str(found)[:LONGEST_ID]


def _http1(event: Event, context: object, *, path: str) -> Request:
    return Request(
        method=str(event["httpMethod"]).upper(),
        path=_routed(path, event),
        headers=_headers(event),
        body=_body(event),
        encoded=bool(event.get("isBase64Encoded")),
        request_id=request_id(_mapping(event.get("requestContext")), context),
    )


def _path_of(url: str) -> str:
    """The path of a URL, with or without scheme and host, without its query."""
    path = url.partition("#")[0].partition("?")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path


def _routed(path: str, event: Event) -> str:
    if path not in ("", "/"):
        return path
    return str(_mapping(event.get("queryStringParameters")).get("route") or "/")


def _headers(event: Event) -> dict[str, str]:
    """The headers with their names in lower case; of those that came several times, the last."""
    found = {
        str(name).lower(): str(values[-1])
        for name, values in _mapping(event.get("multiValueHeaders")).items()
        if isinstance(values, list) and values
    }
    for name, value in _mapping(event.get("headers")).items():
        found[str(name).lower()] = str(value)
    return found


def _body(event: Event) -> str:
    body = event.get("body")
    return body if isinstance(body, str) else ""


def _mapping(value: object) -> Event:
    """Clouds write null for what is absent."""
    return value if isinstance(value, dict) else {}
