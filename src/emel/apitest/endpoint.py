"""The tests of a live endpoint: its contract, the original's answers, bad input, and latency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from emel.apitest.address import address_of
from emel.apitest.bad_input import bad_requests, judge
from emel.apitest.cases import Case, judge_case
from emel.apitest.client import (
    Client,
    Model,
    Prediction,
    batches,
    read_answers,
    request_body,
    said,
)
from emel.apitest.contract import try_contract
from emel.apitest.difference import distance, key_of, largest_difference, same_label
from emel.apitest.latency import latency_of
from emel.errors import EndpointError
from emel.records import Answers, EndpointCheck, EndpointReport, Latency, Routes
from emel.system.clock import Clock
from emel.system.http import Http, HttpReply
from emel.system.process import Process
from emel_runtime.contract import KEY_HEADER

LATENCY_REQUESTS = 50
LARGEST_ANSWER = 3_500_000
"""Bytes of a reply, as Yandex Cloud Functions passes them on."""

T = TypeVar("T")


def run_endpoint_tests(
    url: str,
    *,
    answers: Path | None,
    tolerance: float,
    http: Http,
    clock: Clock,
    expected_version: str | None = None,
    cases: Mapping[str, Case] | None = None,
    process: Process | None = None,
    key: str | None = None,
    routes: Routes | None = None,
) -> EndpointReport:
    """Test the endpoint at `url`; what fails is in the report.

    Without `answers` the checks that need rows are left out. `tolerance` is the largest allowed |Δ| of a
    probability, or of a regression's number relative to it. With a `process` the whole contract is tried,
    which takes a while. `key` is the API key that the endpoint asks for. Without `routes` it is found out how
    the endpoint takes them. Errors: EndpointError when nothing answers at the URL, or the file of answers
    cannot be read.
    """
    recorded = None if answers is None else read_answers(answers)
    client = Client(address_of(url, routes), http, key=key)
    began = clock.monotonic()
    reply = client.send("GET", "/health")
    first = clock.monotonic() - began
    if routes is None and not _is_healthy(reply):
        client = _reached(client, http, key)
    run = _Run(clock)
    run.check("health", lambda: _health(client))
    version = run.check("names its model version", lambda: _version(client, expected_version))
    run.check("describes itself as OpenAPI", lambda: _openapi(client))
    latency = None
    if recorded is not None and recorded.sample_rows:
        run.check("sample rows", lambda: _sample_rows(client, recorded, tolerance))
        run.check("one row alone", lambda: _one_row(client, recorded, tolerance))
    for name, bad in bad_requests(recorded).items():
        run.check(f"refuses {name}", partial(judge, client, bad))
    if key:
        stranger = Client(client.address, http)
        run.check("refuses a request without its API key", lambda: _guarded(stranger, key))
    if recorded is not None and recorded.sample_rows:
        latency = run.check("latency", lambda: _latency(client, recorded, clock, first), _described)
    for name, case in (cases or {}).items():
        run.check(f"case {name}", partial(judge_case, client, case, tolerance))
    if process is not None:
        plain = Client(client.address, http)
        run.check("the whole contract", lambda: try_contract(plain, process, key=key))
    run.check("size of answers", lambda: _size(client))
    return EndpointReport(
        url=client.url,
        model_version=version,
        passed=all(check.passed for check in run.checks),
        checks=tuple(run.checks),
        latency=latency,
        routes=client.address.routes,
    )


class _Run:
    """Collects checks with their times; an EndpointError is a check that failed."""

    def __init__(self, clock: Clock) -> None:
        self.checks: list[EndpointCheck] = []
        self._clock = clock

    def check(self, name: str, work: Callable[[], T], describe: Callable[[T], str] = str) -> T | None:
        """Run a check, which gives its result; None when it failed."""
        began = self._clock.monotonic()
        result, detail = None, ""
        try:
            result = work()
            detail = describe(result)
        except EndpointError as problem:
            detail = problem.message
        seconds = self._clock.monotonic() - began
        self.checks.append(
            EndpointCheck(name=name, passed=result is not None, detail=detail, seconds=seconds)
        )
        return result


def _reached(client: Client, http: Http, key: str | None) -> Client:
    """The client that gets to /health the other way; the same one where that does not help either."""
    other: Routes = "query" if client.address.routes == "path" else "path"
    found = Client(client.address._replace(routes=other), http, key=key)
    return found if _is_healthy(found.send("GET", "/health")) else client


def _is_healthy(reply: HttpReply) -> bool:
    """Whether this is what /health answers. An endpoint without paths answers any of them with its page."""
    try:
        return reply.status == 200 and msgspec.json.decode(reply.body, type=_Health).status == "ok"
    except msgspec.DecodeError:
        return False


class _Health(msgspec.Struct, frozen=True):
    status: str


def _guarded(stranger: Client, key: str) -> str:
    """Errors: EndpointError where the model answers whoever asks."""
    for what, headers in (("without a key", {}), ("with another key", {KEY_HEADER: key + "-"})):
        status = stranger.send("POST", "/predict", b"[]", headers).status
        if status != 401:
            raise EndpointError(f"POST /predict {what} got status {status}, not 401: anyone may call it")
    return "status 401"


def _health(client: Client) -> str:
    reply = client.send("GET", "/health")
    if reply.status != 200:
        raise EndpointError(f"GET /health got status {reply.status}: {said(reply)}")
    if not _is_healthy(reply):
        raise EndpointError(f"GET /health does not say that the status is ok: {said(reply)}")
    return "ready"


def _version(client: Client, expected: str | None) -> str:
    try:
        model = msgspec.convert(client.get_json("/metadata").get("model"), Model, strict=False)
    except msgspec.ValidationError as problem:
        raise EndpointError(f"GET /metadata does not name the model: {problem}") from problem
    if expected is not None and model.version != expected:
        raise EndpointError(f"model version {model.version} answers, not {expected}")
    return model.version


def _openapi(client: Client) -> str:
    document = client.get_json("/openapi.json")
    paths = document.get("paths")
    if "openapi" not in document or not isinstance(paths, dict) or "/predict" not in paths:
        raise EndpointError("GET /openapi.json is no OpenAPI document with the path /predict")
    return f"OpenAPI {document['openapi']}, {len(paths)} paths"


def _sample_rows(client: Client, recorded: Answers, tolerance: float) -> str:
    worst = 0.0
    for part in batches(recorded):
        answer = client.predict(recorded.columns, recorded.rows[part.start : part.stop])
        worst = max(worst, _difference(answer, recorded, part, tolerance))
    return f"{recorded.sample_rows} rows as the original model answers, largest difference {worst:.2g}"


def _one_row(client: Client, recorded: Answers, tolerance: float) -> str:
    answer = client.predict(recorded.columns, recorded.rows[:1])
    _difference(answer, recorded, range(1), tolerance)
    return f"predicts {answer.predictions[0]}"


def _difference(answer: Prediction, recorded: Answers, part: range, tolerance: float) -> float:
    """The largest difference in these rows. Errors: EndpointError for the first that is too large."""
    worst = 0.0
    for place, row in enumerate(part):
        expected, got = recorded.predictions[row], answer.predictions[place]
        if recorded.labels is None:
            difference = distance(expected, got)
        elif not same_label(expected, got):
            raise EndpointError(f"row {row}: predicts {got!r}, the original model {expected!r}")
        else:
            difference = _probability_difference(answer, recorded, place, row)
        if not difference <= tolerance:
            raise EndpointError(f"row {row}: differs from the original model by {difference:.3g}")
        worst = max(worst, difference)
    return worst


def _probability_difference(answer: Prediction, recorded: Answers, place: int, row: int) -> float:
    if recorded.probabilities is None:
        return 0.0
    if answer.probabilities is None:
        raise EndpointError("the answer has no probabilities, and the original model has")
    labels = map(key_of, recorded.labels or ())
    expected = dict(zip(labels, recorded.probabilities[row], strict=True))
    return largest_difference(expected, answer.probabilities[place])


def _size(client: Client) -> str:
    if client.largest_answer > LARGEST_ANSWER:
        raise EndpointError(f"an answer has {client.largest_answer} bytes; clouds pass {LARGEST_ANSWER}")
    return f"the largest has {client.largest_answer} bytes"


def _latency(client: Client, recorded: Answers, clock: Clock, first: float) -> Latency:
    seconds = []
    for number in range(LATENCY_REQUESTS):
        row = recorded.rows[number % recorded.sample_rows]
        body = request_body(recorded.columns, [row])
        began = clock.monotonic()
        status = client.send("POST", "/predict", body).status
        seconds.append(clock.monotonic() - began)
        if status != 200:
            raise EndpointError(f"request {number + 1} of {LATENCY_REQUESTS} got status {status}")
    return latency_of(seconds, first=first)


def _described(latency: Latency) -> str:
    p50, p99 = latency.p50_seconds * 1000, latency.p99_seconds * 1000
    return f"{latency.requests} requests with one row: half within {p50:.1f} ms, 99 % within {p99:.1f} ms"
