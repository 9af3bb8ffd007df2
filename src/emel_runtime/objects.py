"""New objects in a bucket: rows are read from them, and predictions written beside them.

`<key>.predictions.json` gets the answer as POST /predict gives it, or the problem where the object cannot be
answered, under "problem". Objects are JSON (.json), an object a line (.jsonl, .ndjson) or CSV, each also as
.gz. Only buckets in EMEL_BUCKETS are touched: events can be sent by whoever may call the function.

Object Storage takes the token of the function's service account in a header of its own. Source:
yandex.cloud/docs/storage/s3/api-ref/authentication
"""

from __future__ import annotations

import http.client
from urllib.parse import quote, urlsplit

from emel_runtime.bodies import text, unpacked
from emel_runtime.contract import MAX_UNPACKED, Refusal, Response, Retry
from emel_runtime.lean import dumps
from emel_runtime.protocols import answer, parsed, short
from emel_runtime.settings import listed, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from emel_runtime.app import App
    from emel_runtime.protocols import Columns, Row

ENDPOINT = "https://storage.yandexcloud.net"
TOKEN = "X-YaCloud-SubjectToken"
WRITTEN = ".predictions.json"
SECONDS = 30
PACKED = ".gz"


class Bucket:
    """The one bucket of an event, by the S3 protocol. `token` is that of the function's service account."""

    def __init__(self, endpoint: str, name: str, token: str) -> None:
        parts = urlsplit(endpoint)
        secure = parts.scheme == "https"
        self._connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._host = parts.netloc
        self._path = f"/{quote(name, safe='')}/"
        self._token = token

    def get(self, key: str) -> bytes:
        """The object. Errors: Refusal when it is not there or too large; Retry."""
        return self._ask("GET", key, None)

    def put(self, key: str, data: bytes) -> None:
        """Write the object. Errors: Refusal when that is not allowed; Retry."""
        self._ask("PUT", key, data)

    def _ask(self, method: str, key: str, data: bytes | None) -> bytes:
        headers = {TOKEN: self._token}
        if data is not None:
            headers["Content-Type"] = "application/json"
        connection = self._connect(self._host, timeout=SECONDS)
        try:
            connection.request(method, self._path + quote(key), body=data, headers=headers)
            reply = connection.getresponse()
            found = reply.read(MAX_UNPACKED + 1)
        except (OSError, http.client.HTTPException) as problem:
            raise Retry(f"{method} of the object failed: {problem!r}") from None
        finally:
            connection.close()
        if reply.status >= 500 or reply.status == 429:
            raise Retry(f"{method} of the object got status {reply.status}")
        if reply.status >= 300:
            status = 404 if reply.status == 404 else 403
            raise Refusal(status, f"{method} of the object {short(key)} got status {reply.status}")
        if len(found) > MAX_UNPACKED:
            raise Refusal(413, "the object is too large", expected=f"at most {MAX_UNPACKED} bytes")
        return found


def answer_object(app: App, details: Mapping[str, Any], context: object) -> Response:
    """Answer the rows of the object that an event names. Errors: Refusal; Retry."""
    name, key = str(details.get("bucket_id")), str(details.get("object_id"))
    if name not in listed("EMEL_BUCKETS"):
        raise Refusal(403, f"the bucket {short(name)} is not in EMEL_BUCKETS")
    # What stands between may take dots for a way into another bucket.
    if not {".", ".."}.isdisjoint(key.split("/")):
        raise Refusal(403, f"the key {short(key)} leads somewhere else")
    if key.endswith(WRITTEN):
        return Response(200, dumps({"skipped": "predictions are no input"}))
    bucket = Bucket(setting("EMEL_S3_ENDPOINT") or ENDPOINT, name, _token(context))
    data = bucket.get(key)
    predictions: Any = []
    rows: list[Row] = []
    try:
        rows = _rows(app.columns, key, data)
        predictions, probabilities = app.predict(rows)
        body = answer(predictions, probabilities, labels=app.labels, model=app.named)
        status = 200
    except Refusal as refusal:
        body = dumps({"problem": refusal.problem(), "model": app.named})
        status = refusal.status
    bucket.put(key + WRITTEN, body.encode())
    told = {"rows": len(predictions), "written": key + WRITTEN, "status": status}
    return Response(status, dumps(told), answered=(rows, predictions) if status == 200 else ((), ()))


def _token(context: object) -> str:
    token = getattr(context, "token", None)
    found = token.get("access_token") if isinstance(token, dict) else None
    if not isinstance(found, str) or not found.isascii() or not found.isprintable():
        raise Refusal(403, "the function has no service account that could read the bucket")
    return found


def _rows(columns: Columns, key: str, data: bytes) -> list[Row]:
    name = key.lower()
    if name.endswith(PACKED):
        name, data = name.removesuffix(PACKED), unpacked(data)
    for suffix, read in READERS.items():
        if name.endswith(suffix):
            return read(columns, text(data))
    expected = ", ".join(READERS)
    raise Refusal(415, "the object's name does not tell what it is", expected=expected, got=short(key))


def _from_json(columns: Columns, body: str) -> list[Row]:
    return columns.rows(parsed(body))


def _from_lines(columns: Columns, body: str) -> list[Row]:
    return columns.listed([parsed(line) for line in body.split("\n") if line.strip()])


def _from_csv(columns: Columns, body: str) -> list[Row]:
    # Buckets of JSON do without.
    from emel_runtime.csvrows import csv_rows

    return csv_rows(columns, body)


READERS: dict[str, Callable[[Columns, str], list[Row]]] = {
    ".csv": _from_csv,
    ".jsonl": _from_lines,
    ".ndjson": _from_lines,
    ".json": _from_json,
}
