"""Cloud events: each kind becomes a Request, and a Response takes the shape that the clouds want.

A kind is a class with `infer`, which says whether an event is of this kind. The first in KINDS that says
so is taken; a new kind is a new class and its place in the list. What a client sends never decides the
kind: every field looked at here is written by the cloud.
"""

from __future__ import annotations

from emel_runtime.contract import Refusal, Request, Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Event = dict[str, Any]


class YandexUrl:
    """Yandex Cloud Functions by the function's own URL, which has no path below it.

    The whole service is still there: by method (GET describes, POST predicts), and by
    `?route=/openapi.json`. Source: yandex.cloud/docs/functions/lang/python/handler; captured events have
    `url` and `path` absent or empty.
    """

    @staticmethod
    def infer(event: Event) -> bool:
        return "httpMethod" in event and not event.get("url") and not event.get("path")

    @staticmethod
    def request(event: Event, context: object) -> Request:
        query = event.get("queryStringParameters") or {}
        return _http1(event, context, path=str(query.get("route") or "/"))


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
        return _http1(event, context, path=_path_of(str(event.get("url") or event["path"])))


class AwsHttp2:
    """AWS Lambda by a function URL or API Gateway v2, payload format 2.0.

    Source: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    """

    @staticmethod
    def infer(event: Event) -> bool:
        return event.get("version") == "2.0" and "rawPath" in event

    @staticmethod
    def request(event: Event, context: object) -> Request:
        details = event.get("requestContext") or {}
        path = str(event["rawPath"])
        stage = "/" + str(details.get("stage") or "$default")
        if path == stage or path.startswith(stage + "/"):
            path = path[len(stage) :]
        return Request(
            method=str((details.get("http") or {}).get("method", "")).upper(),
            path=path,
            headers=_lower(event.get("headers")),
            body=str(event.get("body") or ""),
            encoded=bool(event.get("isBase64Encoded")),
            request_id=_request_id(details, context),
        )


KINDS = (AwsHttp2, YandexUrl, Http1)


def request_of(event: object, context: object) -> Request:
    """The request in an event. Errors: Refusal with status 400 for an event that is none of KINDS."""
    if isinstance(event, dict):
        for kind in KINDS:
            if kind.infer(event):
                return kind.request(event, context)
    raise Refusal(400, "this event is not an HTTP request")


def reply_of(response: Response) -> Event:
    """The reply that all kinds so far have in common."""
    return {
        "statusCode": response.status,
        "headers": response.headers,
        "body": response.body,
        "isBase64Encoded": False,
    }


def _http1(event: Event, context: object, *, path: str) -> Request:
    return Request(
        method=str(event["httpMethod"]).upper(),
        path=path,
        headers=_lower(event.get("headers")),
        body=str(event.get("body") or ""),
        encoded=bool(event.get("isBase64Encoded")),
        request_id=_request_id(event.get("requestContext") or {}, context),
    )


def _path_of(url: str) -> str:
    """The path of a URL, with or without scheme and host, without its query."""
    path = url.partition("#")[0].partition("?")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path


def _lower(headers: Event | None) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in (headers or {}).items()}


def _request_id(details: Event, context: object) -> str:
    return str(
        details.get("requestId")
        or getattr(context, "request_id", None)
        or getattr(context, "aws_request_id", None)
        or ""
    )
