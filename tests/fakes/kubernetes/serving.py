"""The cluster over HTTPS on loopback: kubectl shows its token to nobody else."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.fakes.certificates import loopback_certificate
from tests.fakes.kubernetes.server import TOKEN, FakeCluster
from tests.fakes.kubernetes.world import NAMESPACE


class ClusterServer:
    """Serves from the moment it is made until it is closed. `folder` gets its certificate."""

    def __init__(self, cluster: FakeCluster, folder: Path) -> None:
        self._folder = folder
        self._certificate = loopback_certificate()
        pem = folder / "cluster.pem"
        pem.write_bytes(self._certificate.key + self._certificate.chain)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(cluster))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def kubeconfig(self, token: str = TOKEN) -> Path:
        """A kubeconfig with the contexts `here`, which is current, and `elsewhere`, where nobody answers."""
        authority = base64.b64encode(self._certificate.chain).decode()
        here = {"server": f"https://127.0.0.1:{self._server.server_port}"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "here", "cluster": {**here, "certificate-authority-data": authority}},
                {"name": "elsewhere", "cluster": {"server": "https://127.0.0.1:1"}},
            ],
            "users": [{"name": "ada", "user": {"token": token}}],
            "contexts": [
                {"name": "here", "context": {"cluster": "here", "user": "ada", "namespace": NAMESPACE}},
                {"name": "elsewhere", "context": {"cluster": "elsewhere", "user": "ada"}},
            ],
            "current-context": "here",
        }
        path = self._folder / "kubeconfig"
        path.write_text(json.dumps(config), "utf-8")
        path.chmod(0o600)
        return path


def _handler(cluster: FakeCluster) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "")
            status, data = cluster.answer(self.command, self.path, token, self._body())
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if data[:1] == b"{" else "text/plain")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_DELETE = do_GET

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            chunks = []
            while size := int(self.rfile.readline(), 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
