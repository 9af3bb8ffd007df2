"""The metadata service of a machine, the call by which it deletes itself, and the exchange of workload
identities for a token.

Sources: «Getting an IAM token inside a VM», «Metadata folders»; «Workload identity federations», RFC 8693.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from tests.fakes.yandex.answering import Answer, AnsweringServer
from tests.fakes.yandex.services import issue_token
from tests.fakes.yandex.state import State

INSTANCES = "/compute/v1/instances/"
IDENTIFIER = "/computeMetadata/v1/instance/id"
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
        self._server = AnsweringServer(self._answer)
        self.address = self._server.url.removeprefix("http://")

    def close(self) -> None:
        self._server.close()

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

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        if method == "POST" and target == "/oauth/token":
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            return _json(*self.exchange(form))
        if method == "DELETE":
            return _json(*self._deleted(target, headers.get("authorization", "")))
        if method != "GET" or headers.get("metadata-flavor") != "Google":
            return _json(404, {})
        if target == METADATA:
            return _json(200, self.token())
        if target == IDENTIFIER:
            return _text(self.instance)
        found = self.attributes.get(target.removeprefix(ATTRIBUTES))
        return _json(404, {}) if not target.startswith(ATTRIBUTES) or found is None else _text(found)

    def _deleted(self, target: str, authorization: str) -> tuple[int, dict[str, object]]:
        kind, _, token = authorization.partition(" ")
        if kind != "Bearer" or token not in self.state.tokens:
            return 401, {}
        if not self.delete(target.removeprefix(INSTANCES)):
            return 403, {}
        return 200, {"id": "fhm-operation", "done": False}


def _json(status: int, content: dict[str, object]) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps(content).encode())


def _text(content: str) -> Answer:
    return Answer(200, [("Content-Type", "text/plain")], content.encode())
