"""Object Storage on loopback: objects by their path, for whoever brings the token."""

from __future__ import annotations

import http.server
import threading

TOKEN = "t1.token"


class FakeBucket:
    """Answers GET and PUT as S3 does. `failing` is a status that is answered instead."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.failing: int | None = None
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        bucket = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                data = bucket.objects.get(self.path)
                self.reply(200 if data is not None else 404, data or b"")

            def do_PUT(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                if self.allowed():
                    bucket.objects[self.path] = data
                self.reply(200, b"")

            def allowed(self) -> bool:
                return self.headers["X-YaCloud-SubjectToken"] == TOKEN and not bucket.failing

            def reply(self, status: int, data: bytes) -> None:
                if not self.allowed():
                    status = bucket.failing or 403
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
