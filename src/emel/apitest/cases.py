"""Cases of the user's own: `tests/api/*.json`, each a request and what must come back.

    {"request": {"method": "POST", "path": "/predict", "headers": {}, "body": [{"age": 30}]},
     "expected": {"status": 200, "body": {"predictions": ["yes"]}}}

Only `request` and `expected` must be there. An object in `expected.body` may leave members out; numbers are
equal within the tolerance that proved the bundle; lists and all else must be the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from emel.apitest.client import Client, said
from emel.apitest.difference import distance
from emel.errors import EndpointError


class CaseRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent. A body that is text goes as it is, all else as JSON."""

    method: str = "POST"
    path: str = "/predict"
    headers: dict[str, str] = {}
    body: Any = None


class CaseExpected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must come back."""

    status: int = 200
    body: Any = msgspec.UNSET


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file."""

    request: CaseRequest
    expected: CaseExpected


def read_cases(folder: Path) -> dict[str, Case]:
    """The cases in a folder by their files' names; none where there is no folder. Errors: EndpointError."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.json"))}


def judge_case(client: Client, case: Case, tolerance: float) -> str:
    """Send a case. Errors: EndpointError for the first thing that is otherwise."""
    request = case.request
    body = None
    if request.body is not None:
        body = request.body.encode() if isinstance(request.body, str) else msgspec.json.encode(request.body)
    reply = client.send(request.method, request.path, body, request.headers)
    if reply.status != case.expected.status:
        raise EndpointError(f"status {reply.status}, not {case.expected.status}: {said(reply)}")
    if case.expected.body is not msgspec.UNSET:
        try:
            got = msgspec.json.decode(reply.body)
        except msgspec.DecodeError as problem:
            raise EndpointError(f"the answer is not JSON: {problem}") from problem
        _compare(case.expected.body, got, tolerance, "body")
    return f"status {reply.status}"


def _read(path: Path) -> Case:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Case)
    except (OSError, msgspec.DecodeError) as problem:
        raise EndpointError(
            f"the case cannot be read: {problem}",
            where=str(path),
            hint='write {"request": {"body": …}, "expected": {"status": …, "body": …}}',
        ) from problem


def _compare(expected: object, got: object, tolerance: float, place: str) -> None:
    if isinstance(expected, dict) and isinstance(got, dict):
        for name, value in expected.items():
            if name not in got:
                raise EndpointError(f"{place} has no {name}")
            _compare(value, got[name], tolerance, f"{place}.{name}")
        return
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        _compare_all(expected, got, tolerance, place)
        return
    if _is_number(expected) and _is_number(got):
        if not distance(expected, got) <= tolerance:
            raise EndpointError(f"{place} is {got}, not {expected}")
    elif type(expected) is not type(got) or expected != got:
        raise EndpointError(f"{place} is {got!r:.100}, not {expected!r:.100}")


def _compare_all(expected: Sequence[object], got: Sequence[object], tolerance: float, place: str) -> None:
    for number, (one, other) in enumerate(zip(expected, got, strict=True)):
        _compare(one, other, tolerance, f"{place}[{number}]")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
