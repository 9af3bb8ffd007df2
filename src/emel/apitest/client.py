"""The HTTP contract of an endpoint from the client's side, and the recorded answers to hold it against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from emel.errors import EndpointError
from emel.records import Answers, Scalar
from emel.system.http import Http, HttpReply

VALUES_PER_REQUEST = 20_000
"""So that a request stays well below the 3.5 MB that clouds take."""
ROWS_PER_REQUEST = 100

Row = tuple[Scalar, ...]
T = TypeVar("T")


class Model(msgspec.Struct, frozen=True):
    """Which model answered."""

    name: str
    version: str


class Prediction(msgspec.Struct, frozen=True):
    """The answer to `POST /predict`. A label is a key of `probabilities` as JSON writes it."""

    predictions: list[Any]
    """A label or a number per row; a list of them for several targets."""
    model: Model
    probabilities: list[dict[str, float]] | None = None


class Client:
    """One endpoint. Errors of all calls: EndpointError."""

    def __init__(self, url: str, http: Http) -> None:
        self.url = url.rstrip("/")
        self._http = http
        self.largest_answer = 0
        """Bytes of the largest body that came."""

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpReply:
        """Any request, and its reply whatever the status."""
        kind = {"Content-Type": "application/json"} if body is not None else {}
        reply = self._http.request(
            method, address(self.url, path), body=body, headers={**kind, **(headers or {})}
        )
        self.largest_answer = max(self.largest_answer, len(reply.body))
        return reply

    def get_json(self, path: str) -> dict[str, Any]:
        """What the endpoint answers to a GET, which must be 200 and a JSON object."""
        return self._decoded(self.send("GET", path), f"GET {path}", dict[str, Any])

    def predict(self, columns: Sequence[str], rows: Sequence[Row]) -> Prediction:
        """The predictions for rows, as many as there are rows."""
        reply = self.send("POST", "/predict", request_body(columns, rows))
        answer = self._decoded(reply, f"POST /predict with {len(rows)} rows", Prediction)
        counts = {len(answer.predictions)} | (
            {len(answer.probabilities)} if answer.probabilities is not None else set()
        )
        if counts != {len(rows)}:
            raise EndpointError(f"{len(rows)} rows got {len(answer.predictions)} predictions", where=self.url)
        return answer

    def _decoded(self, reply: HttpReply, what: str, kind: type[T]) -> T:
        if reply.status != 200:
            said = reply.body[:200].decode("utf-8", "replace")
            raise EndpointError(f"{what} got status {reply.status}: {said}", where=self.url)
        try:
            return msgspec.json.decode(reply.body, type=kind)
        except msgspec.DecodeError as problem:
            raise EndpointError(
                f"{what} got an answer of a wrong form: {problem}", where=self.url
            ) from problem


def address(url: str, path: str) -> str:
    """Where a path of an endpoint is asked for.

    The URL of a tag on Yandex Cloud ends with a query, and nothing can follow it but another one; there the
    function reads its path from the parameter `route`.
    """
    return f"{url}&route={quote(path, safe='/')}" if "?" in url else url + path


def request_body(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Rows as `{"instances": [{column: value}]}`."""
    instances = [dict(zip(columns, row, strict=True)) for row in rows]
    return msgspec.json.encode({"instances": instances})


def read_answers(path: Path) -> Answers:
    """The recorded answers of the original model. Errors: EndpointError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Answers)
    except (OSError, msgspec.DecodeError) as problem:
        raise EndpointError(
            f"the recorded answers cannot be read: {problem}",
            where=str(path),
            hint="make them again with `emel package`",
        ) from problem


def batches(answers: Answers) -> Iterator[range]:
    """The sample rows by index, in parts that fit one request."""
    size = max(1, min(ROWS_PER_REQUEST, VALUES_PER_REQUEST // max(1, len(answers.columns))))
    for start in range(0, answers.sample_rows, size):
        yield range(start, min(start + size, answers.sample_rows))
