"""Compressed bodies, and how much of anything a function takes."""

from __future__ import annotations

import base64
import gzip
import zlib
from typing import Any

import pytest

from emel_runtime.app import App
from emel_runtime.contract import MAX_BODY, MAX_ROWS, MAX_UNPACKED

ROWS = b"[[5, 1]]"


def send(call: Any, app: App, data: bytes, coding: str = "gzip") -> tuple[int, Any]:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    body = base64.b64encode(data).decode()
    found: tuple[int, Any] = call(app, body, headers=headers, isBase64Encoded=True)
    return found


@pytest.mark.parametrize(
    ("data", "coding"),
    [
        (gzip.compress(ROWS, mtime=0), "gzip"),
        (gzip.compress(ROWS, mtime=0), " X-GZIP "),
        (gzip.compress(ROWS[:3], mtime=0) + gzip.compress(ROWS[3:], mtime=0), "gzip"),
        (gzip.compress(gzip.compress(ROWS, mtime=0), mtime=0), "gzip, gzip"),
        (ROWS, "identity"),
        (b"\xef\xbb\xbf" + ROWS, ""),
    ],
)
def test_a_compressed_body_is_unpacked(app: App, call: Any, data: bytes, coding: str) -> None:
    assert send(call, app, data, coding)[0] == 200


@pytest.mark.parametrize(
    ("data", "coding", "status"),
    [
        (ROWS, "gzip", 400),
        (gzip.compress(ROWS, mtime=0)[:-4], "gzip", 400),
        (gzip.compress(ROWS, mtime=0) + b"more", "gzip", 400),
        (zlib.compress(ROWS), "deflate", 415),
        (ROWS, "br", 415),
        (gzip.compress(b" " * (MAX_UNPACKED + 1), mtime=0), "gzip", 413),
        (gzip.compress(b"", mtime=0) * 100_000, "gzip", 413),
        (ROWS, "gzip, gzip, gzip", 415),
    ],
)
def test_another_body_is_refused(app: App, call: Any, data: bytes, coding: str, status: int) -> None:
    assert send(call, app, data, coding)[0] == status


def test_a_compressed_body_that_came_as_text_is_refused(app: App, call: Any) -> None:
    assert call(app, "\x1f\ufffd\ud800", headers={"Content-Encoding": "gzip"})[0] == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/predict", '{"NAME": 1}'),
        ("/predict", '{"instances": 1, "NAME": 1}'),
        ("/predict", '{"a": "NAME"}'),
        ("/predict", '{"NAME": 1, "NAME": 1}'),
        ("/invocations", '{"NAME": 1}'),
        ("/invocations", '{"dataframe_split": {"columns": ["NAME"], "data": [[1]]}}'),
        (
            "/v2/models/m/infer",
            '{"inputs": [{"name": "NAME", "datatype": "NAME", "shape": [1], "data": [1]}]}',
        ),
        ("/NAME", "{}"),
    ],
)
def test_a_refusal_does_not_repeat_all_that_was_sent(app: App, call: Any, path: str, body: str) -> None:
    name = "é" * (MAX_BODY // 4)

    status, problem = call(app, body.replace("NAME", name), path=path.replace("NAME", name))

    assert 400 <= status < 500
    assert sum(len(str(value)) for value in problem.values()) < 5000


def test_too_many_rows_are_a_413(app: App, call: Any) -> None:
    body = f"[{'[1,2],' * MAX_ROWS}[1,2]]"

    status, problem = call(app, body)

    assert (len(body) < MAX_BODY, status, problem["got"]) == (True, 413, str(MAX_ROWS + 1))


def test_an_answer_too_large_for_a_cloud_is_a_413(app: App, call: Any) -> None:
    status, problem = call(app, f"[{'[1,2],' * 90_000}[1,2]]")

    assert (status, "answer would be too large" in problem["detail"]) == (413, True)
