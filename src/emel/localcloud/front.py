"""The HTTP front: `/<function>/<tag>/…` to the function, `/` and `/_emel/status` to the platform itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from emel.errors import PlatformError
from emel.localcloud.events import BODY_LIMIT, MalformedReply, Request, answer_of, event_of
from emel.localcloud.instance import Failure
from emel.localcloud.journal import Journal
from emel.localcloud.router import Route, Router
from emel.localcloud.status import PlatformStatus, VersionStatus

Headers = list[tuple[str, str]]

READ_LIMIT = 10 * BODY_LIMIT
"""Bytes of a body that is too large which are read before the connection is closed on its sender."""

_JSON: Headers = [("content-type", "application/json"), ("cache-control", "no-store")]
_PROBLEM: Headers = [("content-type", "application/problem+json"), ("cache-control", "no-store")]


class Scope(Protocol):
    """What granian tells of a request (its RSGI specification, version 1.5)."""

    proto: str
    method: str
    path: str
    query_string: str
    client: str
    headers: Any


class Front:
    """The RSGI application."""

    def __init__(self, router: Router, journal: Journal, server_id: str, pid: int) -> None:
        self.url = ""
        self.draining = False
        """Whether new requests are turned away because the server is about to end."""
        self.active = 0
        """Requests that are being answered."""
        self._router = router
        self._journal = journal
        self._server_id = server_id
        self._pid = pid

    async def __rsgi__(self, scope: Scope, proto: Any) -> None:
        if scope.proto != "http":
            proto.close(400)
            return
        self.active += 1
        try:
            status, headers, body = await self._answer(scope, proto)
        finally:
            self.active -= 1
        proto.response_bytes(status, headers, body)

    async def _answer(self, scope: Scope, proto: Any) -> tuple[int, Headers, bytes]:
        function, _, rest = scope.path[1:].partition("/")
        tag, slash, path = rest.partition("/")
        try:
            if not function:
                return 200, _JSON, msgspec.json.encode(self._index())
            if function == "_emel":
                return self._platform(rest)
            route = self._router.route(function, tag)
        except (PlatformError, OSError) as problem:
            return _problem(500, "Damaged store", str(problem))
        if route is None:
            return self._unknown(function, tag)
        if self.draining:
            return _problem(503, "Shutting down", "the platform is shutting down")
        body = await _body(scope, proto)
        if body is None:
            return _problem(413, "Content Too Large", f"a request may have {BODY_LIMIT} bytes")
        client = scope.client.rpartition(":")[0]
        request = Request(
            scope.method, slash + quote(path) or "/", scope.query_string, scope.headers.items(), client, body
        )
        return await self._call(function, route, request)

    async def _call(self, function: str, route: Route, request: Request) -> tuple[int, Headers, bytes]:
        request_id = str(uuid.uuid4())
        named = [
            ("x-function-id", function),
            ("x-function-version-id", str(route.version.number)),
            ("x-request-id", request_id),
        ]
        try:
            reply = await route.pool.answer(event_of(request, request_id), request_id)
            status, headers, body = answer_of(reply)
        except MalformedReply as problem:
            route.pool.counters.errors += 1
            failure = Failure(502, "Malformed answer", str(problem))
        except Failure as problem:
            failure = problem
        else:
            return status, headers + named, body
        self._journal.platform(
            function,
            route.version.number,
            "",
            "warn" if failure.status == 429 else "error",
            f"{failure.title}: {failure.detail}",
            request_id=request_id,
            status=failure.status,
        )
        status, headers, body = _problem(failure.status, failure.title, failure.detail)
        if failure.status == 429:
            named.append(("retry-after", "1"))
        elif failure.status == 502:
            named.append(("x-function-error", "true"))
        return status, headers + named, body

    def _platform(self, path: str) -> tuple[int, Headers, bytes]:
        if path != "status":
            return _problem(404, "Not Found", "the platform has /_emel/status")
        versions = [
            VersionStatus(function, number, load.instances, load.busy, load.waiting, counters)
            for (function, number), (load, counters) in self._router.loads().items()
        ]
        status = PlatformStatus(self._server_id, self._pid, self.url, versions)
        return 200, _JSON, msgspec.json.encode(status)

    def _index(self) -> Mapping[str, Any]:
        functions = {
            function: {tag: f"{self.url}/{function}/{tag}" for tag in tags}
            for function, tags in self._router.addresses().items()
        }
        return {"functions": functions, "status": f"{self.url}/_emel/status"}

    def _unknown(self, function: str, tag: str) -> tuple[int, Headers, bytes]:
        known = self._router.addresses()
        if function not in known:
            detail = f"there is no function {function!r}"
        elif not tag:
            detail = "the address of a function ends with one of its tags"
        else:
            detail = f"the function {function!r} has no tag {tag!r}"
        return _problem(404, "Not Found", detail, exists=self._index()["functions"])


async def _body(scope: Scope, proto: Any) -> bytes | None:
    """The request's body; None when it is too large.

    What is too large is read all the same, up to a bound, and forgotten: a client that still sends when the
    connection closes would get a reset instead of the answer.
    """
    length = scope.headers.get("content-length")
    if length is not None and int(length) <= BODY_LIMIT:
        body: bytes = await proto()
        return body
    if scope.method in ("GET", "HEAD") and "transfer-encoding" not in scope.headers:
        return b""
    parts, size = bytearray(), 0
    async for part in proto:
        size += len(part)
        if size <= BODY_LIMIT:
            parts += part
        elif size > READ_LIMIT:
            break
    return bytes(parts) if size <= BODY_LIMIT else None


def _problem(status: int, title: str, detail: str, **members: Any) -> tuple[int, Headers, bytes]:
    """An answer of the platform itself, as application/problem+json (RFC 9457)."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return status, _PROBLEM, msgspec.json.encode(content)
