"""What the builder and the function agree on: the one file that both worlds read.

A bundle is a folder (or its zip) with

    handler.py          yandex(event, context) and aws(event, context): what a cloud is pointed at
    manifest.json       see below
    emel_runtime/       this package
    model/              one file: model.emel, the lowered model, see emel_runtime.pure and
                        docs/reference/model-format.md; model.onnx; or the original's own, as model.joblib
    …                   of the tiers onnx and python: the libraries that they run with, unpacked wheels

The manifest, format 1:

    format      1
    emel        version of the emel that built the bundle
    tier        "pure", "onnx" or "python"
    python      the version that it is made for, as "3.12"; libraries in it run under no other
    engine      what the tier must know to open and ask its file, see onnx_tier.py and python_tier.py; absent
                for pure
    model       {name, version, commit, description, file, digest, source_digest}; `mount` besides, where the
                file is too large for the zip: the name of the mount in which it is, instead of the bundle
    signature   {columns: [{name, type, minimum, maximum, categories, missing}], task, labels, outputs};
                with several outputs a row, `labels` holds those of each
    libraries   {package: version} that made the model
    sample_digest   of the rows that proved it, which are not in here; null where it is not known
    parity      {python, rows, boundary_rows, tolerance, max_abs_diff, labels_equal} beside the original
                model, as it was measured on the same files with a manifest that lacked this entry: a file
                cannot hold what was measured on itself. `python` is the version that ran; where that is not
                the one above, with libraries for it in their place. max_abs_diff is rounded up to a power of
                ten. Absent if not measured
    metrics     {name: number} of the commit that the model was packaged from; absent if it has none
    examples    rows of the sample that the page offers, [[value, …], …] in the order of the columns; absent
                if none are let out
    cors        origins whose pages may call the function, ["*"] for all; absent if none
    logging     {predictions, sample, redact}: whether log lines hold inputs and outputs, of what share of the
                requests, and which columns are hidden there; absent if none do
    files       {path: digest} of every file of the bundle but the manifest itself, and what is mounted

To raise the format: add 1 to MANIFEST_FORMAT when a reader of the old number would misread or miss
something that it needs (a new optional key is not a reason), say here what changed, and keep
`emel.bundle.open_manifest` able to read the old one. A bundle carries its own runtime, so the function
itself reads exactly one format.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

MANIFEST_FORMAT = 1

HANDLER = "handler.py"
MANIFEST = "manifest.json"
MOUNT = "model"
"""The mount with the model's file, of a model that is too large for the zip."""
STORAGE = "/function/storage"
"""The folder of all mounts (documentation of Yandex Cloud Functions, «Mounting external resources»)."""

MAX_BODY = 3_500_000
"""Characters of a request body or of an answer. Yandex Cloud Functions ends at 3.5 MB, AWS Lambda at 6 MB."""
MAX_UNPACKED = 16_000_000
"""Bytes of a body that came compressed, or of an object in a bucket."""
MAX_ROWS = 100_000
"""Rows of one request."""
KEY_HEADER = "X-Api-Key"
"""Yandex Cloud keeps `Authorization` from functions."""
LONGEST_MEMBER = 1000
"""Characters of what a refusal repeats of a request: a name that fills a body would make an answer that no
cloud takes."""
LONGEST_PATH = 200
"""Characters of a client's path that answers and log lines repeat."""


class Request:
    """An HTTP request, whichever cloud it came through. Header names are in lower case."""

    __slots__ = ("body", "encoded", "headers", "method", "path", "request_id")

    def __init__(
        self,
        *,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: str,
        encoded: bool,
        request_id: str,
    ) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.encoded = encoded
        """Whether the cloud handed the body over in Base64."""
        self.request_id = request_id


NO_REQUEST = Request(method="", path="", headers={}, body="", encoded=False, request_id="")
"""What the log shows of an event that holds no request."""


class Response:
    """An answer, before it takes the shape that a cloud wants.

    `answered` are the rows and the predictions in it, for the log.
    """

    __slots__ = ("answered", "body", "headers", "status")

    def __init__(
        self,
        status: int,
        body: str,
        *,
        content_type: str = "application/json",
        answered: tuple[Sequence[Any], Sequence[Any]] = ((), ()),
    ) -> None:
        self.status = status
        self.body = body
        self.headers = {"Content-Type": content_type}
        self.answered = answered


TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
}


class Refusal(Exception):
    """A request that gets a 4xx answer, as application/problem+json (RFC 9457).

    `row` counts from 0, `field` is a column; `expected` and `got` are short phrases.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        row: int | None = None,
        field: str | None = None,
        expected: str | None = None,
        got: str | None = None,
        allow: Iterable[str] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        texts = {"field": field, "expected": expected, "got": got}
        self.members = {"row": row, **{name: text and text[:LONGEST_MEMBER] for name, text in texts.items()}}
        self.allow = allow

    def problem(self) -> dict[str, object]:
        """The members of the answer."""
        return {
            "type": "about:blank",
            "title": TITLES[self.status],
            "status": self.status,
            "detail": self.detail,
            **{name: value for name, value in self.members.items() if value is not None},
        }


class Retry(Exception):
    """An event of a trigger that cannot be worked off now: a cloud sends it again when the handler raises."""


FAULT = {
    "type": "about:blank",
    "title": "Internal Server Error",
    "status": 500,
    "detail": "the function failed; its log says why",
}
