"""Requests that an endpoint has to refuse in the client's words, and never with a fault of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from emel.apitest.client import Client
from emel.errors import EndpointError
from emel.records import Answers


class BadRequest(NamedTuple):
    """A request, and the statuses that are right for it."""

    method: str
    path: str
    body: bytes | None
    statuses: tuple[int, ...]


def bad_requests(recorded: Answers | None) -> dict[str, BadRequest]:
    """What is sent, by what it is called. Those that need a good row to spoil are left out without one."""
    requests = {
        "a body that is not JSON": BadRequest("POST", "/predict", b"{not json", (400, 422)),
        "an unknown path": BadRequest("POST", "/no-such-path", b"{}", (404,)),
        "a wrong method": BadRequest("DELETE", "/predict", None, (405,)),
    }
    if recorded is None or not recorded.sample_rows or not recorded.columns:
        return requests
    row = dict(zip(recorded.columns, recorded.rows[0], strict=True))
    wrong: dict[str, object] = {**row, recorded.columns[0]: {"an": "object"}}
    requests["a value of a wrong type"] = BadRequest("POST", "/predict", _instances(wrong), (400, 422))
    needed = _needed_column(recorded)
    if needed is not None:
        without = {name: value for name, value in row.items() if name != needed}
        requests["a row without a field"] = BadRequest("POST", "/predict", _instances(without), (400, 422))
    return requests


def judge(client: Client, bad: BadRequest) -> str:
    """Send a bad request. Errors: EndpointError unless it is refused as application/problem+json."""
    reply = client.send(bad.method, bad.path, bad.body)
    if reply.status not in bad.statuses:
        wanted = " or ".join(map(str, bad.statuses))
        raise EndpointError(f"{bad.method} {bad.path} got status {reply.status}, not {wanted}")
    kind = reply.headers.get("content-type", "").partition(";")[0]
    if kind != "application/problem+json":
        raise EndpointError(
            f"status {reply.status} came as {kind or 'nothing'}, not application/problem+json"
        )
    return f"status {reply.status}"


def _needed_column(recorded: Answers) -> str | None:
    """A column that no sample row lacks, so that the model cannot take it as missing."""
    sample = recorded.rows[: recorded.sample_rows]
    for place, name in enumerate(recorded.columns):
        if all(row[place] is not None for row in sample):
            return name
    return None


def _instances(row: Mapping[str, object]) -> bytes:
    return msgspec.json.encode({"instances": [row]})
