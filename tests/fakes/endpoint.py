"""A model's endpoint in memory: a door `Http` behind which the contract is kept, or broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emel.errors import EndpointError
from emel.system.http import HttpReply

Answer = Callable[[dict[str, Any]], tuple[object, dict[str, float] | None]]
"""A row → its prediction and, for a classifier, the probability of each label."""


class FakeEndpoint:
    """Answers at `http://<host>/demo/prod`; `spoil` replaces the reply to `"METHOD /path"`.

    One without paths takes the route from the query, and answers any path as `/`. With a `key`, predictions
    need it.
    """

    def __init__(
        self,
        models: Mapping[str, Answer],
        *,
        columns: tuple[str, ...],
        version: str = "v1.0.0",
        has_paths: bool = True,
        key: str | None = None,
    ) -> None:
        self._has_paths = has_paths
        self._key = key
        self._models = models
        self._columns = columns
        self._version = version
        self.spoil: dict[str, HttpReply] = {}
        self.requests: list[tuple[str, int]] = []
        """What was asked, and for how many rows."""
        self.queries: list[str] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> HttpReply:
        parts = urlsplit(url)
        host, path = parts.hostname, parts.path.removeprefix("/demo/prod")
        if not self._has_paths:
            path = dict(parse_qsl(parts.query)).get("route", "/")
        self.queries.append(parts.query)
        if host not in self._models:
            raise EndpointError(f"no answer from {url}")
        what = f"{method} {path}"
        if what in self.spoil:
            return self.spoil[what]
        if self._key and method == "POST" and (headers or {}).get("X-Api-Key") != self._key:
            return problem(401)
        named = {"name": "demo", "version": self._version}
        match what:
            case "GET /health":
                return reply(200, {"status": "ok"})
            case "GET /metadata" | "GET /":
                return reply(200, {"tier": "pure", "model": {**named, "description": "a double"}})
            case "GET /openapi.json":
                return reply(200, {"openapi": "3.1.0", "paths": {"/predict": {}}})
            case "POST /predict":
                return self._predict(self._models[host], body or b"", named)
        return problem(405 if path == "/predict" else 404)

    def _predict(self, answer: Answer, body: bytes, named: dict[str, str]) -> HttpReply:
        try:
            rows = json.loads(body)["instances"]
        except ValueError:
            return problem(400)
        except TypeError:
            return problem(422)
        if any(set(row) != set(self._columns) or dict in map(type, row.values()) for row in rows):
            return problem(422)
        self.requests.append(("predict", len(rows)))
        answers = [answer(row) for row in rows]
        content: dict[str, Any] = {"predictions": [label for label, _ in answers], "model": named}
        if answers[0][1] is not None:
            content["probabilities"] = [probabilities for _, probabilities in answers]
        return reply(200, content)


def reply(status: int, content: object, kind: str = "application/json") -> HttpReply:
    return HttpReply(status, {"content-type": kind}, json.dumps(content).encode())


def problem(status: int) -> HttpReply:
    return reply(status, {"status": status, "detail": "no"}, "application/problem+json")
