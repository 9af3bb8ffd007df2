"""The two HTTP doors to a token: the metadata service of a machine, and the exchange of workload identities.

Sources: «Getting an IAM token inside a VM»; «Workload identity federations» with RFC 8693.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from tests.fakes.yandex.services import issue_token
from tests.fakes.yandex.state import State

METADATA = "/computeMetadata/v1/instance/service-accounts/default/token"
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
}


class SignIn:
    """`169.254.169.254` and `auth.yandex.cloud`. `subjects` are the job tokens that are known."""

    def __init__(self, state: State) -> None:
        self.subjects: dict[str, str] = {}
        """A job's token → the service account whose federated credential names its subject."""
        self.state = state
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        for name, value in EXCHANGE.items():
            if form.get(name) != value:
                return 400, {"error": "invalid_request", "error_description": f"{name} is wrong"}
        if self.subjects.get(form.get("subject_token", "")) != form.get("audience"):
            return 401, {"error": "invalid_target", "error_description": "no federated credential matches"}
        return 200, self.token()

    def token(self) -> dict[str, object]:
        self.state.heard("http token")
        token, _ = issue_token(self.state)
        return {"access_token": token, "expires_in": 43200, "token_type": "Bearer"}


def _handler(door: SignIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != METADATA or self.headers.get("Metadata-Flavor") != "Google":
                self.reply(404, {})
            else:
                self.reply(200, door.token())

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            self.reply(*door.exchange(form) if self.path == "/oauth/token" else (404, {}))

        def reply(self, status: int, content: dict[str, object]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
