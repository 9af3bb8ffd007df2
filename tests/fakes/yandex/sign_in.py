"""The metadata service of a machine, the call by which it deletes itself, and the exchange of workload
identities for a token.

Sources: «Getting an IAM token inside a VM», «Metadata folders»; «Workload identity federations», RFC 8693.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from tests.fakes.yandex.services import issue_token
from tests.fakes.yandex.state import State

INSTANCES = "/compute/v1/instances/"
METADATA = "/computeMetadata/v1/instance/service-accounts/default/token"
ATTRIBUTES = "/computeMetadata/v1/instance/attributes/"
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
        self.attributes: Mapping[str, str] = {}
        """The user's keys of the machine's metadata."""
        self.instance = ""
        """The identifier of the machine that asks."""
        self.delete: Callable[[str], bool] = lambda identifier: False
        """What `DELETE` of an instance by the machine's account does; False where it may not."""
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
            key = self.path.removeprefix(ATTRIBUTES)
            if self.headers.get("Metadata-Flavor") != "Google":
                self.reply(404, {})
            elif self.path == METADATA:
                self.reply(200, door.token())
            elif self.path == "/computeMetadata/v1/instance/id":
                self.reply_text(200, "text/plain", door.instance)
            elif self.path.startswith(ATTRIBUTES) and key in door.attributes:
                self.reply_text(200, "text/plain", door.attributes[key])
            else:
                self.reply(404, {})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            self.reply(*door.exchange(form) if self.path == "/oauth/token" else (404, {}))

        def do_DELETE(self) -> None:
            kind, _, token = self.headers.get("Authorization", "").partition(" ")
            if kind != "Bearer" or token not in door.state.tokens:
                self.reply(401, {})
            elif not door.delete(self.path.removeprefix(INSTANCES)):
                self.reply(403, {})
            else:
                self.reply(200, {"id": "fhm-operation", "done": False})

        def reply(self, status: int, content: dict[str, object]) -> None:
            self.reply_text(status, "application/json", json.dumps(content))

        def reply_text(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
