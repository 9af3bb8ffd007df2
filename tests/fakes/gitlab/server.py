"""The server: HTTP/1.1 over loopback with connections kept alive, and a log of all requests."""

from __future__ import annotations

import itertools
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.clock import ManualClock
from tests.fakes.gitlab import (
    coordinator,
    environments,
    experiments,
    git_http,
    merge_requests,
    notes,
    packages,
    pipelines,
    projects,
    releases,
    repository,
    runners,
    uploads,
)
from tests.fakes.gitlab.access import admit
from tests.fakes.gitlab.faults import Faults
from tests.fakes.gitlab.routing import ROUTES, Refusal, Reply, Request
from tests.fakes.gitlab.state import World

RESOURCES = (
    coordinator,
    environments,
    experiments,
    merge_requests,
    notes,
    packages,
    pipelines,
    projects,
    releases,
    repository,
    runners,
    uploads,
)
"""Their routes are in the table as soon as they are imported."""


class Logged(NamedTuple):
    """A request. `connection` numbers the TCP connections; `token` is the header that carried one."""

    method: str
    path: str
    connection: int
    status: int
    token: str | None
    body: bytes


class FakeGitLab:
    """A running server; use it as a context. `folder` is the sub-path that it lives under, as `/gitlab`.

    `clock` tells the server the time: with the clock that the client waits on, waiting takes no time.
    `identity` is a PEM file with a key and a certificate; with one the server speaks TLS.
    """

    def __init__(
        self,
        *,
        folder: str = "",
        clock: ManualClock | None = None,
        latency: float = 0.0,
        identity: Path | None = None,
    ) -> None:
        self.world = World()
        self.faults = Faults()
        self.clock = clock or ManualClock()
        self.latency = latency
        self.log: list[Logged] = []
        self.crashes: list[Exception] = []
        """Bugs of the fake itself; the first is raised when the server ends."""
        self.before: Callable[[str, str], None] = lambda method, path: None
        """Called with each request before it has its effect; may block, so that tests can order events."""
        self._folder = folder
        self._lock = threading.RLock()
        self._server = _Server(self)
        self._scheme = "https" if identity else "http"
        if identity:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(identity)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"{self._scheme}://{host!s}:{port}{self._folder}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v4"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self.crashes:
            raise self.crashes[0]

    def calls(self, method: str = "", path: str = "") -> list[Logged]:
        """The requests so far whose method and path match; `path` is a part of the path."""
        return [entry for entry in self.log if method in ("", entry.method) and path in entry.path]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """The reply to a request. For the server's threads."""
        parts = urlsplit(target)
        if ".git/" in parts.path:
            return git_http.answer(self.world, method, target.removeprefix(self._folder), headers, body)
        if not parts.path.startswith(f"{self._folder}/api/v4/"):
            return Reply(404, b"<html>404</html>", {"content-type": "text/html"})
        request = Request(
            method=method,
            path=parts.path.removeprefix(f"{self._folder}/api/v4"),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=headers,
            body=body,
            now=self.clock.monotonic(),
            time=self.clock.now().isoformat(),
            base=self.api_url,
            world=self.world,
        )
        with self._lock:
            try:
                return _dispatch(request)
            except Refusal as refusal:
                return refusal.reply
            except Exception as problem:
                self.crashes.append(problem)
                return Reply(500, {"message": "500 Internal Server Error"})


def _dispatch(request: Request) -> Reply:
    allowed = False
    for each in ROUTES:
        matched = each.pattern.fullmatch(request.path)
        if matched is None:
            continue
        allowed = True
        if each.method == request.method:
            request.variables = matched.groupdict()
            admit(each, request)
            return each.handler(request)
    if allowed:
        raise Refusal(405, {"error": "405 Not Allowed"})
    raise Refusal(404, {"error": "404 Not Found"})


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, fake: FakeGitLab) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake
        self.connections = itertools.count(1)
        self.open: set[socket.socket] = set()

    def server_close(self) -> None:
        # Connections that a client keeps alive must not keep the test from ending.
        for connection in list(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.number = next(self.server.connections)
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read the log of the fake."""

    def _respond(self) -> None:
        fake = self.server.fake
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        path = urlsplit(self.path).path
        fake.before(self.command, path)
        fault = fake.faults.take(self.command, path)
        delay = fake.latency + (fault.delay if fault else 0.0)
        if delay:
            time.sleep(delay)
        if fault and fault.cut == "before":
            self._log(headers, body, 0)
            return self._cut()
        if fault and fault.reply and not fault.after:
            reply = fault.reply
        else:
            reply = fake.answer(self.command, self.path, headers, body)
        if fault and fault.cut == "after":
            self._log(headers, body, 0)
            return self._cut()
        if fault and fault.reply:
            reply = fault.reply
        self._log(headers, body, reply.status)
        return self._send(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _respond  # noqa: N815

    def _log(self, headers: dict[str, str], body: bytes, status: int) -> None:
        sent = ("private-token", "job-token", "deploy-token", "authorization")
        token = next((name for name in sent if name in headers), None)
        self.server.fake.log.append(
            Logged(self.command, urlsplit(self.path).path, self.number, status, token, body)
        )

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, reply: Reply) -> None:
        raw = reply.content if isinstance(reply.content, bytes) else b""
        if reply.content is not None and not isinstance(reply.content, bytes):
            raw = json.dumps(reply.content).encode()
        self.send_response(reply.status)
        for name, value in {"content-type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("content-length", str(len(raw)))
        self._headers_buffer.append(b"\r\n" + (b"" if reply.status == 204 else raw))
        self.flush_headers()
