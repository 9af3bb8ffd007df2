"""An address with paths for an endpoint that has none, for tools that know nothing of `?route=`.

It listens on this machine alone, for as long as it is needed, and passes on what comes: method, headers and
body to the endpoint, status, headers and body back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from emel.apitest.client import Client
from emel.errors import EndpointError

OF_THE_CONNECTION = frozenset(
    ("connection", "content-encoding", "content-length", "host", "keep-alive", "transfer-encoding")
)
"""Headers that belong to one connection, or to a form of the body that has been undone."""


@contextmanager
def relayed(client: Client) -> Iterator[str]:
    """The address with paths; what its caller sends goes to the client's endpoint."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(client))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(client: Client) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Passes on requests of any method, which http.server looks for as `do_GET` and the like."""

        protocol_version = "HTTP/1.1"
        # Headers and body in one packet: the second of two would wait 40 ms for the first to be confirmed.
        wbufsize = -1

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self._pass_on
            raise AttributeError(name)

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in OF_THE_CONNECTION - {"content-encoding"}
            }
            try:
                reply = client.send(self.command, self.path, body, headers)
            except EndpointError as problem:
                self.send_error(502, problem.message)
                return
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                if name not in OF_THE_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    return Handler
