"""HTTP requests as events of Yandex Cloud Functions, and a function's replies as HTTP answers.

Sources: «Event format» and «Invoking a function» in the documentation of Yandex Cloud Functions
(handler.md, function-invoke.md; read November 2026). One thing differs: the path behind the function's
address is in `path` and `url`, as behind an API gateway.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec

BODY_LIMIT = 3_500_000
"""Bytes of a request or a reply, as in Yandex Cloud Functions."""

_KEPT_FROM_FUNCTION = frozenset(
    (
        "authorization",
        "connection",
        "content-md5",
        "cookie",
        "expect",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    )
)
_KEPT_FROM_CLIENT = frozenset(
    ("authorization", "connection", "content-length", "cookie", "host", "max-forwards", "user-agent")
)
_FORBIDDEN = frozenset(("proxy-authenticate", "transfer-encoding", "via"))
_REMAPPED = frozenset(("content-md5", "date", "server", "www-authenticate"))
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

HeaderValue = str | int | float | bool


class Reply(msgspec.Struct):
    """What a function returns; a value of `multiValueHeaders` wins over one of `headers`."""

    statusCode: int = 200  # noqa: N815
    headers: dict[str, HeaderValue] | None = None
    multiValueHeaders: dict[str, list[HeaderValue]] | None = None  # noqa: N815
    body: str | None = None
    isBase64Encoded: bool = False  # noqa: N815


class Request(NamedTuple):
    """An HTTP request. `path` is what follows the function's address, and begins with a slash."""

    method: str
    path: str
    query: str
    headers: Iterable[tuple[str, str]]
    client: str
    body: bytes


class MalformedReply(Exception):
    """A reply that cannot become an HTTP answer; the text says why."""


def frame_of(request: Request, request_id: str, timeout_ms: int) -> bytes:
    """What an instance is sent; see bootstrap.py."""
    message = {
        "event": event_of(request, request_id),
        "request_id": request_id,
        "timeout_ms": timeout_ms,
    }
    return msgspec.json.encode(message)


def event_of(request: Request, request_id: str) -> dict[str, Any]:
    """The event that the function gets."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        if name not in _KEPT_FROM_FUNCTION:
            headers.setdefault(_canonical(name), []).append(value)
    headers["X-Request-Id"] = [request_id]
    headers["X-Forwarded-For"] = headers["X-Real-Remote-Address"] = [request.client]
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True) if request.query else ():
        query.setdefault(name, []).append(value)
    is_json = headers.get("Content-Type", [""])[-1].partition(";")[0].strip().lower() == "application/json"
    body, encoded = _text(request.body, is_json)
    now = int(time.time())
    return {
        "httpMethod": request.method,
        "path": request.path,
        "url": f"{request.path}?{request.query}" if request.query else request.path,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "requestContext": {
            "identity": {
                "sourceIp": request.client,
                "userAgent": headers.get("User-Agent", [""])[-1],
            },
            "httpMethod": request.method,
            "requestId": request_id,
            "requestTime": _common_log_time(now),
            "requestTimeEpoch": now,
        },
        "body": body,
        "isBase64Encoded": encoded,
    }


def answer_of(reply: Reply) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of the HTTP answer. Errors: MalformedReply."""
    if not 200 <= reply.statusCode <= 599:
        raise MalformedReply(f"statusCode is {reply.statusCode}")
    headers = {name.lower(): [value] for name, value in (reply.headers or {}).items()}
    headers.update({name.lower(): values for name, values in (reply.multiValueHeaders or {}).items()})
    pairs: list[tuple[str, str]] = []
    for name, values in headers.items():
        if name in _FORBIDDEN:
            raise MalformedReply(f"the header {name} is not allowed")
        if name in _KEPT_FROM_CLIENT:
            continue
        shown = f"x-yf-remapped-{name}" if name in _REMAPPED else name
        pairs.extend((shown, _header_text(name, value)) for value in values)
    body = (reply.body or "").encode("utf-8", "replace")
    if reply.isBase64Encoded:
        try:
            body = base64.b64decode(body, validate=True)
        except ValueError as problem:
            raise MalformedReply(f"the body is not base64: {problem}") from problem
    if len(body) > BODY_LIMIT:
        raise MalformedReply(f"the body has {len(body)} bytes; at most {BODY_LIMIT} are allowed")
    return reply.statusCode, pairs, body


def _text(body: bytes, is_json: bool) -> tuple[str, bool]:
    """The body as it stands in the event: JSON as text, all else as base64."""
    if is_json:
        try:
            return body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass
    return (base64.b64encode(body).decode("ascii"), True) if body else ("", False)


def _header_text(name: str, value: HeaderValue) -> str:
    text = str(value)
    if not _HEADER_NAME.fullmatch(name) or not text.isprintable() or not text.isascii():
        raise MalformedReply(f"the header {name!r} holds characters that HTTP does not allow")
    return text


@lru_cache(maxsize=1024)
def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


@lru_cache(maxsize=4)
def _common_log_time(seconds: int) -> str:
    return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(seconds))
